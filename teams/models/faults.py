"""What a provider's failure means, told from its status and the names of what was raised.

Rule 1: nothing of litellm, openai or httpx is imported: their errors are recognised by what they say of themselves.
Rule 2: no message of ours contains a key, whoever put it into theirs.
"""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from onecontext.errors import (
    ContextOverflow,
    GarbledReply,
    ModelError,
    ModelRefused,
    ModelStalled,
    ModelUnavailable,
)
from onecontext.text.redact import redact

_SHOWN = 300
_TIMEOUTS = {"Timeout", "APITimeoutError", "ReadTimeout", "ConnectTimeout", "WriteTimeout", "PoolTimeout"}
_BROKEN_LINE = {
    "RemoteProtocolError",
    "ReadError",
    "ConnectError",
    "WriteError",
    "ConnectionError",
    "APIConnectionError",
}
_JUNK = {
    "JSONDecodeError",
    "ValidationError",
    "UnicodeDecodeError",
    "KeyError",
    "AttributeError",
    "TypeError",
    "IndexError",
}
_PREFIX = re.compile(r"(?:(?:litellm\.)?\w*(?:Error|Exception)(?:: | - ))+")
_MESSAGE = re.compile(r'"message": ?"((?:[^"\\]|\\.)+)"')  # in a body that is quoted whole
_OVERFLOW = re.compile(r"context.{0,3}(length|window)|maximum context|prompt is too long|too many tokens", re.I)
_LATER = "try again later, or name another model under fallback in [model] of onecontext.toml"
_ADVICE = {
    401: "the key is wrong or has expired",
    403: "the key may not use this model",
    404: "check the model's name and the address of its server",
}


def translated(error: Exception, *, model: str, key: str | None, address: str = "") -> ModelError:
    """Return the error of ours that says what ``error`` means for a call of ``model``.

    ``address`` is the server's, where it is not the provider's own; it is named when nobody answers there.
    """
    chain = list(_chain(error))
    names = {kind.__name__ for cause in chain for kind in type(cause).__mro__}
    status = next((code for cause in chain if (code := _status(cause)) is not None), None)
    said = f"{model}: {scrubbed(_words(chain), key)}"
    if "ContextWindowExceededError" in names or (status == 400 and _OVERFLOW.search(said)):
        return ContextOverflow(said, hint="the conversation is longer than the model's window")
    if names & _TIMEOUTS and status in (None, 408):
        return ModelStalled(said)
    # litellm gives 500 to what broke on the way: then the cause says more than the status.
    if names & _JUNK and not names & (_BROKEN_LINE - {"APIConnectionError"}) and status in (None, 200, 500):
        return GarbledReply(f"{model} answered with something that is no answer ({_kinds(chain)})")
    if status == 429 and "insufficient_quota" in said:
        return ModelRefused(said, hint="the account has no credit left")
    if status in (None, 408, 409, 425, 429) or status >= 500:
        silent = address and names & {"ConnectError", "ConnectionRefusedError"}
        hint = f"nobody answers at {scrubbed(redact(address), key)}: is the server running?" if silent else _LATER
        said = said if status is None else f"{said} (status {status})"
        return ModelUnavailable(said, hint=hint, retry_after_s=_retry_after_s(chain))
    return ModelRefused(f"{said} (status {status})", hint=_ADVICE.get(status, ""))


def scrubbed(text: str, key: str | None) -> str:
    """Return ``text`` on one line, bounded, without the key."""
    if key:
        text = text.replace(key, "[key]")
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]} …"


def tells(error: Exception, key: str | None) -> bool:
    """Say whether a traceback of ``error`` would show the key."""
    return bool(key) and any(str(key) in f"{cause} {cause!r}" for cause in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    todo = [error]
    while todo:
        cause = todo.pop(0)
        if cause is None or any(cause is one for one in seen):
            continue
        seen.append(cause)
        yield cause
        original = getattr(cause, "original_exception", None)
        todo += [original if isinstance(original, BaseException) else None, cause.__cause__, cause.__context__]


def _status(cause: BaseException) -> int | None:
    code = getattr(cause, "status_code", None)
    # A wrapper of litellm's for streams cut in the middle says 503 whatever happened; what it wraps knows better.
    if type(cause).__name__ == "MidStreamFallbackError" or isinstance(code, bool):
        return None
    return int(code) if isinstance(code, int | str) and str(code).isdigit() else None


def _words(chain: list[BaseException]) -> str:
    # Wrapped, an error reads "litellm.AError: BError: CException - words Original exception: …": the words are enough.
    text = next((str(cause) for cause in chain if str(cause).strip()), type(chain[0]).__name__)
    body = _MESSAGE.search(text)
    if body:
        return body.group(1)
    return _PREFIX.sub("", text.split(" Original exception:")[0], count=1).strip() or text


def _kinds(chain: list[BaseException]) -> str:
    return ", ".join(dict.fromkeys(type(cause).__name__ for cause in chain if type(cause).__name__ in _JUNK))


def _retry_after_s(chain: list[BaseException]) -> float | None:
    for cause in chain:
        for headers in (getattr(getattr(cause, "response", None), "headers", None), _litellm_headers(cause)):
            said = headers.get("retry-after") if headers is not None else None
            if said is not None:
                return _seconds(str(said))
    return None


def _litellm_headers(cause: BaseException) -> dict[str, str] | None:
    headers = getattr(cause, "litellm_response_headers", None)
    return {str(name).lower(): str(value) for name, value in dict(headers).items()} if headers else None


def _seconds(said: str) -> float | None:
    """Read a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3); None for what is neither."""
    with suppress(ValueError):
        seconds = float(said)
        return max(seconds, 0.0) if math.isfinite(seconds) else None
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
