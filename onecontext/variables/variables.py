"""``Variables``: the context variables of one memory, for programs.

Rule 1: nothing is imported before it is needed: an agent that puts nothing pays nothing.
"""

from collections.abc import Callable, Iterator
from io import IOBase, TextIOBase
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.errors import Damaged, UsageError
from onecontext.memory.door import Door, told
from onecontext.store.files import open_to_read
from onecontext.store.layout import Layout
from onecontext.variables.port import Said, Sign

if TYPE_CHECKING:
    from onecontext.variables.asked import Answer
    from onecontext.variables.intake import Draft
    from onecontext.variables.model import Collected, Counted, Kept, Matches, Part, Variable

HEAD_CHARACTERS = 2_000
_READ_BYTES = 1 << 20


class Variables(Door):
    """The values of one memory. A handle is ``ctx:`` and a unique beginning of an id, 4 hex digits or more.

    Reading raises UsageError for what is no handle, UnknownVariable where there is no such value, AmbiguousRevision
    where there are several, and Damaged for a value that was changed on disk.
    """

    def __init__(self, layout: Layout) -> None:
        from onecontext.variables.place import Place

        self._place = Place(layout)

    def put(self, text: str) -> "Variable":
        """Keep ``text`` without the secrets in it, and return its handle; the same text has the same."""
        with self._draft() as draft:
            draft.feed_text(text)
            return draft.finish()

    def put_file(self, path: Path) -> "Variable":
        """Keep what the regular file ``path`` holds, as UTF-8; other bytes become U+FFFD.

        Raises:
            UsageError: there is no such file, or it is none (a folder, a FIFO).
        """
        try:
            file = open_to_read(path)
        except FileNotFoundError as error:
            raise UsageError(f"there is no file {path}") from error
        except Damaged as error:
            raise UsageError(error.message, hint="only regular files are put; '-' reads standard input") from error
        with file:
            return self._put(file.read)

    def put_stream(self, stream: IOBase) -> "Variable":
        """Keep what ``stream`` gives until it ends, read piece by piece."""
        if isinstance(stream, TextIOBase):
            raise UsageError("stream must be a stream of bytes, not of text", hint="its 'buffer' is one")
        return self._put(stream.read)

    def head(self, handle: str, *, characters: int = HEAD_CHARACTERS, lines: int | None = None) -> "Part":
        """Return the first ``characters``, or the first ``lines`` instead."""
        from onecontext.variables import parts

        if min(characters, 1 if lines is None else lines) < 1:
            raise UsageError("a head has at least 1 character or line")
        if lines is not None:
            return parts.lines(self._place, handle, 1, lines)
        return parts.characters(self._place, handle, 0, characters)

    def slice(self, handle: str, start: int = 0, end: int | None = None) -> "Part":
        """Return the characters from ``start`` (0 is the first) up to ``end``, not in it; None: to the last."""
        from onecontext.variables import parts

        return parts.characters(self._place, handle, start, end)

    def lines(self, handle: str, first: int = 1, last: int | None = None) -> "Part":
        """Return the lines from ``first`` (1 is the first) to ``last``, which is in it; None: to the last."""
        from onecontext.variables import parts

        return parts.lines(self._place, handle, first, last)

    def grep(
        self, handle: str, pattern: str, *, ignore_case: bool = False, context: int = 0, limit: int = 100
    ) -> "Matches":
        """Return the first ``limit`` lines that match ``pattern`` (RE2), with ``context`` lines around each."""
        from onecontext.variables.searching import grep

        return grep(self._place, handle, pattern, ignore_case=ignore_case, context=context, limit=limit)

    def count(
        self, handle: str, *, tokens: bool = False, pattern: str | None = None, ignore_case: bool = False
    ) -> "Counted":
        """Return bytes, characters and lines; tokens, and lines that match ``pattern``, where they are asked for."""
        from onecontext.variables.counting import count

        return count(self._place, handle, tokens=tokens, pattern=pattern, ignore_case=ignore_case)

    def ask(
        self,
        handle: str,
        question: str,
        reader: Callable[[str, str, float, Sign], Said],
        *,
        first: int = 1,
        last: int | None = None,
        calls: int = 400,
        tokens: int = 2_000_000,
        seconds: int = 600,
        depth: int = 4,
        at_once: int = 4,
        sign: Callable[[], None] | None = None,
    ) -> "Answer":
        """Answer ``question`` about lines ``first`` to ``last`` with fresh calls of ``reader`` over its portions.

        Args:
            reader: a model (:data:`onecontext.variables.port.Reader`); no prompt it gets has more than 20,000 bytes.
            calls, tokens, seconds: at the most; where they do not suffice the answer says that it is partial.
            depth: levels of calls: 1 reads one portion, 2 unites answers once, and so on.
            at_once: calls at the same time.
            sign: called while the model is at work; what it raises ends the asking.

        Raises:
            UsageError: the question is empty or longer than 4,000 bytes, or there are no such lines.
            ModelError, BudgetExhausted: not one portion could be asked about.
        """
        from onecontext.variables.asked import AskLimits
        from onecontext.variables.asking import ask

        limits = AskLimits(calls, tokens, seconds, depth, at_once)
        told = sign or _nothing
        return ask(self._place, handle, question, reader, limits=limits, first=first, last=last, sign=told)

    def list(self) -> "list[Kept]":
        """Return all values, the one used last first."""
        return self._place.all()

    def collect(self, *, grace_s: int = 24 * 3600, dry_run: bool = False) -> "Collected":
        """Take away what was not used for ``grace_s`` seconds and nothing names; see docs/recall.md.

        Raises:
            UsageError: the grace period is below a minute.
            Damaged: not all could be read that may name a value; nothing was taken away.
        """
        from onecontext.variables.collecting import collect

        return collect(self._place, grace_s=grace_s, dry_run=dry_run)

    def _draft(self) -> "Draft":
        from onecontext.variables.intake import Draft

        return Draft(self._place)

    def _put(self, read: Callable[[int], bytes]) -> "Variable":
        from onecontext.variables.intake import put

        def pieces() -> Iterator[bytes]:
            while piece := read(_READ_BYTES):
                yield piece

        return put(self._place, pieces())


def _nothing() -> None:
    """Hear a sign of life that nobody waits for."""


def begin(variables: Variables) -> "Draft":
    """Begin a value that comes piece by piece; see :class:`onecontext.variables.intake.Draft`.

    Raises:
        StorageError: the disk refused.
    """
    try:
        return variables._draft()
    except OSError as error:
        raise told(error) from error
