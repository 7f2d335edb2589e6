"""The client's tools and ours: one table, and what of a definition's list can be had.

Rule 1: what is asked for and cannot be had is told, in a sentence for each, and never dropped in silence.
Rule 2: where ours can only do more than was allowed, or less than was forbidden, it is not given.

Source: the tools and the permission rules of Claude Code, code.claude.com/docs/en/sub-agents and /settings.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Names of ours are those of teams.agent.worktools, of missions' workers, and of skills.
COUNTERPARTS: dict[str, str] = {
    "Bash": "run",
    "Edit": "edit_file",
    "Glob": "list_files",
    "Grep": "search",
    "LS": "list_files",
    "MultiEdit": "edit_file",
    "Read": "read_file",
    "SendMessage": "message",
    "Skill": "skill",
    "Write": "write_file",
}
WITHOUT: dict[str, str] = {
    "Agent": "agents here start no other agents",
    "AskUserQuestion": "there is nobody at the keyboard; a task is put to 'needs input' instead",
    "BashOutput": "commands here end before their result is given",
    "EnterPlanMode": "plans are made before a task begins",
    "ExitPlanMode": "plans are made before a task begins",
    "KillShell": "commands here end before their result is given",
    "NotebookEdit": "notebooks are edited as the files they are, with edit_file",
    "NotebookRead": "notebooks are read as the files they are, with read_file",
    "Task": "agents here start no other agents",
    "TaskCreate": "the orchestrator makes the tasks",
    "TaskGet": "the task at hand is in the prompt",
    "TaskList": "the task at hand is in the prompt",
    "TaskUpdate": "handing in moves the task",
    "TodoWrite": "steps are recorded by the memory",
    "WebFetch": "there is no network",
    "WebSearch": "there is no network",
}
OURS = tuple(sorted(set(COUNTERPARTS.values())))
_ITEM = re.compile(r"[^\s,()]+(?:\([^()]*\))?")
_PATTERN = re.compile(r"([^()]+)\((.*)\)", re.DOTALL)


class Grant(NamedTuple):
    """The names of our tools that an agent gets, in the order of ``offered``, and sentences about the others."""

    names: tuple[str, ...]
    notes: tuple[str, ...]


def split_list(text: str) -> tuple[str, ...]:
    """Return the names in a list as people write it: ``Read, Grep``, ``Read Grep``, ``Bash(git log:*, ls)``."""
    return tuple(_ITEM.findall(text))


def grant(wanted: Sequence[str] | None, forbidden: Iterable[str], offered: Sequence[str]) -> Grant:
    """Say which of ``offered`` an agent gets.

    Args:
        wanted: names of the client's tools or of ours; None, or one that is ``*``, is all there are.
        forbidden: likewise; they win.
        offered: names of our tools that can be had.
    """
    notes: list[str] = []
    everything = wanted is None or "*" in wanted
    names = set(offered) if everything else {name for item in wanted or () if (name := _granted(item, offered, notes))}
    for item in forbidden:
        names -= _denied(item, offered, notes)
    return Grant(tuple(name for name in offered if name in names), tuple(dict.fromkeys(notes)))


def _granted(item: str, offered: Sequence[str], notes: list[str]) -> str | None:
    limited = _PATTERN.fullmatch(item)
    name = limited[1] if limited else item
    ours = COUNTERPARTS.get(name, name)
    if ours not in offered:
        notes.append(f"{item} is not given: {_why_not(name, ours)}")
        return None
    if limited:
        notes.append(f"{item} is not given: {ours} cannot be held to that; write {name} to give it without limits")
        return None
    return ours


def _denied(item: str, offered: Sequence[str], notes: list[str]) -> set[str]:
    limited = _PATTERN.fullmatch(item)
    name = limited[1] if limited else item
    ours = COUNTERPARTS.get(name, name)
    if name == "*":
        return set(offered)
    if limited and ours in offered:
        notes.append(f"{ours} is not given at all: {item} forbids a part of it, and it cannot be held to the rest")
    return {ours}


def _why_not(name: str, ours: str) -> str:
    if name.startswith("mcp__"):
        return "it belongs to an MCP server, and there is none here"
    if ours != name or ours in OURS:
        return f"{ours} is not offered here"
    return WITHOUT.get(name, "there is no such tool here")
