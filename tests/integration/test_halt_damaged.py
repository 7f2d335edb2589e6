"""A word to a mission whose journal is damaged is refused: nothing of it is done, and the sentence says so."""

from pathlib import Path

import pytest

from onecontext.api import Memory
from teams.mission.control.alone import LOCK
from teams.mission.control.halt import Halt, Word
from teams.protocol.team import Team
from tests.support.missions import git, make_repository, onecontext, write_script
from tests.support.plays import QUIET

COMMANDS = (["pause", "--reason", "lunch"], ["stop"], ["redirect", "otherwise"], ["resume", "--sandbox", "none"])
OURS = ("run.lock", "halt.lock", "journal.lock")
"""Files of locks: they are empty, and made by who asks."""


def held(folder: Path, word: Word | None) -> tuple[Path, Team]:
    """Return a project and the team of a mission that nobody runs, which ``word`` holds."""
    project = make_repository(folder / "shop", {"a.txt": "a\n"})
    memory = Memory.init(project)
    team = Team.create("till-1", root=memory.path, cwd=project)
    how = {"model": write_script(folder, QUIET), "workers": 1, "sandbox": "none", "max_attempts": 3}
    base = git(project, "rev-parse", "HEAD").strip()
    began = {"goal": "Sell", "branch": "onecontext/till-1", "base": base, **how}
    team.journal.append("mission.started", began, mission="till-1")
    (team.journal.folder / LOCK).touch()
    if word:
        Halt(team.journal).give(word, mission="till-1", by="bob")
    team.journal.append("agent.state", {"state": "idle", "detail": ""}, mission="till-1", agent="ann")
    team.journal.append("agent.state", {"state": "idle", "detail": ""}, mission="till-1", agent="ann")
    return project, team


def damage(journal: Path, line: int) -> None:
    """Change a line so that it does not agree with its checksum."""
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b'"ann"', b'"eve"')
    journal.write_bytes(b"".join(lines))


def files(project: Path) -> dict[str, bytes]:
    """Return what is in all files of the project but locks."""
    return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file() and path.name not in OURS}


@pytest.mark.parametrize(("word", "line"), [(None, -1), ("pause", -1), (None, -2)])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_over_a_damaged_line_nothing_is_changed_and_the_sentence_says_so(
    command: list[str], word: Word | None, line: int, tmp_path: Path
) -> None:
    project, team = held(tmp_path, word)
    damage(team.journal.path, line)
    before = files(project)

    ran = onecontext(project, *command)

    assert (ran.code, "does not agree with its checksum" in ran.stderr) == (5, True)
    assert "nothing was changed: the mission is as it was" in ran.stderr
    assert files(project) == before


@pytest.mark.parametrize("command", COMMANDS[:3], ids=lambda command: command[0])
def test_over_a_line_that_a_killed_writer_left_all_of_it_is_done(command: list[str], tmp_path: Path) -> None:
    project, team = held(tmp_path, None)
    with team.journal.path.open("ab") as file:
        file.write(b'{"v":1,"seq":')

    ran = onecontext(project, *command)

    assert ran.code == 0
    order = Halt(team.journal).order()
    assert (order.word if order else None) == ("pause" if command[0] == "pause" else None)
    assert (
        list(team.journal.read())[-1].type
        == {
            "pause": "mission.halted",
            "stop": "mission.ended",
            "redirect": "mission.redirected",
        }[command[0]]
    )
