"""Which mission of a project is meant: the one that is named, else the one at work, else the newest.

Rule 1: nothing is guessed past the newest: where that one is done, or cannot be read, the others are named, and the
    person says which.
Rule 2: a name may be cut short as long as only one begins so. A mission that is a step of a play is meant by its name
    alone: what goes on is the play.
Rule 3: only the journal of the mission that is meant is read. That a team has a mission is seen from its ``run.lock``.
"""

from collections.abc import Sequence
from pathlib import Path

from onecontext.errors import Damaged, NoMission
from teams.mission.control.alone import has_run, is_run
from teams.mission.history import TYPES, History, read_history
from teams.protocol.naming import whole_name
from teams.protocol.team import Team

_NAMED = 5


def unfinished_mission(root: Path, name: str | None) -> tuple[Team, History]:
    """Return the mission that ``name`` alone begins, or the one that a process runs now, or that was at work last.

    Raises:
        AmbiguousName: several begin with ``name``.
        NoMission: there is none, or it is done. NoTeam: nobody has that name.
        Damaged: its journal cannot be read, or does not say what a mission's must.
    """
    team, history, others = _meant(root, name)
    if history.ending == "done":
        named = f"; {', '.join(others[:_NAMED])} went before it, and may be named" if others else ""
        raise NoMission(
            f"the mission {history.mission} is done: {history.reason}", hint=f"its work is on {history.branch}{named}"
        )
    return team, history


def any_mission(root: Path, name: str | None) -> tuple[Team, History]:
    """Return the same, however it ended.

    Raises:
        NoMission, NoTeam, Damaged: as :func:`unfinished_mission`, but for one that is done.
    """
    team, history, _ = _meant(root, name)
    return team, history


def is_step_of(name: str, play: str) -> bool:
    """Say whether a mission of that name is a step of the play: it begins with the play's name and a dot."""
    return name.startswith(f"{play}.")


def steps_of(root: Path, play: str) -> list[str]:
    """Return the missions that are steps of a play, the one last at work first."""
    return [name for name in Team.list(root) if is_step_of(name, play)]


def _meant(root: Path, name: str | None) -> tuple[Team, History, Sequence[str]]:
    names = Team.list(root)
    known = set(names)
    whole = [each for each in names if "." not in each or each.partition(".")[0] not in known]
    if name is not None:
        # A play is meant before its steps, whose names begin with its own.
        team = Team.open(whole_name(name, names if "." in name else [name] if name in known else whole), root=root)
        return team, _history(team), ()
    teams = [team for team in (Team.open(each, root=root) for each in whole) if has_run(team.journal)]
    for meant in (*(team for team in teams if is_run(team.journal)), *teams):
        others = [team.name for team in teams if team is not meant]
        try:
            return meant, _history(meant), others
        except NoMission:
            # It was killed before its first event, or somebody made a file of that name: nothing could go on.
            continue
        except Damaged as error:
            named = ", ".join(others[:_NAMED]) or "none"
            hint = f"other missions here may be named: {named}"
            raise type(error)(error.message, hint=hint) from error
    raise NoMission("there is no mission here", hint="start one with 'onecontext run \"GOAL\"'")


def _history(team: Team) -> History:
    history = read_history(team.journal.read(types=TYPES))
    if history is None:
        raise NoMission(f"the team {team.name} has no mission", hint="start one with 'onecontext run \"GOAL\"'")
    return history
