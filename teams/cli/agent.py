"""``onecontext agent``: the agents that are defined in ``.claude/agents``.

Rule 1: text of definitions is untrusted: what reaches a terminal is made printable first.
"""

import argparse
import math
from pathlib import Path
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import printable
from onecontext.errors import UnknownMember
from skills.format.skill import Problem
from teams.agent.client_tools import OURS, grant
from teams.agent.definition import Definition
from teams.agent.definitions import Definitions, client_folder, find_definitions, model_name
from teams.cli.place import add_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="list | show")
    listing = words.add_parser("list", help="the agents there are, a line each")
    listing.add_argument("--why", action="store_true", help="where each comes from, and which others it shadows")
    show = words.add_parser("show", help="what an agent gets and is told")
    show.add_argument("name", metavar="NAME", help="as 'onecontext agent list' has it")
    for word in (listing, show):
        add_json(word)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    found = find_definitions(invocation.cwd, config_folder(invocation))
    if args.word == "list":
        return _list(found, invocation, why=args.why)
    return _show(named_agent(found, args.name), found, invocation)


def config_folder(invocation: Invocation) -> Path | None:
    """Return the client's own folder, None where nobody says which."""
    return client_folder(invocation.env, invocation.cwd)


def _list(found: Definitions, invocation: Invocation, *, why: bool) -> int:
    out = invocation.out
    rows, lines = [], []
    for definition in found.agents:
        shadows = [item.definition.path for item in found.shadowed if item.by == definition]
        rows.append({**_facts(definition), "shadows": shadows})
        lines.append(f"{out.paint(definition.name, 'bold')}  {printable(' '.join(definition.description.split()))}")
        if why:
            lines.append(f"    from {definition.source}: {printable(str(definition.path))}")
            lines += [f"    shadows {printable(str(path))}" for path in shadows]
    problems = [vars(problem) for problem in found.problems]
    told = "\n".join(lines) or "no agents are defined: there are none in .claude/agents"
    out.answer({"agents": rows, "problems": problems}, told)
    for problem in found.problems:
        out.say(_said(problem))
    return 0


def _show(definition: Definition, found: Definitions, invocation: Invocation) -> int:
    out = invocation.out
    granted = grant(definition.tools, definition.forbidden, OURS)
    problems = [problem for problem in found.problems if problem.path == definition.path]
    data = {
        **_facts(definition),
        "gets": granted.names,
        "does_not_get": granted.notes,
        "more": _as_json(dict(definition.more)),
        "instructions": definition.instructions,
        "problems": [vars(problem) for problem in problems],
    }
    facts = {
        "name": definition.name,
        "description": " ".join(definition.description.split()),
        "role": definition.role,
        "model": model_name(definition) or "that of the run",
        "tools": ", ".join(granted.names) or "none",
        "skills": ", ".join(definition.skills),
        "kept": ", ".join(definition.more),
        "from": str(definition.path),
    }
    lines = [f"{out.paint(key, 'dim')}  {printable(value)}" for key, value in facts.items() if value]
    out.answer(data, "\n".join([*lines, "", printable(definition.instructions)]))
    for note in granted.notes:
        out.say(printable(note))
    for problem in problems:
        out.say(_said(problem))
    return 0


def _facts(definition: Definition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "description": definition.description,
        "role": definition.role,
        "model": definition.model,
        "model_name": model_name(definition),
        "tools": definition.tools,
        "disallowed_tools": definition.forbidden,
        "skills": definition.skills,
        "source": definition.source,
        "path": definition.path,
    }


def _as_json(value: Any) -> Any:
    """Return what YAML read as JSON can say it: dates, sets and odd numbers as text."""
    if isinstance(value, dict):
        return {str(key): _as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_as_json(part) for part in value]
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if isinstance(value, str | int | float | None) and finite else str(value)


def _said(problem: Problem) -> str:
    taken = "used, but " if problem.used else "not an agent: "
    return printable(f"{problem.path}:{problem.line}: {taken}{problem.reason} ({problem.mend})")


def named_agent(found: Definitions, name: str) -> Definition:
    for definition in found.agents:
        if definition.name == name:
            return definition
    known = ", ".join(definition.name for definition in found.agents) or "none"
    raise UnknownMember(
        f"no agent {name!r} is defined; there are {known}", hint="'onecontext agent list --why' lists them"
    )
