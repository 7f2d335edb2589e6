"""Every type of event that teams/ writes is in the formats, told by the narration or passed over on purpose, and known
to the monitor.
"""

import ast
import re
from pathlib import Path

import pytest

from teams.cli import narrate
from teams.protocol.board.states import EVENTS
from teams.tracing.spans import Spans
from tui.projection import handlers, state, telling

TYPE = re.compile(r"[a-z]+\.[a-z_]+|violation")
NO_EVENTS = {
    *("conftest.py", "pytest.ini", "pytest.toml", "sitecustomize.py", "usercustomize.py", "tox.ini", "setup.cfg"),
    *("pyproject.toml", "py.test"),
    *("agent.md", "config.json", "contract.yaml", "halt.lock", "journal.jsonl", "journal.lock", "journal.torn"),
    *(
        "mime.types",
        "nsswitch.conf",
        "onecontext.toml",
        "pyvenv.cfg",
        "run.lock",
        "safe.directory",
        "teams.agent",
        "teams.mission",
        "playbook.json",
        "teams.playbook",
    ),
}
"""What looks like a type in teams/ and is none: files, modules, settings."""


def written(root: Path) -> set[str]:
    """Return what is a type of event in the code that writes them; the command line and the traces only read."""
    found = set()
    for path in (root / "teams").rglob("*.py"):
        # The witness runs in the project's Python, and hears events of Python's own.
        if not {"cli", "tracing", "witness"} & {*path.parts}:
            strings = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
            found |= {text for text in strings if isinstance(text, str) and TYPE.fullmatch(text)}
    return found - NO_EVENTS


def documented(root: Path) -> set[str]:
    rows = re.findall(r"^\| (`.*?) \| .* \|$", (root / "docs" / "formats.md").read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z.]+)`", row) if TYPE.fullmatch(name)}


def test_the_types_are_found_where_they_are_written(root: Path) -> None:
    types = written(root)

    assert {"violation.ended", "turn.ended", "tool.intent", "member.gone", "team.created"} <= types
    assert {*EVENTS.values()} <= types


def test_traces_are_made_of_what_is_written(root: Path) -> None:
    assert {*Spans("m").taken} <= written(root)


def test_each_is_in_the_formats(root: Path) -> None:
    assert written(root) - documented(root) == set()


@pytest.mark.parametrize(
    ("known", "passed_over"),
    [({*narrate._TELLERS}, {*narrate.NOT_TOLD}), ({*handlers.HANDLED}, {*handlers.TOLD_ONLY})],
    ids=["the narration", "the monitor"],
)
def test_each_is_known_or_passed_over_on_purpose(known: set[str], passed_over: set[str], root: Path) -> None:
    assert written(root) - known - passed_over == set()
    assert known & passed_over == set()
    assert (known | passed_over) - written(root) == set()


def test_each_has_a_line_in_the_monitors_log(root: Path) -> None:
    assert written(root) - {*telling.TOLD} - state.NOT_TOLD == set()
