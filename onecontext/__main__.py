"""``python -m onecontext``."""

from onecontext.cli.main import entry

entry()
