"""What a board and a team refuse to store, since nobody could read it, or it leads out of the folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onecontext.errors import Damaged, InvalidName, NoTeam, OneContextError, UsageError
from teams.protocol.heartbeat import Life
from teams.protocol.team import Team

HUGE = "x" * 4_500_000


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path)
    team.join("ann")
    team.board.create("t", key="t")
    return team


@pytest.mark.parametrize("lease_s", [0.0, -5.0, float("nan"), float("inf"), 1e300])
def test_a_lease_has_a_beginning_and_an_end(team: Team, lease_s: float) -> None:
    board = team.board
    verbs: list[Callable[[], Any]] = [
        lambda: board.claim("1", "ann", lease_s=lease_s),
        lambda: board.claim_next("ann", lease_s=lease_s),
        lambda: board.renew("1", "ann", 0, lease_s),
        lambda: board.inspect("1", "ann", lease_s=lease_s),
    ]

    for verb in verbs:
        with pytest.raises(UsageError, match="a lease of"):
            verb()
    assert len([*team.journal.read()]) == 3


@pytest.mark.parametrize("name", ["", "../../journal", "/etc/passwd", "a\nb", "a\0b", "\udcff", "y" * 201])
def test_nobody_is_called_so(team: Team, name: str) -> None:
    verbs: list[Callable[[], Any]] = [
        lambda: team.board.claim("1", name, lease_s=5),
        lambda: team.board.claim_next(name, lease_s=5),
        lambda: team.board.inspect("1", name, lease_s=5),
        lambda: team.board.complete("1", name),
        lambda: team.board.reject("1", name),
    ]

    for verb in verbs:
        with pytest.raises(InvalidName, match="can be nobody's name"):
            verb()


@pytest.mark.parametrize("evidence", [{"a": float("nan")}, {"a": [float("-inf")]}, {"a": {1, 2}}, {"a": object()}])
def test_evidence_is_what_json_can_say(team: Team, evidence: dict[str, Any]) -> None:
    task = team.board.claim("1", "ann", lease_s=60)

    with pytest.raises(UsageError, match="evidence is JSON values"):
        team.board.submit("1", "ann", task.epoch, evidence)
    with pytest.raises(UsageError, match="evidence is JSON values"):
        team.board.complete("1", "val", evidence)
    assert team.board.get("1") == task


@pytest.mark.parametrize("role", ["", " ", "a\nb"])
def test_a_role_is_a_word(team: Team, role: str) -> None:
    with pytest.raises(UsageError, match="is no role"):
        team.board.create("u", key="u", role=role)
    with pytest.raises(UsageError, match="is no role"):
        team.join("bob", role=role)
    assert [member.name for member in team.members] == ["team-lead", "ann"]


def test_a_task_that_nobody_could_read_is_not_made_and_hides_nobody(team: Team) -> None:
    task = team.board.claim("1", "ann", lease_s=60)
    verbs: list[Callable[[], Any]] = [
        lambda: team.board.create("u", HUGE, key="u"),
        lambda: team.board.submit("1", "ann", task.epoch, {"log": HUGE}),
        lambda: team.board.submit("1", "ann", task.epoch, {"log": [[[0] * 300_000]]}),
    ]
    for verb in verbs:
        with pytest.raises(UsageError, match="bytes, more than the"):
            verb()

    assert [one.id for one in team.board.list()] == ["1"]
    assert team.board.problems == ()


def test_the_largest_task_that_is_taken_can_be_read(team: Team) -> None:
    team.board.create("u", "\0" * 680_000, key="u")

    assert team.board.get("2").description == "\0" * 680_000


def test_an_owner_that_is_a_path_is_asked_for_no_heartbeat(team: Team, tmp_path: Path) -> None:
    team.beat("ann")
    heartbeat = (team.journal.folder / "heartbeat" / "ann").read_text()
    (tmp_path / "elsewhere").write_text(heartbeat)

    for name in (str(tmp_path / "elsewhere"), "../../../../elsewhere"):
        assert team.pulse(name).life is Life.UNKNOWN


@pytest.mark.parametrize("name", ["..", ".", "a/b", "", "a\0b"])
def test_a_team_is_no_way_out_of_the_folder(team: Team, tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_bytes((team.folder / "config.json").read_bytes())

    with pytest.raises(NoTeam, match="there are crew"):
        Team.open(name, root=tmp_path)


def test_a_team_that_is_a_link_is_none_of_this_folder(team: Team, tmp_path: Path) -> None:
    (tmp_path / "teams" / "evil").symlink_to(team.folder)

    assert Team.list(tmp_path) == ["crew"]
    with pytest.raises(Damaged, match="symlink"):
        Team.open("evil", root=tmp_path)
    with pytest.raises(Damaged, match="symlink"):
        Team.create("evil", root=tmp_path)


@pytest.mark.parametrize("place", ["teams/new/inboxes", "teams/new/onecontext", "tasks/new"])
def test_a_team_is_not_made_behind_a_link(tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).symlink_to(elsewhere)

    with pytest.raises(Damaged, match="symlink"):
        Team.create("new", root=tmp_path)
    assert [*elsewhere.iterdir()] == []


def test_a_dangling_link_in_the_place_of_the_list_file_makes_nothing_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tasks" / "new").mkdir(parents=True)
    (tmp_path / "tasks" / "new" / ".lock").symlink_to(tmp_path / "elsewhere")

    Team.create("new", root=tmp_path)

    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("root", ["afile", "afile/below"])
def test_a_team_in_what_is_no_folder_is_refused_in_one_sentence(tmp_path: Path, root: str) -> None:
    (tmp_path / "afile").touch()

    with pytest.raises(UsageError, match="is no folder, so no team can be made"):
        Team.create("new", root=tmp_path / root)


@pytest.mark.parametrize("place", ["heartbeat", "malformed", "garbled"])
def test_nothing_of_ours_is_written_behind_a_link(team: Team, tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (team.journal.folder / place).symlink_to(elsewhere)
    (team.folder / "inboxes" / "ann.json").write_text("garbage")
    (team.root / "tasks" / "crew" / "1.json").write_text("garbage")
    verbs: dict[str, Callable[[], Any]] = {
        "heartbeat": lambda: team.beat("ann"),
        "malformed": lambda: team.receive("ann"),
        "garbled": lambda: team.board.claim("1", "ann", lease_s=60),
    }

    with pytest.raises(Damaged, match="is not followed"):
        verbs[place]()
    assert [*elsewhere.iterdir()] == []


def test_a_team_whose_journal_is_behind_a_link_is_not_opened(team: Team, tmp_path: Path) -> None:
    team.journal.folder.rename(tmp_path / "elsewhere")
    team.journal.folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Damaged, match="symlink"):
        Team.open("crew", root=tmp_path)


# --- the journal decides, whatever becomes of the files ---------------------------------------------------------------


def refuse_files(patch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    patch.setattr("teams.protocol.board.taskfiles.replace_text", full)


def test_what_the_journal_has_is_done_though_its_file_was_refused(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        refuse_files(patch)
        made = team.board.create("u", key="u")
        claimed = team.board.claim("1", "ann", lease_s=60)

    assert (claimed.state, claimed.owner) == ("running", "ann")
    assert [(task.id, task.state) for task in team.board.list()] == [("1", "running"), ("2", "ready")]
    assert team.board.get("2") == made
    assert not (team.root / "tasks" / "crew" / "2.json").exists()
    team.board.claim("2", "ann", lease_s=60)
    assert json.loads((team.root / "tasks" / "crew" / "2.json").read_text())["owner"] == "ann"


def test_a_folder_in_the_place_of_a_task_keeps_nobody_from_it_nor_from_others(team: Team) -> None:
    team.board.create("u", key="u")
    path = team.root / "tasks" / "crew" / "1.json"
    path.unlink()
    (path / "below").mkdir(parents=True)

    taken = [team.board.claim_next("ann", lease_s=60) for _ in range(2)]

    assert [task.id for task in taken if task] == ["1", "2"]
    assert [team.board.reap(), [problem.path.stem for problem in (team.board.list(), team.board.problems)[1]]] == [
        [],
        ["1"],
    ]


def test_a_deleted_task_stays_away_where_its_number_is_known_to_be_gone(team: Team) -> None:
    (team.root / "tasks" / "crew" / "1.json").unlink()
    (team.root / "tasks" / "crew" / ".highwatermark").write_text("1")

    assert team.board.list() == []
    with pytest.raises(OneContextError, match="no task '1'"):
        team.board.get("1")


def test_who_made_linked_and_deleted_a_task_is_on_record(team: Team) -> None:
    team.board.create("u", key="u", by="ann")
    team.board.link("2", "1", by="ann")
    team.board.delete("1", by="ann")

    done = [event for event in team.journal.read() if event.type.startswith("task.")][1:]
    assert {event.type for event in done} == {"task.created", "task.linked", "task.deleted"}
    assert {event.agent for event in done} == {"ann"}
