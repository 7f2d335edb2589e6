"""Health checks: each tries the thing itself, and says in a sentence what it found and what to do."""
