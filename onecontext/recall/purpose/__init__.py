"""What matters for a purpose: chosen by value for its tokens, told once, contradictions side by side."""
