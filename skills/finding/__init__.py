"""Which skills there are: the places, and which of two with one name counts."""
