"""State that processes share: locks, the journal, watching for changes."""
