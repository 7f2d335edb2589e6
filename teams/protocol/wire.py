"""JSON as the client writes it: indented by two, nothing escaped that need not be, keys in the order they came in.

Rule 1: what others wrote is kept: fields we do not know, the order of keys, lone surrogates.
Rule 2: others rewrite some files in place, so half a document is tried again before it counts as garbled.
"""

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onecontext.errors import Damaged
from onecontext.store.files import read_bytes

LIMIT_BYTES = 16 * 1024 * 1024
RETRIES = 6
RETRY_S = 0.015
_SURROGATE = re.compile("[\ud800-\udfff]")


def dumps(document: Any) -> str:
    """Return ``document`` as text, as ``JSON.stringify(document, null, 2)`` does."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return escape_surrogates(text)


def escape_surrogates(text: str) -> str:
    """Return JSON ``text`` with lone surrogates, which UTF-8 cannot carry, as escapes."""
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def iso_ms(at: datetime) -> str:
    """Return an aware time as the client writes it: ISO 8601, UTC, milliseconds, ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def loads(content: bytes, *, source: str) -> Any:
    """Return the document in ``content``; ``source`` says in errors where it came from.

    Raises:
        Damaged: it is not JSON.
    """
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{source} is not JSON: {error}") from error


def read_json(path: Path, *, retries: int = RETRIES) -> Any:
    """Return the document at ``path``; one caught half written is read again, about 0.1 s in all.

    Raises:
        FileNotFoundError: there is nothing there.
        Damaged: it stays garbled, or is no regular file, or has more than 16 MiB.
    """
    for attempt in range(retries + 1):
        try:
            return loads(read_bytes(path, limit_bytes=LIMIT_BYTES), source=str(path))
        except Damaged:
            if attempt == retries or path.is_symlink() or not path.is_file():
                raise
        time.sleep(RETRY_S)
    raise AssertionError("unreachable: the last attempt returns or raises")


def in_order_of(document: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``document`` with the keys that ``model`` has first and in its order, at the top level only."""
    known = {key: document[key] for key in model if key in document}
    return known | {key: value for key, value in document.items() if key not in known}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
