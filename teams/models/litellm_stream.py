"""One stream of litellm's: read as it comes, closed from outside, asked how it ended.

Rule 1: a provider that speaks OpenAI's protocol itself says its pieces in the form that litellm translates others into;
    they are read as they are, for what litellm does with each of them takes longer than all the rest.
Rule 2: whoever reads gives the connection back, before anything else may want it. Left to the garbage collector, which
    comes rarely to a large process, a hundred replies that were not read to their end are all connections that the
    provider's client has, and every call after them waits in vain.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from teams.models.assemble import Assembly
from teams.models.openai_client import is_of_the_client
from teams.models.prices import tell_once


class Stream:
    """A stream that ``call`` begins. ``plain``: the provider is asked through :mod:`teams.models.openai_client`."""

    def __init__(self, call: Callable[[], Any], *, plain: bool) -> None:
        self._call = call
        self._plain = plain
        self._stream: Any = None
        self._inner: Any = None

    def start(self) -> Iterator[Any]:
        """Begin, and yield the pieces; each has the form of OpenAI's."""
        self._stream = self._call()
        # Kept here, for the wrapper's own is taken away by :meth:`close`.
        inner: Any = getattr(self._stream, "completion_stream", None)
        self._inner = inner
        # Models that are asked in another way than the client's, such as through "responses", are litellm's to read.
        self._plain = self._plain and is_of_the_client(inner)
        if self._plain:
            yield from inner
            return
        for chunk in self._stream:
            yield chunk
            if getattr(self._stream, "sent_stream_usage", False):
                # The count is the last thing it says; to ask once more would have it put all pieces together again.
                return

    def let_go(self, *, ended: bool) -> None:
        """Give the connection back, in the thread that reads: the little behind a reply's end is read, so that the next
        call may have the same one; of anything else the rest is not wanted, and the connection is closed."""
        with suppress(Exception):  # whatever a connection does that nobody needs any more
            if ended:
                for _ in self._inner:
                    pass
        readers: list[Any] = [getattr(self._inner, "streaming_response", None), self._inner]
        for reader in readers:
            if hasattr(reader, "close"):
                with suppress(Exception):
                    reader.close()

    def close(self) -> None:
        """Close the connection, where this provider's stream can; else its own timeout ends it.

        May raise whatever the provider's library does; the stream then ends with the next thing it reads.
        """
        inner = getattr(self._stream, "completion_stream", None)
        if inner is None:
            return
        # Where there is nothing to close, the next keep-alive is the last thing it reads: litellm takes the following
        # piece from this attribute.
        self._stream.completion_stream = iter(())
        if hasattr(inner, "close"):
            inner.close()

    def said(self, finish: str) -> str | None:
        """Return the provider's reason for ending; None when it gave none, though litellm then invents ``stop``."""
        if self._plain or not hasattr(self._stream, "received_finish_reason"):
            return finish or None
        received = self._stream.received_finish_reason or getattr(self._stream, "intermittent_finish_reason", None)
        return str(received) if received else None


def counted(usage: Any) -> Any:
    """Return what a provider says a reply took; None where it says nothing, or what no reply can take."""
    counts = [getattr(usage, name, None) for name in ("prompt_tokens", "completion_tokens")]
    are_counts = all(isinstance(count, int) and count >= 0 for count in counts)
    # There is no reply to no token at all.
    return usage if are_counts and counts[0] else None


def estimated(litellm: Any, route: str, request: Mapping[str, Any], assembly: Assembly) -> Any:
    """Return what litellm takes a reply to have used whose provider did not count; None where it cannot say either."""
    said = " ".join([assembly.text, *(f"{call.name} {call.arguments}" for call in assembly.calls)])
    try:
        tokens_in = litellm.token_counter(model=route, messages=request["messages"], tools=request.get("tools"))
        tokens_out = litellm.token_counter(model=route, text=said)
    except Exception as error:  # noqa: BLE001  # it raises whatever a tokenizer does with what somebody wrote
        # The answer is there and stays: what it took is unknown, and a budget counts all that was set aside.
        tell_once(f"what an answer of {route} took could not be estimated", type(error).__name__)
        return None
    return litellm.Usage(prompt_tokens=tokens_in, completion_tokens=tokens_out, total_tokens=tokens_in + tokens_out)
