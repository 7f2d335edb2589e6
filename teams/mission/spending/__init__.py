"""What a mission may take of money, tokens, calls and time, and what it took."""
