"""``onecontext doctor``: try everything that other commands rely on, and say what to do about what does not work.

Rule 1: the checks live in the rooms they are about. Here is only the table of their modules, imported one by one, so a
        room that cannot even be imported is a line of the report and not its end.
Rule 2: it works in any folder, and changes nothing that it does not put back.
"""

import argparse
import importlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from onecontext.doctor.check import Check
from onecontext.errors import OneContextError

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation

# Each offers ``checks(cwd) -> Iterable[Check]``.
SOURCES = (
    "onecontext.doctor.machine",
    "onecontext.doctor.repository",
    "onecontext.doctor.memory",
    "teams.protocol.health",
    "teams.guard.health",
)
_STYLES = {"ok": ("green",), "warn": ("yellow",), "fail": ("red", "bold")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none but --json."""


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Run all checks; 0 if none failed, else 1."""
    found = [check for source in SOURCES for check in _checks_of(source, invocation.cwd)]
    failed = sum(check.status == "fail" for check in found)
    warned = sum(check.status == "warn" for check in found)
    out = invocation.out
    lines = []
    for check in found:
        mark = out.paint(f"{check.status:<4}", *_STYLES[check.status])
        lines.append(f"{mark}  {out.paint(f'{check.name:<12}', 'bold')}  {out.paint(check.message)}")
        if check.fix:
            lines.append(f"{'':<20}{out.paint('→ ' + check.fix, 'dim')}")
    lines.append(
        f"{len(found)} checks: {failed} failed, {warned} to look at"
        if failed or warned
        else f"{len(found)} checks, all ok"
    )
    out.answer({"ok": not failed, "checks": [asdict(check) for check in found]}, "\n".join(lines))
    return 1 if failed else 0


def _checks_of(source: str, cwd: Path) -> Iterable[Check]:
    """Yield what the checks of one room found; what they raise is a failed check."""
    name = source.split(".")[1]
    try:
        yield from importlib.import_module(source).checks(cwd)
    except OneContextError as error:
        yield Check(name, "fail", error.message, error.hint)
    except (ImportError, OSError) as error:
        yield Check(name, "fail", f"the check itself could not run: {error}")
