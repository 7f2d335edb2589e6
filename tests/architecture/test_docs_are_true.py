"""What docs/ say of names that code has: event types, public signatures, command words, exit codes."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from onecontext import Memory, errors
from onecontext.cli.commands import COMMANDS
from onecontext.variables.variables import Variables
from skills.activation.activate import activate
from skills.activation.tool import skill_tool
from skills.catalogue.fitting import catalogue
from skills.finding.discover import find_skills
from teams import Agent, Team, Teammate
from teams.agent.definitions import build_agent, find_definitions, model_name
from teams.engine.journal import Journal
from teams.engine.watch import watch
from teams.mission.entry import resume_mission, run_mission
from teams.mission.workers.port import Assignment
from teams.protocol.board.board import Board
from teams.protocol.board.desk import EVENTS
from teams.protocol.board.drawing import mermaid
from teams.protocol.board.states import OPEN, TABLE, Action, State
from teams.protocol.board.task import Ours
from teams.protocol.heartbeat import Life
from teams.protocol.violations import GARBLED

CLASSES = {of.__name__: of for of in (Memory, Variables, Team, Agent, Board, Journal, Teammate, Assignment)}
_OF_TEAMS = (watch, find_definitions, build_agent, model_name, run_mission, resume_mission)
_CALLED = (*_OF_TEAMS, find_skills, catalogue, activate, skill_tool)
FUNCTIONS = {function.__name__: function for function in _CALLED}
OF_EXAMPLES = {"work"}
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
    found = re.findall(r"^def (\w+)\((.*)\) ->", (root / "docs" / "api.md").read_text(), re.MULTILINE)
    lines = [(name, arguments) for name, arguments in found if name not in OF_EXAMPLES]

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


def test_the_state_machine_of_a_task_is_drawn_from_the_table(root: Path) -> None:
    assert f"```mermaid\n{mermaid()}\n```" in (root / "docs" / "missions-inside.md").read_text()


# --- links ------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return what a link may name of a page, as GitHub makes it of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lost_links(page: Path) -> list[str]:
    """Return the links of a page to files that are not there, and to headings that they do not have."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        name, _, heading = link.partition("#")
        to = page.parent / name if name else page
        if ":" not in name and (not to.exists() or (heading and heading not in anchors(to))):
            lost.append(f"{page.name}: {link}")
    return lost


def test_links_lead_to_files_and_headings_that_are_there(root: Path) -> None:
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "examples").rglob("*.md")]

    assert [link for page in pages for link in lost_links(page)] == []


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "to.md").write_text("# What is `so`?\n")
    page = tmp_path / "from.md"
    page.write_text("[a](to.md#what-is-so) [b](https://x.y#z) [c](#none) [d](to.md#gone) [e](away.md) `[f](away.md)`\n")

    assert lost_links(page) == ["from.md: #none", "from.md: to.md#gone", "from.md: away.md"]


# --- docs/teams.md and part 2 of docs/formats.md ----------------------------------------------------------------------

Rows = list[list[str]]


def rows_below(page: str, heading: str) -> Rows:
    """Return the cells of the table whose first line begins with ``heading``."""
    lines = page[page.index(f"\n| {heading}") + 1 :].splitlines()[2:]
    table = lines[: next(place for place, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table]


def documented_moves(page: str) -> dict[Action, dict[State, State]]:
    """Return the table of states as the page has it: in words, *open*, *the same*, *gone* and *any* among them."""
    moves: dict[Action, dict[State, State]] = {}
    for action, before, after, _ in rows_below(page, "action | from"):
        target = after.partition(",")[0]
        states = [State(word) for word in re.findall(r"\w+", before) if word in {*State}]
        for state in [*State] if before == "any" else states:
            same = target in ("the same", "gone")
            moves.setdefault(Action(action), {})[state] = state if same else OPEN if target == "open" else State(target)
    return moves


def test_the_table_of_states_on_the_page_is_the_codes(root: Path) -> None:
    page = (root / "docs" / "teams.md").read_text()

    assert documented_moves(page) == TABLE
    # It would be noticed: no row can go without the two being different.
    for line in [line for line in page.splitlines() if line.split(" ")[1:2] and line.split(" ")[1] in {*Action}]:
        assert documented_moves(page.replace(f"{line}\n", "")) != TABLE, line


def test_every_life_of_a_member_and_every_field_of_a_task_is_on_its_page(root: Path) -> None:
    lives = [row[0] for row in rows_below((root / "docs" / "teams.md").read_text(), "life | is seen from")]
    fields = [row[0] for row in rows_below((root / "docs" / "formats.md").read_text(), "field | type | meaning |")]

    assert lives == [f"`{life}`" for life in Life]
    assert {*fields} == {f"`{name}`" for name in Ours.model_fields}


def test_every_rule_that_another_program_can_break_is_in_the_formats(root: Path) -> None:
    sources = (root / "teams" / "protocol").rglob("*.py")
    named = {
        node.args[place].value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        for place in [{"Breach": 0, "Violation": 1}.get(node.func.id, -1)]
        if place >= 0 and isinstance(node.args[place], ast.Constant)
    } | {GARBLED}
    documented = [row[0] for row in rows_below((root / "docs" / "formats.md").read_text(), "`rule` | what a file")]

    assert {*re.findall(r"`(\w+)`", " ".join(documented))} == named
