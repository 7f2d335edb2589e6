"""How work is measured: from pinned tests, with proof of what ran, against findings that are tests themselves."""
