"""Doors to language models: any litellm name, and a scripted one for tests."""
