"""From the pieces of a stream to one reply.

Rule 1: a stream that ends without saying why it ends was cut, and is never an answer.
Rule 2: arguments of tools are kept as the text the model wrote; nobody repairs them here.
"""

import uuid
from collections.abc import Callable, Iterable
from typing import Any, Literal

from onecontext.errors import GarbledReply, ModelRefused, ModelUnavailable
from teams.models.port import OnText, ToolCall

Stop = Literal["end", "tools", "length"]


class Assembly:
    """The pieces of one stream so far. Pieces are litellm's chunks, which follow OpenAI's streaming format."""

    def __init__(
        self, on_text: OnText | None, new_id: Callable[[], str] = lambda: f"call_{uuid.uuid4().hex[:24]}"
    ) -> None:
        self._on_text = on_text
        self._new_id = new_id
        self._texts: list[str] = []
        self._calls: dict[int, _Call] = {}
        self.usage: Any = None
        self.model = ""
        self.finish = ""

    def add(self, chunk: Any) -> None:
        """Take in one piece."""
        self.model = getattr(chunk, "model", None) or self.model
        self.usage = getattr(chunk, "usage", None) or self.usage
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            self.finish = getattr(choice, "finish_reason", None) or self.finish
            delta = getattr(choice, "delta", None)
            self._add_text(getattr(delta, "content", None))
            self._add_calls(getattr(delta, "tool_calls", None) or [])
            if getattr(delta, "reasoning_content", None):
                self._sign()

    @property
    def text(self) -> str:
        return "".join(self._texts)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(
            ToolCall(call.id or self._new_id(), call.name, "".join(call.arguments))
            for _, call in sorted(self._calls.items())
        )

    def stop(self, said: str | None) -> Stop:
        """Return why the stream ended; ``said`` is the provider's own word, None when it said none.

        Raises:
            ModelUnavailable: it was cut. GarbledReply: it was empty, or a tool has no name. ModelRefused: a filter of
                the provider's ended it.
        """
        if said is None:
            if not self._texts and not self._calls:
                raise GarbledReply(
                    "the provider answered with an empty stream, which is no answer",
                    hint="look whether the address is that of a server which speaks the model's protocol",
                )
            raise ModelUnavailable("the stream was cut before the reply was complete")
        if said in ("content_filter", "refusal"):
            raise ModelRefused("the provider's own filter stopped the reply", hint="say it in other words")
        if said in ("length", "max_tokens"):
            return "length"
        if any(not call.name for call in self._calls.values()):
            raise GarbledReply("the provider asked for a tool without a name")
        return "tools" if self._calls else "end"

    def _add_text(self, text: Any) -> None:
        if not text:
            return
        self._texts.append(str(text))
        if self._on_text is not None:
            self._on_text(str(text))

    def _sign(self) -> None:
        """Say that something came that is no text for anybody."""
        if self._on_text is not None:
            self._on_text("")

    def _add_calls(self, pieces: Iterable[Any]) -> None:
        for piece in pieces:
            self._sign()
            call = self._calls.setdefault(self._index(piece), _Call())
            call.id = call.id or (getattr(piece, "id", None) or "")
            function = getattr(piece, "function", None)
            # The name comes whole with the first piece; some servers repeat it with every one.
            call.name = call.name or (getattr(function, "name", None) or "")
            call.arguments.append(getattr(function, "arguments", None) or "")

    def _index(self, piece: Any) -> int:
        index = getattr(piece, "index", None)
        if isinstance(index, int):
            return index
        # Servers that number nothing: a new id is a new call, no id goes on with the last one.
        fresh = bool(getattr(piece, "id", None)) or not self._calls
        return len(self._calls) if fresh else max(self._calls)


class _Call:
    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []
