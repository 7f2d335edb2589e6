"""What a server says of its tools, with every schema as the very characters that it sent.

Rule 1: ``schema`` is the text of ``inputSchema`` as it stood in the server's answer, not a JSON value written again:
        spaces, escapes, the form of numbers and the order of keys are the server's.
Rule 2: names, descriptions and schemas are hostile input: nothing here trusts their length, characters or nesting.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from onecontext.errors import InvalidDocument

EMPTY_SCHEMA = '{"type":"object"}'


@dataclass(frozen=True)
class Tool:
    """One tool of a server.

    Attributes:
        schema: the JSON text of its input schema, see rule 1.
        exact: whether ``schema`` is what the server sent to the byte; False where a transport hid that.
    """

    name: str
    description: str
    schema: str = EMPTY_SCHEMA
    exact: bool = True

    @cached_property
    def parsed(self) -> Mapping[str, Any]:
        """The schema as a JSON object; an empty one where it is something else."""
        return parsed_schema(self.schema)

    @cached_property
    def schema_digest(self) -> str:
        """Return the digest of what the schema means: the same for other spaces and another order of keys."""
        return meaning_digest(self.parsed)


def parsed_schema(text: str) -> Mapping[str, Any]:
    """Return the JSON object in ``text``, or an empty one where it is something else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def meaning_digest(value: object) -> str:
    """Return the SHA-256, in hex, of a JSON value written with sorted keys and no spaces.

    Raises:
        InvalidDocument: it is nested deeper than can be read.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    except RecursionError as error:
        raise InvalidDocument("a schema is nested too deeply to be read") from error
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def listing_digest(tools: Sequence[Tool]) -> str:
    """Return the digest of a list of tools: names, descriptions and what the schemas mean, in any order."""
    return meaning_digest(sorted([tool.name, tool.description, tool.schema_digest] for tool in tools))


def ascii_digest(text: str) -> str:
    """Return the SHA-256, in hex, of ``text`` as UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
