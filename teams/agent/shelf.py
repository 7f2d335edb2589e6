"""Where results go that are too large for a conversation: context variables, and the one tool that looks into them.

Rule 1: of what is longer than a prompt should hold an agent sees the beginning, the end, how large it is and a handle.
    The handle comes first, so that it is in whatever keeps only the head of a result (journal, memory).
Rule 2: what the tool returns is bounded itself and is never put on the shelf again.
Rule 3: a handle means the same after a compaction, a kill and a resume: it is made of the content.
"""

import re
import threading
from collections.abc import Callable
from typing import Any

from onecontext.errors import UsageError
from onecontext.memory.door import told
from onecontext.variables.model import Part, Variable
from onecontext.variables.port import Reader, Sign
from onecontext.variables.searching import as_text
from onecontext.variables.variables import Variables, begin
from teams.agent.tools import Tool, cut, tool_from
from teams.models.port import Model, Reply
from teams.models.reader import reader_of

CTX = "ctx"
SHOWN_CHARACTERS = 4_000
"""Of a beginning, and of an end."""
PIECE_CHARACTERS = 16_000
"""What the tool returns at the most."""
ASK_CALLS, ASK_TOKENS, ASK_SECONDS = 100, 500_000, 600
_RANGE = re.compile(r"\s*(\d{1,18}(?!\d))?\s*(?:[-:,–]|to)?\s*(\d{1,18})?\s*", re.ASCII)
Told = Callable[[Reply, float], object]


class Shelf:
    """The context variables that one agent fills and reads.

    Args:
        variables: of the memory that the agent works with.
        open_reader: opens a conversation in which a portion of a value is asked about; None: it is the agent's own
            model, opened by the agent.
    """

    def __init__(self, variables: Variables, open_reader: Callable[[], Model] | None = None) -> None:
        self.variables = variables
        self.open_reader = open_reader

    def fitted(self, text: str, limit_characters: int) -> str:
        """Return ``text``, or, where it is longer, its beginning, its end and the handle of the whole.

        Where no more values may be kept it is cut in the middle, as it is without a memory.

        Raises:
            StorageError, Damaged: it could not be kept.
        """
        if len(text) <= limit_characters:
            return text
        head = min(limit_characters * 2 // 3, SHOWN_CHARACTERS)
        tail = min(limit_characters - head, SHOWN_CHARACTERS)
        try:
            kept = self.variables.put(text)
        except UsageError:
            return cut(text, limit_characters)  # the values have all that they may have together
        return shown(kept, text[:head], text[len(text) - tail :])

    def tool(self, tell: Told, sign: Sign, *, open_reader: Callable[[], Model], stop: threading.Event) -> Tool:
        """Return the tool that looks into values.

        Args:
            tell: is told each answer of a reader and the seconds it took.
            sign: is called while readers are at work.
            open_reader: opens their conversations where the shelf names none.
        """
        reader = reader_of(self.open_reader or open_reader, tell, stop=stop)

        def ctx(handle: str, do: str) -> str:
            """Look into ctx:…: lines 10-20, grep PATTERN, count, ask QUESTION."""
            verb, _, what = do.strip().partition(" ")
            if verb == "ask":
                return self._asked(handle, what, reader, sign)
            return cut(self._looked(handle, verb, what.strip()), PIECE_CHARACTERS)

        return tool_from(ctx, idempotent=True, effect="confined")

    def _looked(self, handle: str, do: str, what: str) -> str:
        variables = self.variables
        if do == "grep":
            found = variables.grep(handle, what, limit=200)
            said = f"{found.matches} matching lines{f'; {found.reason}' if found.reason else ''}"
            return "\n".join(part for part in (as_text(found), f"[{said}]") if part)
        if do == "count":
            size = variables.count(handle)
            return f"{size.size_bytes:,} bytes, {size.characters:,} characters, {size.lines:,} lines"
        if do not in ("lines", "characters"):
            raise UsageError(f"{do[:40]!r} cannot be done; say lines 10-20, characters 0-99, grep …, count or ask …")
        first, last = _range(what)
        if do == "lines":
            return _piece(variables.lines(handle, 1 if first is None else first, last))
        return _piece(variables.slice(handle, first or 0, last))

    def _asked(self, handle: str, question: str, reader: Reader, sign: Sign) -> str:
        limits = {"calls": ASK_CALLS, "tokens": ASK_TOKENS, "seconds": ASK_SECONDS}
        answer = self.variables.ask(handle, question, reader, sign=sign, **limits)
        if not answer.partial:
            return answer.text
        unread = ", ".join(answer.unread[:10]) or "nothing"
        return f"{answer.text}\n[partial: {answer.reason}; not read: {unread}]"


def shown(kept: Variable, head: str, tail: str) -> str:
    """Return what an agent sees of a value: what it is, its beginning and its end."""
    size = f"{kept.characters:,} characters, {kept.lines:,} lines"
    return f"[{kept.handle} has all of it, {size}: look into it with ctx. It begins:]\n{head}\n[… and ends:]\n{tail}"


class Printed:
    """Takes in what a command prints; from a size on it goes into a value, piece by piece.

    Used as a context: what is not finished leaves nothing behind.
    """

    def __init__(self, shelf: Shelf, limit_bytes: int) -> None:
        self._shelf = shelf
        self._limit = limit_bytes
        self._head = bytearray()
        self._draft: Any = None
        self._is_too_large = False

    def __enter__(self) -> "Printed":
        return self

    def __exit__(self, *raised: object) -> None:
        if self._draft is not None:
            self._draft.close()

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes.

        Raises:
            StorageError: the disk refused.
        """
        if self._is_too_large:
            return
        if self._draft is None:
            self._head += chunk
            if len(self._head) <= self._limit:
                return
            self._draft, chunk = begin(self._shelf.variables), bytes(self._head)
        try:
            self._draft.feed(chunk)
        except OSError as error:
            raise told(error) from error
        except UsageError:
            # Larger than any value: what the sandbox keeps of it must do.
            self._is_too_large = True

    def finish(self) -> Variable | None:
        """Return the value; None where what was printed is small, or larger than what may be kept.

        Raises:
            StorageError: the disk refused.
        """
        if self._draft is None or self._is_too_large:
            return None
        try:
            kept: Variable = self._draft.finish()
        except OSError as error:
            raise told(error) from error
        except UsageError:
            return None  # its last bytes made it larger than a value may be, or all values together
        return kept


def _piece(part: Part) -> str:
    text = cut(part.text, PIECE_CHARACTERS - 200)
    more = "; ask for less at once" if part.cut or len(text) < len(part.text) else ""
    return f"{text.removesuffix(chr(10))}\n[{part.unit} {part.start:,} to {part.end:,} of {part.total:,}{more}]"


def _range(text: str) -> tuple[int | None, int | None]:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text[:40]!r} is no range; write it as 10-20")
    alone = match[2] is None and not re.search(r"[-:,–]|to", text)
    first, last = (int(one) if one else None for one in match.groups())
    return first, first if alone else last
