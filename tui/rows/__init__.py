"""Each thing on the screen as rows of toned text: pure, and the same for the live screen and the plain frame."""
