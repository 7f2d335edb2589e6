"""``onecontext doctor``: try everything that other commands rely on, and say what to do about what does not work.

Rule 1: the checks live in the rooms they are about. Here is only the table of their modules, imported one by one, so a
        room that cannot even be imported is a line of the report and not its end.
Rule 2: it works in any folder, and without --repair changes nothing that it does not put back.
"""

import argparse
import importlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onecontext.doctor.check import Check
from onecontext.errors import NoMemory, OneContextError

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from onecontext.doctor.finding import Done, Finding

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
    """Offer --repair."""
    parser.add_argument(
        "--repair",
        action="store_true",
        help="mend the memory: every intact record stays, the rest is set aside, nothing is deleted",
    )


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Run all checks, or mend the memory; 0 if nothing failed or is left damaged, else 1."""
    if args.repair:
        return _repair(invocation)
    found = [check for source in SOURCES for check in _checks_of(source, invocation.cwd)]
    findings, check = _examined(invocation.cwd)
    found += [check] if check else []
    failed = sum(item.status == "fail" for item in found) + sum(item.severity == "fail" for item in findings)
    warned = sum(item.status == "warn" for item in found) + sum(item.severity == "warn" for item in findings)
    lines = [*_check_lines(found, invocation), *_finding_lines(findings, invocation)]
    lines.append(
        f"{len(found) + len(findings)} checks: {failed} failed, {warned} to look at"
        if failed or warned
        else f"{len(found)} checks, all ok"
    )
    data = {"ok": not failed, "checks": [asdict(item) for item in found], "findings": [asdict(f) for f in findings]}
    invocation.out.answer(data, "\n".join(lines))
    return 1 if failed else 0


def _repair(invocation: "Invocation") -> int:
    from onecontext.doctor.examine import examine
    from onecontext.doctor.repair import repair
    from onecontext.store.layout import Layout
    from onecontext.store.surroundings import find_memory

    out, memory = invocation.out, find_memory(invocation.cwd)
    did: list[Done] = []

    def say(done: "Done") -> None:
        # Said at once: whoever stops it has been told what was done by then.
        did.append(done)
        rest = f" (what was there: {done.kept})" if done.kept else ""
        if not out.json:
            out.say(f"{out.paint(done.file, 'bold')}: {out.paint(done.what)}{out.paint(rest, 'dim')}")

    repair(memory, datetime.now(UTC), say)
    left = examine(memory, datetime.now(UTC))
    failed = sum(finding.severity == "fail" for finding in left)
    quarantine = str(Layout(memory).quarantine)
    lines = _finding_lines(left, invocation)
    lines.append(f"{len(did)} {'thing' if len(did) == 1 else 'things'} done" if did else "nothing had to be done")
    if any(done.kept for done in did):
        lines.append(f"what was replaced or cut lies in {out.paint(quarantine)}")
    if failed:
        lines.append(f"{failed} things are left that repair cannot mend")
    data: dict[str, Any] = {"ok": not failed, "repaired": [asdict(done) for done in did], "quarantine": quarantine}
    out.answer({**data, "findings": [asdict(finding) for finding in left]}, "\n".join(lines))
    return 1 if failed else 0


def _examined(cwd: Path) -> "tuple[list[Finding], Check | None]":
    """Return what is damaged in the memory, or a check that says why that is not known, or that nothing is."""
    try:
        from onecontext.doctor.examine import examine
        from onecontext.store.surroundings import find_memory

        findings = examine(find_memory(cwd), datetime.now(UTC))
    except NoMemory:
        return [], None  # told by the check of the memory
    except OneContextError as error:
        return [], Check("memory files", "fail", error.message, error.hint)
    except (ImportError, OSError) as error:
        return [], Check("memory files", "fail", f"they could not be examined: {error}")
    sound = Check("memory files", "ok", "every file, ref and object was read and agrees with what was committed")
    return findings, None if findings else sound


def _check_lines(found: Iterable[Check], invocation: "Invocation") -> list[str]:
    out, lines = invocation.out, list[str]()
    for check in found:
        mark = out.paint(f"{check.status:<4}", *_STYLES[check.status])
        lines.append(f"{mark}  {out.paint(f'{check.name:<12}', 'bold')}  {out.paint(check.message)}")
        if check.fix:
            lines.append(f"{'':<20}{out.paint('→ ' + check.fix, 'dim')}")
    return lines


def _finding_lines(findings: "Iterable[Finding]", invocation: "Invocation") -> list[str]:
    out, lines = invocation.out, list[str]()
    for finding in findings:
        mark = out.paint(f"{finding.severity:<4}", *_STYLES[finding.severity])
        lines.append(f"{mark}  {out.paint(finding.where, 'bold')}  {out.paint(finding.what)}")
        lines.append(f"{'':<20}{out.paint('→ ' + finding.mend, 'dim')}")
    return lines


def _checks_of(source: str, cwd: Path) -> Iterable[Check]:
    """Yield what the checks of one room found; what they raise is a failed check."""
    name = source.split(".")[1]
    try:
        yield from importlib.import_module(source).checks(cwd)
    except OneContextError as error:
        yield Check(name, "fail", error.message, error.hint)
    except (ImportError, OSError) as error:
        yield Check(name, "fail", f"the check itself could not run: {error}")
