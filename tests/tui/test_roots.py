"""Roots and teams that go, come back, turn into something else, cannot be seen, or are many: a line, never an end."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import pytest
from textual.pilot import Pilot

from teams.protocol.team import Team
from tests.tui.screen import play, text_of
from tests.tui.test_client_files import laid_out, picture
from tests.tui.test_follow import until
from tests.tui.test_teams import run
from tests.tui.till import middle, whole
from tui.app import MonitorApp
from tui.snapshot import TeamLine
from tui.sources.folder import JOURNAL, Place
from tui.sources.follow import Follower
from tui.sources.glances import Glances
from tui.sources.several import Several


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop" / ".onecontext"
    middle().write(root / "teams" / "till-1" / JOURNAL)
    return root


@pytest.fixture
def cellar(tmp_path: Path) -> Path:
    root = tmp_path / "cellar" / ".onecontext"
    whole().write(root / "teams" / "stock" / JOURNAL)
    return root


def told(glances: Glances) -> dict[str, TeamLine]:
    return {line.team or "(root)": line for line in glances.lines()}


def away(root: Path) -> None:
    root.rename(root.with_name("away"))


def a_file(root: Path) -> None:
    away(root)
    root.write_text("what was a folder")


def a_loop(root: Path) -> None:
    away(root)
    root.symlink_to(root)


def teams_a_file(root: Path) -> None:
    shutil.copytree(root, root.with_name("away"))
    shutil.rmtree(root / "teams")
    (root / "teams").write_text("")


def a_pipe(root: Path) -> None:
    away(root)
    os.mkfifo(root)


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (away, "it is gone"),
        (a_file, "can be seen: Not a directory"),
        (a_loop, "can be seen: Too many levels of symbolic links"),
        (teams_a_file, "can be seen: Not a directory"),
        (a_pipe, "can be seen: Not a directory"),
    ],
)
def test_a_root_that_turns_into_something_else_has_a_line_and_its_teams_come_back(
    turn: Callable[[Path], None], words: str, shop: Path, cellar: Path
) -> None:
    glances, follower = Glances([shop, cellar]), Follower(Place(shop), None)
    assert told(glances).keys() == {"till-1", "stock"}
    before = follower.catch_up()

    turn(shop)
    lines, shown = told(glances), follower.catch_up()

    assert lines.keys() == {"(root)", "stock"}
    assert words in lines["(root)"].trouble
    assert lines["(root)"].root == str(shop)
    assert lines["stock"].trouble == ""
    assert (shown.tasks, shown.mission) == (before.tasks, before.mission)
    assert shown.trouble.startswith("the journal ")

    if shop.is_dir():
        shutil.rmtree(shop)
    else:
        shop.unlink(missing_ok=True)
    shop.with_name("away").rename(shop)
    assert told(glances).keys() == {"till-1", "stock"}
    assert follower.catch_up().trouble == ""


def test_a_root_that_cannot_be_seen_from_the_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "root").write_text("a file")

    assert "can be seen: Not a directory" in Follower(Place(tmp_path / "root"), None).catch_up().trouble
    code, out, _ = run(tmp_path, "--once", "--root", "root", "--root", "nowhere")
    assert code == 0
    assert "no teams can be seen" in out


@pytest.fixture
def stranger() -> Iterator[Path]:
    """A folder in which whoever runs this owns nothing: root is nobody for as long."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # tmp_path is root's alone
    folder.chmod(0o755)
    is_root = os.geteuid() == 0
    yield folder
    if is_root:
        os.seteuid(0)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("closed", ["teams", "teams/till-1", "teams/till-1/onecontext", "."])
@pytest.mark.parametrize("mode", [0o000, 0o644], ids=["nothing", "names alone"])
def test_what_may_not_be_read_is_told_and_its_neighbours_are_shown(closed: str, mode: int, stranger: Path) -> None:
    shop, cellar = stranger / "shop", stranger / "cellar"
    middle().write(shop / "teams" / "till-1" / JOURNAL)
    whole().write(cellar / "teams" / "stock" / JOURNAL)
    Glances([shop, cellar]).lines()  # all that is needed is imported
    (shop / closed).chmod(mode)
    if os.geteuid() == 0:
        os.seteuid(65_534)

    lines, shown = told(Glances([shop, cellar])), Follower(Place(shop), None).catch_up()

    assert lines["stock"].phase == "done"
    assert any("ermission denied" in line.trouble for line in lines.values()), lines
    assert "ermission denied" in shown.trouble


def test_a_team_that_is_deleted_while_it_is_looked_at_stays_on_the_screen_and_says_so(shop: Path, cellar: Path) -> None:
    app = MonitorApp(Several(Place(shop, "till-1"), [shop, cellar]), label="following", zone=UTC)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: len(app.snapshot.teams) == 2, pilot)
        shutil.rmtree(shop)
        await until(lambda: "the journal is gone" in text_of(app), pilot)
        assert "fix-offers" in text_of(app)
        await pilot.press("w")
        await until(lambda: "it is gone" in text_of(app), pilot)
        await pilot.press("end", "enter")  # there is no team on that line to look at
        await pilot.press("home", "space")
        await pilot.press("enter")
        await until(lambda: app.snapshot.team == "stock", pilot)
        whole().write(shop / "teams" / "till-1" / JOURNAL)
        await until(lambda: len([line for line in app.snapshot.teams if line.team]) == 2, pilot)

    play(app, (140, 40), act)


def test_a_team_of_ours_that_is_half_deleted_is_not_taken_for_one_of_another_program(shop: Path) -> None:
    team = Team.create("crew", root=shop, cwd=shop.parent)
    team.journal.append("mission.started", {"goal": "count the bottles"}, mission="crew", agent="team-lead")
    glances, followers = Glances([shop]), [Follower(Place(shop), None), Follower(Place(shop, "crew"), None)]
    before = [follower.catch_up() for follower in followers]
    assert told(glances)["crew"].phase == "planning"

    team.journal.path.unlink()  # as while the folder is deleted: the config goes later
    shown, line = [follower.catch_up() for follower in followers], told(glances)["crew"]

    assert [picture.mission for picture in shown] == [picture.mission for picture in before]
    assert all(picture.team == "crew" and picture.trouble.startswith("the journal is gone") for picture in shown)
    assert (line.kept, line.goal) == ("journal", "count the bottles")
    assert line.trouble.startswith("the journal is gone")
    shutil.rmtree(shop)
    assert [follower.catch_up().mission for follower in followers] == [picture.mission for picture in before]


def test_a_config_of_fifty_megabytes_is_a_violation_and_is_not_read(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")
    config = tmp_path / "teams" / team / "config.json"
    follower = Follower(Place(tmp_path), None)
    before = follower.catch_up()
    document = json.loads(config.read_text())
    config.write_text(json.dumps({**document, "more": "x" * 50_000_000}))

    after = follower.catch_up()

    assert [one.what for one in after.violations] == [
        f"has {config.stat().st_size:,} bytes, more than the 4,194,304 that are read"
    ]
    assert after.agents == before.agents
    config.write_text(json.dumps(document))
    assert follower.catch_up().violations == ()


def test_of_ten_thousand_inboxes_the_first_are_read_and_the_rest_are_counted(tmp_path: Path) -> None:
    team = laid_out(tmp_path, "2.1.329")
    inboxes = tmp_path / "teams" / team / "inboxes"
    for number in range(10_000):
        (inboxes / f"zz-{number:05}.json").write_text("[]")

    (violation,) = picture(tmp_path, team).violations

    total = len(list(inboxes.glob("*.json")))
    assert violation.path == f"teams/{team}/inboxes"
    assert violation.what == f"{total:,} inboxes are there; the first 1,000 are read"


def test_of_very_many_teams_the_newest_are_read_and_the_others_say_that_they_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.sources.glances.MOST_TEAMS", 2)
    for number in range(5):
        journal = whole().write(tmp_path / "teams" / f"till-{number}" / JOURNAL)
        os.utime(journal, (1_700_000_000 + number, 1_700_000_000 + number))
    heard: list[str] = []
    glances = Glances([tmp_path])
    glances.heard = lambda key, event, monitor: heard.append(key[1])

    first = told(glances)
    (tmp_path / "teams" / "till-0" / JOURNAL).touch()
    second = told(glances)

    assert {name for name, line in first.items() if line.unread} == {"till-0", "till-1", "till-2"}
    assert {name for name, line in first.items() if line.phase == "done"} == {"till-3", "till-4"}
    assert {name for name, line in second.items() if line.unread} == {"till-1", "till-2", "till-3"}
    assert second["till-0"].phase == "done"
    assert heard == [], "what was there before is no news"

    app = MonitorApp(Several(Place(tmp_path), [tmp_path]), label="following", begin="teams", zone=UTC)

    async def act(pilot: Pilot[None]) -> None:
        await until(lambda: "5 teams, the newest 2 are read" in text_of(app), pilot)
        assert "not read; enter does" in text_of(app)
        for key in ("/", *"till-1", "enter", "enter"):
            await pilot.press(key)
        await until(lambda: app.snapshot.team == "till-1" and app.snapshot.mission is not None, pilot)

    play(app, (140, 40), act)
