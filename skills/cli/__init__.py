"""``onecontext skill …``: one file for each word."""
