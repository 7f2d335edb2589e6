"""The monitor without a screen: lines of words for screen readers, pipes and logs, or documents for programs."""
