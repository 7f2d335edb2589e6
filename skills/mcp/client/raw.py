"""What a server really wrote: the text of its answers to ``tools/list``, taken on its way to the SDK.

Rule 1: only these answers are kept, and only until they are taken.
Rule 2: what is larger than the limit is not kept; the tools are then those of the SDK, and say so.
"""

import json

MAX_KEPT_BYTES = 64 * 1024 * 1024
METHOD = "tools/list"


class Answers:
    """The texts of answers, by the identifier of the request."""

    def __init__(self) -> None:
        self._awaited: set[str | int] = set()
        self._texts: dict[str | int, str] = {}

    def asked(self, identifier: str | int) -> None:
        """Remember that ``tools/list`` was asked under this identifier."""
        self._awaited.add(identifier)

    def came(self, identifier: str | int, text: str) -> None:
        """Keep the text of an answer, if it is one to ``tools/list``."""
        if identifier in self._awaited and len(text) <= MAX_KEPT_BYTES:
            self._texts[identifier] = text
        self._awaited.discard(identifier)

    def take(self) -> str | None:
        """Return the text of the last answer, and forget it; None when there is none."""
        return self._texts.popitem()[1] if self._texts else None


class Posted:
    """The body of one HTTP answer to ``tools/list``, as JSON or as a stream of events, while it comes in."""

    def __init__(self, answers: Answers, *, is_events: bool) -> None:
        self._answers = answers
        self._is_events = is_events
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes, and hand on what is whole."""
        if len(self._body) <= MAX_KEPT_BYTES:
            self._body += chunk
        if self._is_events:
            # By the HTML standard (9.2.6) an event ends at an empty line, whatever the line ends are.
            *whole, rest = bytes(self._body).replace(b"\r\n", b"\n").split(b"\n\n")
            self._body = bytearray(rest)
            for event in whole:
                lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line.startswith(b"data:")]
                self._came(b"\n".join(lines))

    def finish(self) -> None:
        """Say that there is no more."""
        if not self._is_events:
            self._came(bytes(self._body))

    def _came(self, text: bytes) -> None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return  # the SDK says what is wrong with it
        identifier = value.get("id") if isinstance(value, dict) else None
        if isinstance(identifier, str | int):
            self._answers.came(identifier, text.decode("utf-8"))
