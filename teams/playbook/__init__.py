"""Playbooks: how agents, commands and missions play together, as a YAML file that a person reads."""
