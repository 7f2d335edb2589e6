"""What docs/ say of names that code has: event types, public signatures, command words, exit codes."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from onecontext import Memory, errors
from onecontext.cli.commands import COMMANDS
from teams import Agent, Team, Teammate
from teams.agent.definitions import build_agent, find_definitions, model_name
from teams.engine.journal import Journal
from teams.engine.watch import watch
from teams.protocol.board.board import Board
from teams.protocol.board.desk import EVENTS

CLASSES = {"Memory": Memory, "Team": Team, "Agent": Agent, "Board": Board, "Journal": Journal, "Teammate": Teammate}
FUNCTIONS = {function.__name__: function for function in (watch, find_definitions, build_agent, model_name)}
EVENT_TYPE = re.compile(
    r"^(team|member|message|task|mission|attempt|agent|model|tool|turn|verify|verdict|work|memory|foreign)\.[a-z]+$"
)


def strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_event_type_that_code_names_is_in_the_formats(root: Path) -> None:
    named = {
        text
        for folder in ("engine", "protocol", "member", "mission")
        for path in (root / "teams" / folder).rglob("*.py")
        for text in strings(ast.parse(path.read_text()))
        if EVENT_TYPE.match(text)
    }
    documented = set(re.findall(r"`([a-z]+\.[a-z]+)`", (root / "docs" / "formats.md").read_text()))

    assert len(named) > 20
    assert set(EVENTS.values()) <= named | documented
    assert named <= documented


def documented_signatures(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield class, method and parameter names of the code blocks in docs/api.md."""
    owner = ""
    for line in text.splitlines():
        if match := re.match(r"class (\w+)", line):
            owner = match[1]
        elif match := re.match(r"    def (\w+)\((.*?)\)(?: ->|\s*$|\s+#)", line):
            names = [part.split("=")[0].split(":")[0].strip() for part in match[2].split(",")]
            yield owner, match[1], [name for name in names if name not in ("", "*", "self", "cls")]


def test_every_documented_signature_is_the_codes(root: Path) -> None:
    documented = list(documented_signatures((root / "docs" / "api.md").read_text()))

    assert len(documented) > 45
    for owner, method, names in documented:
        real = list(inspect.signature(getattr(CLASSES[owner], method)).parameters)
        assert names == [name for name in real if name in names], f"{owner}.{method}{names} is {real}"


def test_every_documented_function_is_the_codes(root: Path) -> None:
    lines = re.findall(r"^def (\w+)\((.*)\) ->", (root / "docs" / "api.md").read_text(), re.MULTILINE)

    assert {name for name, _ in lines} == FUNCTIONS.keys()
    for name, arguments in lines:
        documented = {part.split("=")[0].strip(" *"): part for part in arguments.split(",") if part.strip() != "*"}
        real = inspect.signature(FUNCTIONS[name]).parameters
        assert list(documented) == [parameter for parameter in real if parameter in documented], name


@pytest.mark.parametrize("owner", ["Memory", "Team", "Board", "Teammate"])
def test_every_public_method_is_documented(root: Path, owner: str) -> None:
    documented = {name for of, name, _ in documented_signatures((root / "docs" / "api.md").read_text()) if of == owner}
    public = {name for name, value in members(CLASSES[owner]) if not name.startswith("_") and is_method(value)}

    assert public <= documented


def members(owner: type) -> Iterator[tuple[str, object]]:
    """Yield what a class has, from its bases too."""
    for base in owner.__mro__[:-1]:
        yield from vars(base).items()


def is_method(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, classmethod | staticmethod)


def test_the_readme_names_only_commands_that_exist(root: Path) -> None:
    text = (root / "README.md").read_text()
    words = set(re.findall(r"(?:^|`)onecontext ([a-z]+)(?= |`|$)", text, re.MULTILINE))

    assert {"run", "resume", "init", "context"} <= words
    assert words <= set(COMMANDS)


def test_exit_codes_of_endings_are_in_the_missions_page(root: Path) -> None:
    page = (root / "docs" / "missions.md").read_text()

    for ending, code in errors.ENDING_EXIT_CODES.items():
        assert f"| `{ending}` | {code} |" in page
