"""What may be claimed, and called done: assertions with evidence.

A worker claims that an assertion of its own task holds when it ran its command itself, and saw it exit 0.

Rule 1: what was run is what the host ran for it in this attempt; what is said of it does not count.
Rule 2: this file does no input or output.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from teams.guard.port import CommandResult
from teams.mission.contract import Assertion


def unproved(claims: Iterable[str], own: Sequence[Assertion], ran: Sequence[CommandResult]) -> list[str]:
    """Return what is wrong with claims, a sentence each; none where all of them have their evidence.

    Args:
        own: the assertions of the task.
        ran: the commands of this attempt, oldest first; the newest run of one counts.
    """
    by_id = {assertion.id: assertion for assertion in own}
    ended = {_words(result.argv[-1]): result.exit_code for result in ran}
    return [problem for claim in dict.fromkeys(claims) if (problem := _problem(claim, by_id.get(claim), ended))]


def without_evidence(own: Iterable[Assertion], evidence: Mapping[str, Any]) -> list[str]:
    """Return the ids of assertions for which the evidence of a task has no exit code 0 that counts, and no quote."""
    checks, quotes = _parts(evidence.get("checks")), _parts(evidence.get("quotes"))
    shown = {str(one.get("assertion")) for one in checks if one.get("exit_code") == 0 and not one.get("problems")}
    quoted = {str(one.get("assertion")) for one in quotes}
    return [a.id for a in own if a.id not in (shown if a.command is not None else quoted)]


def _parts(told: Any) -> list[Mapping[str, Any]]:
    """Return the mappings in a list; whoever calls a task done says what shows it, and may say anything."""
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list | tuple) else []


def _problem(claim: str, assertion: Assertion | None, ended: dict[str, int | None]) -> str:
    if assertion is None:
        return f"{claim} is no assertion of this task"
    if assertion.command is None:
        return ""
    command = _words(assertion.command)
    if command not in ended:
        return f"{claim} is claimed, and its command was not run as it stands: {assertion.command}"
    if ended[command] != 0:
        return f"{claim} is claimed, and its command did not exit 0 when it was last run: {assertion.command}"
    return ""


def _words(command: str) -> str:
    return " ".join(command.split())
