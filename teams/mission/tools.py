"""The tools of each role, besides those for the working copy: what an agent can say to the mission.

Rule 1: what a tool does is handed in, so that the schemas can be shown and counted without a mission.
Rule 2: names and docstrings are part of the prompt's budget (1,500 tokens with the system prompt).
Rule 3: what an agent says is checked here, where it can still mend it; the host keeps it in files with limits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onecontext.errors import UsageError
from teams.agent.tools import Tool, tool_from
from teams.mission.contract import Assertion, PlannedTask
from teams.mission.judging.findings import Finding, Judgement, Quote

SAID_CHARACTERS = 20_000
_READING = frozenset({"read_file", "list_files", "search", "skill", "recall", "ctx"})
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
    skills: Sequence[str] = ()


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
    skill: Callable[[str], str] | None,
    finish: Callable[[Finished], None],
) -> list[Tool]:
    """Return ``remember``, ``message``, ``skill`` and ``finish``.

    Args:
        skill: None: there are no skills.
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
        skills: list[str] | None = None,
    ) -> str:
        """Hand the work over: what was done, which assertions hold (you ran their commands), what is undone, what else
        was found and not touched, what was wrong or missing in a skill."""
        said = Finished(summary, claims or (), undone or (), discovered or (), skills or ())
        _checked(summary, *said.claims, *said.undone, *said.discovered, *said.skills)
        finish(said)
        return "handed over"

    remember_.__name__, finish_.__name__ = "remember", "finish"
    return [
        tool_from(remember_, idempotent=True),
        tool_from(message, idempotent=True),
        *([tool_from(skill, idempotent=True, effect="confined")] if skill else []),
        tool_from(finish_, ends=True, idempotent=True, effect="confined"),
    ]


def validator_tools(give: Callable[[Judgement], None]) -> list[Tool]:
    """Return ``give_verdict``; what ``give`` raises is told to the model, which may then mend its verdict."""

    def give_verdict(
        accept: bool,
        findings: list[Finding | str] | None = None,
        quotes: list[Quote] | None = None,
        answers: list[str] | None = None,
    ) -> str:
        """Accept or reject. A finding without a test that fails on the work is advice. Quotes: for judged assertions,
        whether they hold or not; line 0: there is no such file."""
        said = [Finding(text=one) if isinstance(one, str) else one for one in findings or () if one]
        said = [finding for finding in said if finding.text.strip()]
        tests = [finding.test.content for finding in said if finding.test is not None]
        _checked(*(finding.text for finding in said), *tests, *(quote.text for quote in quotes or ()), *(answers or ()))
        give(Judgement(accept, said, quotes or (), [answer for answer in answers or () if answer.strip()]))
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
