"""Side effects of an attempt that outlive its working copy: done once, however often the attempt is taken up again.

Rule 1: a call whose result is on record is not done again; the result is given to the model, and that it is an old one.
Rule 2: a call in doubt (intent on record, no result) is done again only where that does no harm: it was declared
    idempotent, or it has a key under which it is found where it happened.
Rule 3: any other call in doubt is a person's to decide, before anything else of the attempt is done: the task needs
    input until somebody says whether it happened.

Source: FORMATS 2.5 of the project: "a side effect is journalled as intent, then result; … never silently repeated".
"""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from teams.agent.tools import Tool, cut, digest_of
from teams.mission.attempt.past import DOUBT, Attempted, Call, Past, Which
from teams.mission.recorder import HEAD_CHARACTERS
from teams.protocol.board.task import Task

AGAIN = "[This was done before this attempt was interrupted, and is not done again. What came of it then:]"
SHOWN_CHARACTERS = 300
_OURS = uuid.UUID("0b7c2f52-64b1-5b0e-8f0a-6f6f1c3f6a55")
_YES = re.compile(r"(it )?(has )?happened\b|yes\b")
_NO = re.compile(r"(it )?(did not|didn't|has not|hasn't)\b|no\b")


class FailedBefore(Exception):
    """The call failed before the interruption; the message is what the model was told then."""


class Effects:
    """What one claim does that outlives its copy. ``task`` is as it was claimed."""

    def __init__(self, past: Past, mission: str, task: Task) -> None:
        self._past = past
        self._mission = mission
        self._task = task
        self._counts: Counter[tuple[str, str]] = Counter()
        self._which: Which | None = None

    def guarded(self, tool: Tool) -> Tool:
        """Return ``tool`` so that it does nothing that is on record; a confined one is returned as it is."""
        if tool.effect == "confined":
            return tool

        def call(arguments: Mapping[str, Any]) -> object:
            which = self._next(tool.spec.name, digest_of(arguments))
            if (done := self._recorded(which)) is not None:
                return _given_back(done)
            self._which = which
            try:
                return tool.call(arguments)
            finally:
                self._which = None

        return replace(tool, call=call)

    def key(self, tool: str, **arguments: str) -> str:
        """Return the id, a UUID, of what is being done: the same when the attempt is taken up again and does it again.

        Within a guarded call it is that call's; of what is done without one (by a worker that is no agent of ours) it
        is made of ``tool`` and ``arguments`` and how many such there were before.
        """
        which = self._which or self._next(tool, digest_of(arguments))
        return key_of(self._mission, self._task, *map(str, which))

    def _next(self, tool: str, digest: str) -> Which:
        self._counts[tool, digest] += 1
        return Which(tool, digest, self._counts[tool, digest])

    def _recorded(self, which: Which) -> Call | None:
        attempted = self._past.of(self._task.id, self._task.attempt)
        call = attempted.calls.get(which) if attempted else None
        return call if call is not None and not call.is_in_doubt else None


def key_of(mission: str, task: Task | None, *what: str) -> str:
    """Return a UUID that is the same for the same thing done in the same attempt at a task (None: in the mission)."""
    where = ("", "") if task is None else (task.id, str(task.attempt))
    return str(uuid.uuid5(_OURS, "\n".join((mission, *where, *what))))


def _given_back(call: Call) -> str:
    output = call.output or ""
    told = f"{output}\n[… the rest was not kept]" if len(output) >= HEAD_CHARACTERS else output
    if not call.ok:
        raise FailedBefore(told)
    return f"{AGAIN}\n{told}"


def settle(attempted: Attempted, record: Callable[[str, dict[str, Any]], object]) -> str:
    """Settle the call in doubt by the answer that was given, if one was; return what is to be asked, "" for nothing.

    Args:
        record: appends an event of this attempt to the journal, by type and data.
    """
    call = attempted.doubt
    if call is None:
        return ""
    if attempted.answer is None:
        return _question(call)
    by, text = attempted.answer
    happened = _word(text)
    if happened is None:
        return _question(call, f"{by} said {cut(text, SHOWN_CHARACTERS)!r}, which is neither of the two. ")
    record("effect.settled", {**call.which._asdict(), "happened": happened, "by": by, "answer": text})
    return ""


def _question(call: Call, before: str = "") -> str:
    what = cut(" ".join(call.arguments.split()), SHOWN_CHARACTERS)
    return (
        f"{DOUBT}{before}{call.agent} was about to do {call.which.tool} {what} at {call.at:%Y-%m-%d %H:%M:%S} UTC, and "
        "was interrupted: nobody here knows whether it happened. Answer 'it happened' (it is not done again) or "
        "'it did not' (it may be done)."
    )


def _word(answer: str) -> bool | None:
    """Return whether it happened, as a person says; None where they say neither."""
    told = " ".join(answer.lower().replace("’", "'").split())
    if _NO.match(told):
        return False
    return True if _YES.match(told) else None
