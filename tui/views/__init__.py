"""The panes of the live screen, one file each. All of Textual stays in here, in the app and in the pictures."""
