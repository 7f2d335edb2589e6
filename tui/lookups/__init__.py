"""What a picture does not hold: read when somebody asks for it, in a thread, and never written."""
