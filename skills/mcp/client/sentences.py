"""What the SDK raises, on its way to one sentence.

Rule 1: text of a server is one line, bounded, and without what looks like a secret.
"""

import mcp_types as types
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from onecontext.errors import InvalidDocument
from onecontext.text.fence import one_line
from onecontext.text.redact import redact


def innermost(error: BaseException) -> BaseException:
    """Return the one error in a group of one, which task groups make of any."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def is_closed(error: BaseException) -> bool:
    """Say whether the connection ended: the SDK's own words, since servers use its code for anything."""
    closed = isinstance(error, MCPError) and error.error.code == types.CONNECTION_CLOSED
    return closed and "connection closed" in str(error).lower()


def is_late(error: BaseException) -> bool:
    """Say whether the time was over."""
    return isinstance(error, TimeoutError) or (
        isinstance(error, MCPError) and error.error.code == types.REQUEST_TIMEOUT
    )


def joined(sentence: str, told: str) -> str:
    """Return the sentence, and after it what the server said of itself, if it said anything."""
    return f"{sentence}; {shortened(told)}" if told else sentence


def shortened(text: str) -> str:
    """Return what a server said as it may be shown."""
    return redact(one_line(text, limit=600))


def first_fault(error: ValidationError | InvalidDocument) -> str:
    """Return what is wrong with an answer, first of all."""
    if isinstance(error, InvalidDocument):
        return error.message
    first = error.errors(include_url=False, include_input=False)[0]
    return shortened(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
