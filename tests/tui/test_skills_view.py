"""The skills: what is found, what it costs, who opened what, and the view; over real folders, of which none changes."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.text.tokens import default_counter
from skills.activation.activate import activate
from skills.catalogue.fitting import catalogue
from skills.finding.discover import find_skills
from skills.finding.places import BUNDLED
from skills.mcp.body import schema_tokens
from skills.mcp.folder import contents, write_new
from skills.mcp.start import Start, read_server
from skills.mcp.tools import Tool
from skills.mcp.trusting import trust
from teams.agent.calling import CALL_TOKENS
from tests.tui.screen import assert_screen, play, shown, still, text_of
from tests.tui.story import Story
from tests.tui.till import middle
from tui.lookups.skills import NO_PROJECT, shelf_of
from tui.lookups.skills import text_of as document_of
from tui.rows.shelf import Shelf, Shelved, shelf_rows
from tui.rows.skills import ORDERS, rows_for, skill_row
from tui.rows.spans import plain, spans_width
from tui.snapshot import SkillUse, Snapshot
from tui.views.view import Places

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=["80x24", "120x36", "200x50"])
SCHEMA = '{"type":"object","properties":{"customer":{"type":"string","description":"%s"},"lines":{"type":"array"}}}'
TOOLS = [Tool(f"{verb}_order", f"{verb} an order of the shop. {'More words. ' * 20}", SCHEMA % ("who it is for " * 12))
         for verb in ("create", "cancel", "find", "ship", "return")]  # fmt: skip


def write(folder: Path, name: str, description: str, more: str = "", body: str = "Do it.\n") -> Path:
    path = folder / name / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_text(f"---\nname: {name}\ndescription: {description}\n{more}---\n{body}", encoding="utf-8")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with skills of all kinds; the home folder lies beside it."""
    made, home = tmp_path / "shop", tmp_path / "home"
    here = made / ".agents" / "skills"
    write(
        here, "fix-issue", "Use to fix an issue of the shop, tests first", body="# Fix\n\nRead it, then fix it.\n" * 9
    )
    write(here, "release", "Only people release", "disable-model-invocation: true\n")
    write(home / ".agents" / "skills", "fix-issue", "The one of the home folder")
    (here / "broken").mkdir()
    (here / "broken" / "SKILL.md").write_text("---\nname: broken\n", encoding="utf-8")
    (made / ".git").mkdir()
    files = contents("shop", Start(command=("serve-shop",)), {"name": "shop", "version": "1", "protocol": "2025-11-25"},
                     TOOLS, default_counter())  # fmt: skip
    write_new(here / "shop", files)
    trust(read_server(here / "shop", made), env_of(made))
    return made


def env_of(project: Path) -> dict[str, str]:
    return {"HOME": str(project.parent / "home")}


def used() -> Story:
    story = middle()
    for agent, tool, arguments in (
        ("worker-1", "skill", '{"name": "fix-issue"}'),
        ("worker-1", "skill", '{"name": "fix-issue/references/tax.md"}'),
        ("worker-2", "skill", '{"name": "fix-issue now", "more": "cut o'),
        ("worker-2", "skill", '{"name": "search: receipts"}'),
        ("worker-2", "call", '{"server": "shop", "tool": "find_order", "arguments": {}}'),
        ("worker-2", "Bash", '{"command": "onecontext skill use was-there && onecontext call shop ship_order"}'),
        ("worker-2", "write_file", '{"name": "fix-issue"}'),
    ):
        story.tell("tool.intent", agent, "1", call="c", tool=tool, arguments=arguments)
    return story


def screens(project: Path, size: tuple[int, int], *groups: list[str]) -> list[str]:
    app = still(shown(used().events), places=Places(project=project, env=env_of(project)))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("9")
        for keys in groups:
            await pilot.press(*keys)
            await pilot.pause(0.2)
            await app.workers.wait_for_complete()
            await pilot.pause(0.1)
            seen.append(text_of(app))

    play(app, size, act)
    return seen


@SIZES
def test_the_skills_their_cost_and_who_opened_them(project: Path, size: tuple[int, int]) -> None:
    by_name, by_line = screens(project, size, [], ["s"])

    assert_screen(f"skills-{size[0]}x{size[1]}", by_name)
    for words in ("✓ loaded", "‖ by hand", "◌ shadowed", "■ problem", "? not found", "1 server, 5 tools"):
        assert words in by_name
    assert "3× worker-1" in by_name
    assert "by line" in by_line
    assert max(map(len, by_name.splitlines())) <= size[0]


def test_costs_are_those_of_the_functions_that_agents_use(project: Path) -> None:
    shelf, counter = shelf_of(project, env_of(project)), default_counter()
    found = {skill.name: skill for skill in find_skills(project, project.parent / "home").skills}

    shown_ = {one.name: one for one in shelf.skills if one.state != "shadowed"}
    for name, skill in found.items():
        line = catalogue([skill], budget=None, counter=counter, form="markdown").tokens
        assert (shown_[name].line_tokens, shown_[name].body_tokens) == (line, counter.count(activate(skill)))
    listed = [skill for name, skill in found.items() if shown_[name].state == "kept"]
    assert shelf.tokens == catalogue(listed, budget=600, counter=counter, form="lines").tokens
    assert shown_["shop"].schema_tokens == schema_tokens(TOOLS, counter)
    assert (shown_["shop"].tools, shown_["shop"].state) == (5, "kept")
    said = plain(shelf_rows(shelf, 120)[2])
    assert f"{shown_['shop'].schema_tokens:,} tokens of schemas → {shown_['shop'].line_tokens + CALL_TOKENS}" in said


def test_a_budget_that_is_too_small_shortens_and_leaves_out_and_what_is_required_and_missing_is_said(
    project: Path,
) -> None:
    (project / "onecontext.toml").write_text('[skills]\ncatalogue_tokens = 60\nrequired = ["fix-issue", "nowhere"]\n')

    shelf = shelf_of(project, env_of(project))

    states = {one.name: one.state for one in shelf.skills if one.state not in ("shadowed", "problem")}
    assert shelf.tokens <= shelf.budget == 60
    assert states["fix-issue"] in ("kept", "shortened")
    assert "left out" in states.values()
    assert shelf.troubles == ("the skill nowhere is required and is not there",)


def test_a_small_server_is_native_and_a_trusted_skill_says_so(tmp_path: Path) -> None:
    folder = tmp_path / ".agents" / "skills"
    about = {"name": "tiny", "version": "1", "protocol": "2025-11-25"}
    write_new(folder / "tiny", contents("tiny", Start(command=("t",)), about, [Tool("go", "Go.")], default_counter()))
    trust(read_server(folder / "tiny", tmp_path), {"HOME": str(tmp_path / "home")})

    shelf = shelf_of(tmp_path, {"HOME": str(tmp_path / "home")})

    states = {one.name: (one.state, one.trust) for one in shelf.skills}
    assert states["tiny"] == ("native", "untrusted")
    assert states["writing-skills"] == ("kept", "bundled")


def test_looking_writes_nothing_anywhere(project: Path) -> None:
    def state() -> dict[str, tuple[int, int, bytes]]:
        seen = [(path, path.lstat()) for path in sorted(project.parent.rglob("*"))]
        return {
            str(path): (at.st_mode, at.st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path, at in seen
        }

    before = state()

    screens(project, (120, 36), ["s", "down", "down"], ["enter"], ["escape", "slash", *"fix", "enter"])

    assert state() == before


def test_enter_opens_the_document_and_of_a_broken_one_what_to_mend(project: Path) -> None:
    broken, fix = screens(
        project, (120, 36), ["enter"], ["escape", "slash", *"tests", "space", *"first", "enter", "enter"]
    )

    assert "skill broken" in broken
    assert "mend" in broken
    assert "skill fix-issue" in fix
    assert "Read it, then fix it." in fix


def test_skills_are_narrowed_by_what_they_are_and_cost(project: Path) -> None:
    (text,) = screens(project, (120, 36), ["slash", *"body:>80", "space", *"from:project", "enter"])

    rows = [line for line in text.splitlines() if "│ ✓ loaded" in line or "│ ◌" in line]
    assert [row.split()[3] for row in rows] == ["fix-issue", "shop"]


@pytest.mark.parametrize("what", ["a folder", "a fifo", "gone", "garbled"])
def test_what_lies_in_the_place_of_a_document_is_a_line_on_the_screen(project: Path, what: str) -> None:
    import os

    path = project / ".agents" / "skills" / "odd" / "SKILL.md"
    path.parent.mkdir()
    if what == "a folder":
        path.mkdir()
    elif what == "a fifo":
        os.mkfifo(path)
    elif what == "garbled":
        path.write_bytes(b"\xff\xfe\0\x1b[2J")

    shelf = shelf_of(project, env_of(project))

    assert ("odd" in [one.name for one in shelf.skills if one.state == "problem"]) == (what != "gone")
    assert document_of(Shelved("odd", "problem", path=str(path)))[0].tone == "warn"
    assert {"fix-issue", "shop"} <= {one.name for one in shelf.skills}


def test_without_a_project_or_with_a_broken_configuration_it_is_said(project: Path) -> None:
    assert shelf_of(None, {}).troubles == (NO_PROJECT,)
    (project / "onecontext.toml").write_text("[skills\n")

    shelf = shelf_of(project, env_of(project))

    assert "onecontext.toml" in shelf.troubles[0]
    assert "fix-issue" in {one.name for one in shelf.skills}
    app = still(shown(used().events), places=Places())
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("9")
        await pilot.pause(0.1)
        await app.workers.wait_for_complete()
        await pilot.pause()
        seen.append(text_of(app))

    play(app, (80, 24), act)

    assert NO_PROJECT in seen[0]


def test_uses_are_counted_by_agent_and_a_search_or_another_tool_is_none() -> None:
    uses = {use.name: dict(use.by) for use in shown(used().events).skill_uses}

    assert uses == {
        "fix-issue": {"worker-1": 2, "worker-2": 1},
        "shop": {"worker-2": 2},
        "was-there": {"worker-2": 1},
    }


@pytest.mark.parametrize("arguments", ["", "[]", "null", '{"name": 7}', '{"name": "', "\x1b[2J", '{"name": "../../x"}'])
def test_arguments_that_name_no_skill_are_no_use(arguments: str) -> None:
    story = middle()
    story.tell("tool.intent", "worker-1", "1", call="c", tool="skill", arguments=arguments)

    assert shown(story.events).skill_uses == ()


def test_every_order_keeps_every_skill_and_the_dearest_comes_first(project: Path) -> None:
    shelf, uses = shelf_of(project, env_of(project)), shown(used().events).skill_uses

    for order in ORDERS:
        rows = rows_for(shelf, uses, order)
        assert len(rows) == len(shelf.skills) + 1
    assert rows_for(shelf, uses, "used")[0].skill.name == "fix-issue"
    bodies = [row.skill.body_tokens or 0 for row in rows_for(shelf, uses, "body")]
    assert bodies == sorted(bodies, reverse=True)


@pytest.mark.parametrize("cells", [30, 78, 118, 198])
def test_rows_fit_and_what_nobody_counted_is_no_zero(cells: int) -> None:
    odd = Shelved("x" * 200, "kept", "s" * 90, "\x1b[31m evil", why="w" * 90, mend="m")
    shelf = Shelf((odd, replace(odd, tools=3, state="kept")), 10, 0, "c", ("t" * 300,))

    for row in rows_for(shelf, [SkillUse("x" * 200, {"a": 1})], "used"):
        assert spans_width(skill_row(row, cells)) <= cells
        assert "\x1b" not in plain(skill_row(row, cells))
        assert "unknown tokens" in " ".join(text for _, text, *_ in row.told(None)[1])
    assert any("1 unknown" in plain(row) for row in shelf_rows(shelf, cells))
    assert BUNDLED.is_dir()
    assert Snapshot().skill_uses == ()
