"""From events to a picture: pure, and tested without a screen."""
