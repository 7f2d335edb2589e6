"""The commands of the team side; each module is loaded when its word is named."""
