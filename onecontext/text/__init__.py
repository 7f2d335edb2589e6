"""Text on its way in and out: redaction, token counting, front matter. No files, no git."""
