"""What stands between an agent and the host: the sandbox, and files that cannot lead out of a working copy."""
