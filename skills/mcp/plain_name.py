"""How a name that a stranger chose is written where a person or a model reads it."""

import json
import re

_PLAIN = re.compile(r"[A-Za-z0-9_$@][A-Za-z0-9_$@./:-]{0,127}", re.ASCII)


def plain_name(name: str) -> str:
    """Return ``name`` as it is where it is an ordinary one, else as a JSON string of at most 80 characters."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name[:80])
