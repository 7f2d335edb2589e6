"""The tools of each role, besides those for the working copy: what an agent can say to the mission.

Rule 1: what a tool does is handed in, so that the schemas can be shown and counted without a mission.
Rule 2: names and docstrings are part of the prompt's budget (1,500 tokens with the system prompt).
Rule 3: what an agent says is checked here, where it can still mend it; the host keeps it in files with limits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from onecontext.errors import UsageError
from teams.agent.tools import Tool, tool_from
from teams.mission.contract import Assertion, PlannedTask

SAID_CHARACTERS = 20_000
_READING = frozenset({"read_file", "list_files", "search", "skill"})
_DECIDING = {"orchestrator": frozenset({"submit_plan"}), "validator": frozenset({"give_verdict"})}


def harmless(role: str) -> frozenset[str]:
    """Return the names of the tools of a role that change nothing outside of the mission, however often they run."""
    return _READING | _DECIDING.get(role, frozenset())


@dataclass(frozen=True)
class Finished:
    """What a worker says of its work when it hands it over."""

    summary: str
    claims: Sequence[str] = ()
    undone: Sequence[str] = ()
    discovered: Sequence[str] = ()


@dataclass(frozen=True)
class Judgement:
    """What a validator says of somebody's work."""

    accept: bool
    findings: Sequence[str] = field(default=())


def orchestrator_tools(submit: Callable[[Sequence[Assertion], Sequence[PlannedTask]], None]) -> list[Tool]:
    """Return ``submit_plan``; what ``submit`` raises is told to the model, which may then mend its plan."""

    def submit_plan(assertions: list[Assertion], tasks: list[PlannedTask]) -> str:
        """Hand in the contract and the tasks; once, at the end."""
        submit(assertions, tasks)
        return "accepted"

    return [tool_from(submit_plan, ends=True, idempotent=True, effect="confined")]


def worker_tools(
    *,
    remember: Callable[[str], str],
    send: Callable[[str, str], None],
    skill: Callable[[str], str],
    finish: Callable[[Finished], None],
) -> list[Tool]:
    """Return ``remember``, ``message``, ``skill`` and ``finish``.

    Args:
        remember, send: done a second time for the same call of the same attempt, they do nothing more; so they may be.
    """

    def remember_(text: str) -> str:
        """Record a milestone: what is worth knowing after this task."""
        return f"remembered as {remember(_checked(text))}"

    def message(to: str, text: str) -> str:
        """Send a message to team-lead or another agent."""
        send(to, _checked(text))
        return "sent"

    def finish_(
        summary: str,
        claims: list[str] | None = None,
        undone: list[str] | None = None,
        discovered: list[str] | None = None,
    ) -> str:
        """Hand the work over: what was done, which assertions hold, what is undone, what else was found."""
        _checked(summary, *(claims or ()), *(undone or ()), *(discovered or ()))
        finish(Finished(summary, claims or (), undone or (), discovered or ()))
        return "handed over"

    remember_.__name__, finish_.__name__ = "remember", "finish"
    return [
        tool_from(remember_, idempotent=True),
        tool_from(message, idempotent=True),
        tool_from(skill, idempotent=True, effect="confined"),
        tool_from(finish_, ends=True, idempotent=True, effect="confined"),
    ]


def validator_tools(give: Callable[[Judgement], None]) -> list[Tool]:
    """Return ``give_verdict``."""

    def give_verdict(accept: bool, findings: list[str] | None = None) -> str:
        """Accept or reject the work; findings say what is wrong and where."""
        _checked(*(findings or ()))
        give(Judgement(accept, [finding for finding in findings or () if finding.strip()]))
        return "recorded"

    return [tool_from(give_verdict, ends=True, idempotent=True, effect="confined")]


def _checked(*texts: str) -> str:
    """Return the first of ``texts`` if all of them together are what memory, mail and journal can carry."""
    size = sum(map(len, texts))
    if size > SAID_CHARACTERS:
        raise UsageError(f"that is {size:,} characters; say it in {SAID_CHARACTERS:,}")
    if any("\0" in text for text in texts):
        raise UsageError("there is a NUL character in it, which no file can carry")
    return texts[0] if texts else ""
