"""Several teams at once: their lines, the screen to choose one on, and which one a name means."""

import asyncio
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from onecontext.cli.main import main
from onecontext.errors import AmbiguousName, NoTeam
from teams.engine.journal import Journal, utc_now
from teams.protocol.team import Team
from tests.tui.screen import assert_screen, play, screen_after, shown, still, text_of
from tests.tui.story import Story
from tests.tui.test_cost import costly
from tests.tui.test_follow import fingerprint, until
from tests.tui.till import crossed, middle, opening, whole
from tui.app import MonitorApp
from tui.projection.state import Monitor
from tui.projection.teams import Glance, line_of
from tui.rows.spans import plain
from tui.rows.teams import teams_frame
from tui.snapshot import Snapshot, TeamLine, Usage
from tui.sources.choosing import place_of
from tui.sources.folder import JOURNAL, Place
from tui.sources.glances import Glances
from tui.sources.several import Several


def roots(tmp_path: Path) -> list[Path]:
    """Two roots: one with a team at work, one with a team of the same name that is done, and another."""
    first, second = tmp_path / "shop" / ".onecontext", tmp_path / "cellar" / ".onecontext"
    middle().write(first / "teams" / "till-1" / JOURNAL)
    whole().write(second / "teams" / "till-1" / JOURNAL)
    crossed().write(second / "teams" / "stock" / JOURNAL)
    return [first, second]


def halted() -> Story:
    story = middle()
    story.tell("mission.halted", word="pause", by="ann", reason="lunch " * 100)
    story.tell("mission.interrupted", reason="killed")
    story.tell("mission.resumed", reason="", repaired=[])
    story.tell("task.newer", None, "2", task={"id": "2", "status": "completed"})
    story.tell("member.left", name="worker-1", reason="done")
    story.tell("team.trouble", doing="x", reason="y")
    story.tell("agent.stalled", "worker-2", "2", reason="z")
    story.tell("of.a.newer.version", what=[1, 2])
    story.tell("mission.started", goal=["no", "text"], serving=True)
    story.tell("mission.ended", ending="budget_exhausted", reason="r")
    return story


def asking() -> Story:
    story = middle()

    def send(who: str, to: str, number: int, form: str, **body: object) -> None:
        text = json.dumps({"type": form, **body})
        story.tell("message.sent", who, msg_id=f"m-{number}", **{"from": who}, to=to, text=text, form=form)

    for number in range(4):
        permission = {"request_id": f"perm-{number}", "tool_name": "run", "input": {"command": "x" * 10_000}}
        send("worker-1", "team-lead", number, "permission_request", **permission)
    send("team-lead", "worker-1", 10, "permission_response", request_id="perm-1", subtype="success")
    send("worker-2", "worker-1", 11, "permission_response", request_id="perm-2", subtype="success")
    story.tell("request.decided", "team-lead", msg_id="m-3", approved=False, by="ann", reason="no")
    send("worker-2", "team-lead", 12, "plan_approval_request", requestId="plan-1", planContent="first this")
    send("team-lead", "worker-2", 13, "plan_approval_response", requestId="plan-1", approved=True)
    send("team-lead", "worker-2", 14, "shutdown_request", requestId="s-1", reason="it is late")
    story.tell("message.sent", "x", msg_id="m-15", **{"from": "x"}, to="y", text="[1", form="permission_request")
    return story


@pytest.mark.parametrize("story", [opening, middle, whole, crossed, costly, halted, asking])
def test_a_team_that_is_not_looked_at_is_told_no_less_exactly(story: Callable[[], Story]) -> None:
    full, glance = Monitor(), Glance()
    for event in story().events:
        full.apply(event)
        glance.apply(event)

        assert line_of(glance.snapshot(), "r", "t") == line_of(full.snapshot(), "r", "t")


def test_a_team_that_is_not_looked_at_holds_no_texts() -> None:
    glance, story = Glance(), middle()
    secret = "a long text " * 1000
    for number in range(3_000):
        story.tell("message.sent", "worker-1", msg_id=str(number), **{"from": "worker-1"}, to="x", text=secret)
        story.tell("tool.result", "worker-1", "1", call="c", tool="run", ok=False, output=secret)
    for event in story.events:
        glance.apply(event)

    held = glance.snapshot()
    assert held.totals.events == len(story.events)
    assert (held.log, held.messages, held.memory) == ((), (), ())
    assert len(str(held)) < 20_000


def test_every_team_under_every_root_has_a_line(tmp_path: Path) -> None:
    first, second = roots(tmp_path)

    lines = {line.key: line for line in Several(Place(first), [first, second]).lines()}

    assert [*lines] == sorted([(str(first), "till-1"), (str(second), "stock"), (str(second), "till-1")])
    at_work, done = lines[str(first), "till-1"], lines[str(second), "till-1"]
    assert (at_work.phase, at_work.tasks_done, at_work.tasks, at_work.attention, at_work.over) == (
        "working",
        1,
        3,
        2,
        0,
    )
    assert (done.phase, done.tasks_done, done.tasks, done.attention) == ("done", 3, 3, 0)
    assert (at_work.over, done.over) == (False, True)
    assert at_work.goal == "Make the suite pass and let the till print receipts"
    assert not any(line.reading for line in lines.values())


def test_damage_in_one_journal_is_in_its_line_and_in_no_other(tmp_path: Path) -> None:
    first, second = roots(tmp_path)
    with (second / "teams" / "stock" / JOURNAL).open("ab") as file:
        file.write(b"garbage\n")

    lines = {line.team: line for line in Several(Place(first), [second]).lines()}

    assert "damaged" in lines["stock"].trouble
    assert lines["stock"].attention == 5
    assert lines["till-1"].trouble == ""


def test_a_long_journal_is_read_piece_by_piece_and_says_so_meanwhile(tmp_path: Path) -> None:
    story = opening()
    for _ in range(5_000):
        story.tell("model.called", "worker-1", model="m", tokens_in=1, tokens_out=1, cost_usd=0.001)
    story.write(tmp_path / "teams" / "till-1" / JOURNAL)
    glances = Glances([tmp_path])

    assert glances.step()
    (line,) = glances.told()
    assert line.reading
    assert line.usage.turns == 0  # that it is there is shown before it is read

    assert glances.step()
    (line,) = glances.told()
    assert line.reading
    assert 0 < line.usage.turns < 5_000

    (line,) = glances.lines()
    assert not line.reading
    assert line.usage.turns == 5_001
    assert line.usage.cost_usd == pytest.approx(5.0)


def test_looking_at_lines_writes_nothing(tmp_path: Path) -> None:
    both = roots(tmp_path)
    before = fingerprint(tmp_path)

    assert len(Several(Place(both[0]), both).lines()) == 3

    assert fingerprint(tmp_path) == before


def test_enter_looks_at_another_team_and_w_is_the_way_back(tmp_path: Path) -> None:
    both = roots(tmp_path)
    app = MonitorApp(Several(Place(both[0]), both), label="following", zone=UTC)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: len(app.snapshot.teams) == 3, pilot)
        await until(lambda: "▲ 5 in 1 other team, w" in text_of(app), pilot)
        assert "▲ 2 to look at" in text_of(app)
        assert "following till-1" in text_of(app)
        await pilot.press("w")
        await until(lambda: "3 teams, 7 need you" in text_of(app), pilot)
        await pilot.press("home", "enter")
        await until(lambda: app.snapshot.team == "stock", pilot)
        await until(lambda: "Mend the till's drawer" in text_of(app) and "following stock" in text_of(app), pilot)
        assert "▲ 2 in 1 other team, w" in text_of(app)
        assert app.scene.places.memory == both[1]
        await pilot.press("w", "end", "space")
        await until(lambda: "its journal" in text_of(app), pilot)
        await pilot.press("enter")
        await until(lambda: (app.snapshot.root, app.snapshot.team) == (str(both[0]), "till-1"), pilot)

    play(app, (140, 40), act)


def test_teams_come_go_and_change_while_the_screen_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("glances", "follow"):  # so that only a watch that works can bring them
        monkeypatch.setattr(f"tui.sources.{place}.LOOK_AGAIN_S", 600.0)
    first, second = roots(tmp_path)
    third = tmp_path / "later" / ".onecontext"
    (third / "teams").mkdir(parents=True)
    app = MonitorApp(Several(Place(first), [first, second, third]), label="following", begin="teams", zone=UTC)

    def told(team: str) -> list[TeamLine]:
        return [line for line in app.snapshot.teams if line.team == team]

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: len(app.snapshot.teams) == 3, pilot)
        journal = Journal(third / "teams" / "crew" / "onecontext", team="crew")
        journal.folder.mkdir(parents=True)
        await asyncio.to_thread(journal.append, "mission.started", {"goal": "count the bottles"})
        await until(lambda: "count the bottles" in text_of(app), pilot)
        await asyncio.to_thread(journal.append, "mission.ended", {"ending": "infeasible", "reason": "there are none"})
        await until(lambda: "infeasible" in text_of(app) and told("crew")[0].attention == 1, pilot)
        shutil.rmtree(second / "teams" / "stock")
        await until(lambda: not told("stock") and "stock" not in text_of(app), pilot)

    play(app, (140, 40), act)


def test_hearts_are_counted_where_nobody_looks(tmp_path: Path) -> None:
    team = Team.create("crew", root=tmp_path)
    team.join("ann")
    team.send("ann", "hello", sender="team-lead")
    glances = Glances([tmp_path])

    assert [(line.alive, line.agents) for line in glances.lines()] == [(None, 2)]
    with team.beating("ann"):
        assert [line.alive for line in Glances([tmp_path]).lines()] == [1]


LINES = (
    TeamLine("/srv/cellar/.onecontext", "stock", goal="Count what is there", phase="paused", tasks=12, tasks_done=3),
    TeamLine("/srv/shop/.onecontext", "till-2", goal="Print receipts", phase="done", over=True, tasks=3, tasks_done=3),
    TeamLine("/srv/shop/.onecontext", "till-3", goal="Anything", reading=True, tasks=2_000, attention=7),
    TeamLine("/srv/shop/.onecontext", "till-4", trouble="the journal is damaged: line 7", tasks=1),
    TeamLine("/home/ann/.claude", "session-298df5d9", "files", agents=5, attention=1, usage=Usage(known=False)),
)


def several() -> Snapshot:
    snapshot = replace(shown(middle().events), root="/srv/shop/.onecontext")
    own = line_of(replace(snapshot, team="till-1"), snapshot.root, "till-1")
    at = snapshot.last_event_at
    others = [replace(line, last_event_at=at) for line in LINES]
    others[0] = replace(others[0], alive=2, agents=4, attention=3, usage=Usage(turns=9, tokens_in=9_000, cost_usd=1.25))
    return replace(snapshot, teams=(others[0], own, *others[1:]))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)], ids=["80x24", "120x36", "200x50"])
def test_the_teams_screen_looks_as_it_should(size: tuple[int, int]) -> None:
    text = screen_after(still(several()), size, "w")

    assert_screen(f"teams-{size[0]}x{size[1]}", text)
    assert max(map(len, text.splitlines())) <= size[0]
    assert "▲ 11 in 3 other teams" in text


def test_names_of_teams_have_the_room_there_is_and_are_told_by_their_ends_where_there_is_little() -> None:
    names = ("make-the-suite-pass-3f2a91", "make-the-suite-pass-77c0de")
    lines = [TeamLine("/srv/shop/.onecontext", name, goal="Make the suite pass") for name in names]

    def rows(cells: int) -> list[str]:
        return [plain(row) for row in teams_frame(lines, cells, now=utc_now())]

    narrow, wide = rows(78), rows(198)

    assert [row.split()[0] for row in narrow[1:]] == ["make-the-…3f2a91", "make-the-…77c0de"]
    assert [row.split()[0] for row in wide[1:]] == list(names)
    for heading, *others in (narrow, wide):
        assert all(row.index("Make the") == heading.index("mission") for row in others)


def test_what_a_mission_left_long_ago_is_not_in_the_title() -> None:
    snapshot = several()
    assert snapshot.last_event_at is not None
    old = replace(LINES[1], attention=5, last_event_at=snapshot.last_event_at.replace(year=2020))
    snapshot = replace(snapshot, teams=(old, *snapshot.teams[1:2]))

    text = screen_after(still(snapshot), (120, 36), "w")

    assert "other team" not in text
    assert "▲ 5" in text


def test_a_name_means_one_team_or_says_which_it_could_be(tmp_path: Path) -> None:
    first, second = roots(tmp_path)
    both = [first, second]

    assert place_of(both, "stock") == Place(second, "stock")
    assert place_of(both, "sto") == Place(second, "stock")
    assert place_of(both, "shop/till-1") == Place(first, "till-1")
    assert place_of(both, f"{second}/till-1") == Place(second, "till-1")
    assert place_of([first], None) == Place(first)
    with pytest.raises(AmbiguousName) as raised:
        place_of(both, "till-1")
    assert raised.value.candidates == (f"{second}/till-1", f"{first}/till-1")
    for name in ("nobody", "op/till-1", "..", "shop/", "../shop/.onecontext/teams/till-1"):
        with pytest.raises(NoTeam):
            place_of(both, name)


def run(cwd: Path, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(["monitor", *arguments], env=env or {}, cwd=cwd, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_once_over_several_roots_is_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    roots(tmp_path)

    code, out, err = run(tmp_path, "--once", "--root", "shop/.onecontext", "--root", "cellar/.onecontext")

    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["team", "stock", "cellar/till-1", "shop/till-1"]
    assert "✓ done" in out
    assert "×" not in out
    assert "◐ working" in out


def test_all_is_this_project_those_above_it_and_the_client(tmp_path: Path) -> None:
    roots(tmp_path)
    Team.create("session-1", root=tmp_path / "home" / ".claude")
    (tmp_path / "home" / ".claude" / "teams" / "session-1" / JOURNAL).unlink()
    deep = tmp_path / "shop" / "src"
    deep.mkdir()

    code, out, _ = run(deep, "--all", "--json", env={"HOME": str(tmp_path / "home")})
    told = json.loads(out)["data"]["teams"]

    assert code == 0
    assert [(line["team"], line["kept"]) for line in told] == [("session-1", "files"), ("till-1", "journal")]
    assert told[0]["usage"]["known"] is False


def test_a_name_of_several_teams_is_an_error_that_names_them(tmp_path: Path) -> None:
    roots(tmp_path)
    both = ("--root", "shop/.onecontext", "--root", "cellar/.onecontext")

    code, out, err = run(tmp_path, "--once", *both, "--team", "till-1")

    assert (code, out) == (2, "")
    assert "shop/.onecontext/till-1" in err
    assert run(tmp_path, "--once", *both, "--team", "shop/till-1")[0] == 0
