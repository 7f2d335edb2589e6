"""A journal's second name: the same file, whatever is appended, and only while both names are ours."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onecontext.errors import Damaged, NoTeam
from teams.engine.journal import Journal
from teams.engine.kept import kept
from teams.protocol.naming import ENDED
from teams.protocol.team import Team
from tests.support.crew import befriend


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team.create("crew", root=tmp_path)


def types(path: Path) -> list[str]:
    return [event.type for event in Journal(path.parent, team="crew", name=path.name).read()]


def test_every_later_event_is_in_it_and_the_journal_is_changed_in_place(team: Team) -> None:
    before = team.journal.path.stat().st_ino
    path = team.journal.keep()
    assert path is not None

    team.join("ann")
    Team.open("crew", root=team.root).board.create("t", key="t")
    shutil.rmtree(team.folder)

    assert path.parent == team.root / ENDED
    assert types(path) == ["team.created", "member.joined", "task.created"]
    assert path.stat().st_ino == before


def test_it_is_given_once_whoever_asks(team: Team) -> None:
    first = team.journal.keep()

    assert team.journal.keep() == first
    assert Team.open("crew", root=team.root).journal.keep() == first
    assert team.journal.path.stat().st_nlink == 2


def test_nobody_else_gets_into_the_folder(team: Team) -> None:
    team.journal.keep()

    assert [path.stat().st_mode & 0o777 for path in (team.root / "onecontext", team.root / ENDED)] == [0o700, 0o700]


def test_git_passes_over_it(team: Team) -> None:
    subprocess.run(["git", "init", "--quiet", str(team.root)], check=True)
    team.journal.keep()

    seen = subprocess.run(["git", "status", "--porcelain"], cwd=team.root, capture_output=True, text=True, check=True)

    assert seen.stdout.splitlines() == ["?? tasks/", "?? teams/"]


def test_a_third_name_is_none_of_ours_and_what_it_names_is_not_changed(team: Team, tmp_path: Path) -> None:
    team.journal.keep()
    os.link(team.journal.path, tmp_path / "somebody's")
    before = (tmp_path / "somebody's").read_bytes()

    team.join("ann")

    assert (tmp_path / "somebody's").read_bytes() == before
    assert types(team.journal.path) == ["team.created", "member.joined"]


def test_a_journal_that_was_replaced_is_kept_anew(team: Team) -> None:
    first = team.journal.keep()
    copy = team.journal.path.with_name("copy")
    shutil.copy(team.journal.path, copy)
    copy.replace(team.journal.path)

    second = team.journal.keep()
    team.join("ann")

    assert first != second
    assert [len(types(path)) for path in (first, second) if path] == [1, 2]
    assert [one.path for one in kept(team.root / ENDED)] == [second, first]
    assert [one.is_of(team.journal.path) for one in kept(team.root / ENDED)] == [True, False]


def test_a_torn_end_is_cut_off_under_both_names(team: Team) -> None:
    path = team.journal.keep()
    assert path is not None
    with team.journal.path.open("ab") as file:
        file.write(b"half a li")

    Team.open("crew", root=team.root).join("ann")

    assert types(path) == ["team.created", "member.joined"]


def test_where_something_else_stands_in_its_place_nothing_is_made(team: Team, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (team.root / "onecontext").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Damaged, match="not followed"):
        team.journal.keep()

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_is_no_journal_of_ours_is_not_listed(team: Team) -> None:
    path = team.journal.keep()
    assert path is not None
    for name in ("crew.jsonl", "crew-20269999T000000.000000Z.jsonl", "notes.txt"):
        (path.parent / name).write_text("x")
    (path.parent / "crew-20260101T000000.000000Z.jsonl").symlink_to("/etc/passwd")

    (one,) = kept(path.parent)

    assert (one.path, one.team, one.since.tzinfo) == (path, "crew", UTC)
    assert abs((datetime.now(UTC) - one.since).total_seconds()) < 3600
    assert kept(path.parent, "another") == []


def test_of_a_team_that_is_gone_nothing_is_made_again(team: Team) -> None:
    team.journal.keep()
    with team.beating("ann"):
        shutil.rmtree(team.folder)
        shutil.rmtree(team.root / "tasks")

        with pytest.raises(NoTeam, match="crew is gone"):
            team.journal.append("tick", {})
        with pytest.raises(NoTeam):
            team.board.create("t", key="t")
        with pytest.raises(FileNotFoundError):
            team.beat("ann")

    assert not team.folder.exists()
    assert not (team.root / "tasks").exists()


def test_a_journal_makes_no_folder_above_its_own_and_none_beside_what_is_left_of_a_team(team: Team) -> None:
    elsewhere = team.root / "elsewhere"
    with pytest.raises(NoTeam):
        Journal(elsewhere / "onecontext", team="crew").append("tick", {})
    shutil.rmtree(team.journal.folder)
    (team.folder / "config.json").unlink()
    with pytest.raises(NoTeam):
        team.journal.append("tick", {})

    assert not elsewhere.exists()
    assert not team.journal.folder.exists()


@pytest.mark.parametrize("left", ["config.json", "onecontext/journal.lock", "inboxes", None])
def test_who_knew_the_journal_makes_nothing_in_what_is_left_of_a_team(team: Team, left: str | None) -> None:
    befriend(team, "zoe")
    team.join("ann")
    team.beat("ann")
    assert team.is_ours("ann")
    for path in sorted(team.folder.rglob("*"), reverse=True):
        if not str(team.folder / (left or "nothing")).startswith(str(path)):
            path.rmdir() if path.is_dir() else path.unlink()
    before = sorted(team.folder.rglob("*"))

    for act in (
        lambda: team.journal.append("tick", {}),
        lambda: team.send("zoe", "hello", sender="ann"),
        lambda: team.board.create("t", key="t"),
        lambda: team.beat("ann"),
    ):
        with pytest.raises((NoTeam, FileNotFoundError)):
            act()

    assert sorted(team.folder.rglob("*")) == before


def test_a_heartbeat_makes_its_folder_again_while_the_team_is_there(team: Team) -> None:
    team.beat("ann")
    shutil.rmtree(team.journal.folder / "heartbeat")

    team.beat("ann")

    assert team.pulse("ann").life == "alive"


def test_while_it_is_being_removed_no_journal_is_begun_anew(team: Team) -> None:
    another = Team.open("crew", root=team.root)
    (team.folder / "config.json").unlink()
    team.journal.path.unlink()

    with pytest.raises(NoTeam, match=r"config\.json"):
        another.journal.append("tick", {})

    assert not team.journal.path.exists()
