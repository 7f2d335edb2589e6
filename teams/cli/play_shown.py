"""Playbooks as people and programs read them: the list, one in full, and the word that a file is one.

Rule 1: texts of playbooks are untrusted: what reaches a terminal is made printable first.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import one_line, printable
from teams.playbook.document import Playbook, Step
from teams.playbook.functions import as_text
from teams.playbook.shelf import SHIPPED, Entry, playbooks
from teams.playbook.types import shown
from teams.playbook.uses import comes_after

DESCRIPTION_CHARACTERS = 200


def listing(project: Path, invocation: Invocation) -> int:
    """Answer with all playbooks; files that are none are told on stderr."""
    out = invocation.out
    rows, lines, names = [], [], set()
    for entry in playbooks(project):
        if entry.playbook is None:
            out.say(out.paint(printable(entry.problem), "yellow"))
            continue
        hidden = entry.name in names
        names.add(entry.name)
        rows.append(
            {"name": entry.name, "source": entry.source, "description": entry.playbook.description, "shadowed": hidden}
        )
        where = "" if entry.source == SHIPPED else f"  ({entry.source}{', run by its path' if hidden else ''})"
        about = one_line(entry.playbook.description, limit=DESCRIPTION_CHARACTERS)
        lines.append(f"{out.paint(entry.name, 'bold')}  {printable(about)}{printable(where)}")
    out.answer({"playbooks": rows}, "\n".join(lines))
    return 0


def show(entry: Entry, invocation: Invocation) -> int:
    """Answer with one playbook: what it is for, its inputs, its steps in order and its outputs."""
    out, playbook = invocation.out, entry.playbook
    assert playbook is not None
    lines = [out.paint(playbook.name, "bold"), printable(playbook.description.strip()), "", "inputs"]
    for name, one in playbook.inputs.items():
        default = "" if one.is_required else f", default {one_line(as_text(one.default), limit=60) or '(empty)'}"
        lines.append(printable(f"  {name}: {shown(one.type)}{default}  {one.description}"))
    lines += ["", "steps", *(printable(line) for line in _steps(playbook.steps, "  "))]
    given_back = [f"{name}: {shown(one.type)}" if one.type else name for name, one in playbook.given_back.items()]
    lines += ["", printable(f"outputs  {', '.join(given_back) or 'none'}"), f"file     {entry.path}"]
    document = playbook.model_dump(mode="json", by_alias=True, exclude_unset=True)
    out.answer({"source": entry.source, "path": str(entry.path), "playbook": document}, "\n".join(lines))
    return 0


def check(playbook: Playbook, file: str, invocation: Invocation) -> int:
    """Answer that a file, which was read already, is a playbook."""
    count = sum(1 for _ in _steps(playbook.steps, ""))
    data: dict[str, Any] = {"file": file, "name": playbook.name, "steps": count}
    invocation.out.answer(data, f"{printable(file)} is the playbook {playbook.name}: {count} steps")
    return 0


def _steps(steps: Mapping[str, Step], indent: str) -> Iterator[str]:
    for name, step in steps.items():
        earlier = sorted(comes_after(step) & steps.keys())
        parts = [step.kind, *([f"after {', '.join(earlier)}"] if earlier else [])]
        parts += [f"when {one_line(step.when, limit=80)}"] if step.when else []
        yield f"{indent}{name}  ({'; '.join(parts)})"
        yield from _steps(step.inner, indent + "  ")
