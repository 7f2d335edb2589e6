"""The mail of a team: inboxes, messages and forms, the journal as their truth."""
