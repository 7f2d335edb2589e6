"""``onecontext skill validate``: whether skills fit the format; exit code 2 and every reason when one does not."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onecontext.cli.output import printable
from onecontext.errors import InvalidDocument
from skills.finding.lookalikes import imitates
from skills.format.names import normal
from skills.format.skill import FILE_NAME

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("path", type=Path, nargs="+", metavar="PATH", help=f"a skill's folder, or its {FILE_NAME}")


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Check each of the skills."""
    rows = [_row(invocation.cwd / path) for path in args.path]
    invocation.out.answer({"skills": rows}, "\n".join(line for row in rows for line in _lines(row)))
    return 0 if all(row["valid"] for row in rows) else InvalidDocument.exit_code


def _row(path: Path) -> dict[str, Any]:
    from skills.format.strict import validate

    faults = [fault._asdict() for fault in validate(path)]
    name = normal((path.parent if path.name.lower() == FILE_NAME.lower() else path).resolve().name)
    looks = imitates(name)
    note = f"the name looks like {looks!r}: where skills are looked for, it is refused" if looks else ""
    document = path if path.name.lower() == FILE_NAME.lower() else path / FILE_NAME
    return {"path": path, "document": document, "name": name, "valid": not faults, "faults": faults, "note": note}


def _lines(row: dict[str, Any]) -> list[str]:
    if row["valid"]:
        return [printable(f"{row['name']} is a valid skill"), *([printable(f"  {row['note']}")] if row["note"] else [])]
    lines = []
    for fault in row["faults"]:
        place = f"{row['document']}:{fault['line']}" if fault["line"] else str(row["path"])
        lines += [printable(f"{place}: {fault['reason']}"), printable(f"  {fault['mend']}")]
    return lines
