"""The process that holds sessions with servers open, so that the next call costs milliseconds."""
