"""The minds a member can have, one file each."""
