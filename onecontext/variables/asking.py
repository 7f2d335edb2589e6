"""``ask``: a question about a value that no prompt can hold, answered by fresh calls of a model over its portions.

Rule 1: a value is divided into portions; each is asked about in a conversation of its own, and the answers are united
    in the same way, level by level, until there is one: at most ``depth`` levels.
Rule 2: no prompt is longer than :data:`onecontext.variables.portions.PROMPT_BYTES`, and what is asked about stands in
    it as data.
Rule 3: calls, tokens and seconds have limits. Before the first call it is known how many portions can be read with the
    calls there are, those for uniting included. What was not read is named, and an answer that rests on less than all
    of it says that it is partial.
Rule 4: a model that fails ends the reading. What was read by then is answered with; only where that is nothing the
    failure is raised.

Source: recursive language models, arXiv 2512.24601. There a model writes code over the text, and decides itself what it
asks and how deep. Here the plan is fixed, so that its cost is known before; what a model decides is what it asks about:
``grep`` and line ranges narrow that down.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from onecontext.errors import BudgetExhausted, ModelError, UsageError
from onecontext.text.fence import fenced
from onecontext.variables.asked import (
    LEAST_OUT_TOKENS,
    LEFT_CHARACTERS,
    NOTE_BYTES,
    NOTHING,
    QUESTION_BYTES,
    READ,
    UNITE,
    Answer,
    AskLimits,
    readable,
)
from onecontext.variables.place import Place
from onecontext.variables.port import CutOff, Reader, Said, Sign
from onecontext.variables.portions import TAG, Portion, fitting, grouped, room_beside, size_in
from onecontext.variables.reading import opened
from onecontext.variables.together import together


def ask(
    place: Place,
    handle: str,
    question: str,
    reader: Reader,
    *,
    limits: AskLimits,
    first: int = 1,
    last: int | None = None,
    sign: Sign = lambda: None,
    clock: Callable[[], float] = time.monotonic,
) -> Answer:
    """Answer ``question`` about the lines ``first`` to ``last`` (None: to the end) of a value.

    Raises:
        UsageError: the question is empty or too long, or the value has no such lines.
        ModelError, BudgetExhausted: not one portion could be asked about.
    """
    if not question.strip() or size_in(question) > QUESTION_BYTES:
        raise UsageError(f"a question has 1 to {QUESTION_BYTES:,} bytes; this one has {size_in(question):,}")
    every = enumerate(_portions(place, handle, question, first, last))
    # Of those that no call is left for only the lines are wanted.
    portions = [portion if at < limits.calls else portion._replace(text="") for at, portion in every]
    if not portions:
        raise UsageError(f"there is nothing to be asked about: no line from {first:,} on")
    return _Asking(question, reader, limits, sign, clock).answer(portions)


def _portions(place: Place, handle: str, question: str, first: int, last: int | None) -> Iterator[Portion]:
    # Kept whole as long as it is asked about: whatever happens to the file, what was read is what was put.
    room = room_beside(READ, question)
    with opened(place, handle) as value:
        for number, piece in value.whole_lines(room):
            for portion in fitting(number, piece, room):
                if portion.last >= first and (last is None or portion.first <= last):
                    yield portion


@dataclass
class _Asking:
    question: str
    reader: Reader
    limits: AskLimits
    sign: Sign
    clock: Callable[[], float]
    calls: int = 0
    tokens: int = 0
    depth: int = 0
    reason: str = ""
    is_over: bool = False
    failure: Exception | None = None
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def answer(self, portions: Sequence[Portion]) -> Answer:
        """Read as many portions as may be, and unite what was said of them."""
        wanted = readable(len(portions), self.limits)
        if wanted < len(portions):
            self.reason = f"{self.limits.calls} calls in {self.limits.depth} levels are not enough for all of it"
        count = len(portions)
        prompts = [self._about(portion, number, count) for number, portion in enumerate(portions[:wanted], start=1)]
        said = self._level(READ, prompts, spare=1 if wanted > 1 else 0)
        if not said and self.failure is not None:
            raise self.failure
        nothing = "Nothing of what was read says anything about it." if said else f"Nothing was read: {self.reason}."
        notes = [_note(portions[at].lines, text) for at, text in sorted(said.items()) if not _is_nothing(text)]
        read, unread = set(said), [portion for at, portion in enumerate(portions) if at not in said]
        text = said[0].strip() if count == 1 and notes else self._united(notes)
        return Answer(
            text or nothing,
            bool(unread) or bool(self.reason),
            self.reason,
            tuple(_ranges(unread)),
            count,
            len(read),
            self.calls,
            self.tokens,
            round(self.clock() - self.began, 3),
            self.depth,
        )

    def _about(self, portion: Portion, number: int, count: int) -> str:
        return (
            f"Question: {self.question}\n\nPart {number:,} of {count:,}, {portion.lines}:\n{fenced(TAG, portion.text)}"
        )

    def _united(self, notes: list[str]) -> str:
        """Unite answers until there is one; where that may not be, all that there are, as far as there is room."""
        room = room_beside(UNITE, self.question)
        while len(notes) > 1:
            groups = grouped(notes, room)
            if self.depth >= self.limits.depth:
                self.reason = self.reason or f"the answers about parts could not be united in {self.depth} levels"
                break
            prompts = [f"Question: {self.question}\n\n{fenced(TAG, chr(10).join(group))}" for group in groups]
            said = self._level(UNITE, prompts, spare=0)
            if len(said) < len(groups):
                # What was not united stands as it was.
                notes = [note for at, group in enumerate(groups) for note in ([said[at]] if at in said else group)]
                break
            notes = [_cut(said[at], NOTE_BYTES if len(said) > 1 else LEFT_CHARACTERS) for at in sorted(said)]
        return "\n\n".join(notes)[:LEFT_CHARACTERS].strip()

    def _level(self, system: str, prompts: Sequence[str], *, spare: int) -> dict[int, str]:
        """Ask all ``prompts``, some at once; return the answers that there are, by place; keep ``spare`` calls."""
        said: dict[int, str] = {}
        self.depth += 1
        for start in range(0, len(prompts), self.limits.at_once):
            batch = prompts[start : start + self.limits.at_once]
            if not self._may_ask(system, batch, spare):
                break
            for at, answer in enumerate(self._asked(system, batch), start=start):
                if answer is not None:
                    said[at] = answer
            if self.is_over:
                break
        return said

    def _may_ask(self, system: str, batch: Sequence[str], spare: int) -> bool:
        """Say whether there is enough left for these calls; if not, note why."""
        most = sum((size_in(system) + size_in(prompt)) // 3 + LEAST_OUT_TOKENS for prompt in batch)
        if self.clock() - self.began >= self.limits.seconds:
            self.reason = self.reason or f"time was over after {self.limits.seconds:g} s"
        elif self.calls + len(batch) + spare > self.limits.calls:
            self.reason = self.reason or f"{self.limits.calls} calls were used up"
        elif self.tokens + most > self.limits.tokens:
            self.reason = self.reason or f"{self.limits.tokens:,} tokens are not enough for more"
        else:
            return True
        return False

    def _asked(self, system: str, batch: Sequence[str]) -> list[str | None]:
        left_s = self.limits.seconds - (self.clock() - self.began)
        self.calls += len(batch)
        said = together(self.reader, system, batch, left_s=left_s, sign=self.sign)
        return [self._outcome(one) for one in said]

    def _outcome(self, said: Said | BaseException) -> str | None:
        if isinstance(said, Said):
            self.tokens += max(said.tokens, 0)
            return said.text
        if isinstance(said, CutOff):
            self.reason, self.is_over = self.reason or str(said), True
            return None
        if isinstance(said, ModelError | BudgetExhausted):
            self.reason, self.is_over = self.reason or f"a call failed: {said.message}", True
            self.failure = self.failure or said
            return None
        raise said


def _note(lines: str, text: str) -> str:
    return f"[{lines}] {_cut(text.strip(), NOTE_BYTES)}"


def _cut(text: str, limit_bytes: int) -> str:
    content = text.encode("utf-8", "replace")
    return text if len(content) <= limit_bytes else content[:limit_bytes].decode("utf-8", "ignore") + " […]"


def _is_nothing(text: str) -> bool:
    return text.strip(" \n\t.!\"'`*").upper() in (NOTHING, "")


def _ranges(unread: Sequence[Portion]) -> Iterator[str]:
    """Yield which lines were not read, those that follow each other together."""
    start: Portion | None = None
    last = 0
    for portion in unread:
        if start is not None and portion.first > last + 1:
            yield Portion(start.first, last, "").lines
            start = None
        start, last = start or portion, portion.last
    if start is not None:
        yield Portion(start.first, last, "").lines
