"""Several teams in words: each in a line, and what is told of one begins with its name.

Rule 1: as :mod:`tui.plain.words`: no sign stands for a word, and a line is one line whatever agents write.
Rule 2: ``ATTENTION`` comes before the name, so that one word finds it for all teams.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from tui.plain.words import ATTENTION, CELLS
from tui.projection.attention import PROCESS_GONE
from tui.rows.teams import counts, state_of
from tui.snapshot import TeamLine
from tui.sources.census import Key
from tui.text import cut, one_line
from tui.words import clock, cost, counted, duration

MOST_TOLD = 50
"""Of more teams those that were written last have a line in the summary."""
NAME_CELLS = 60


def named(line: str, name: str) -> str:
    """Return a line about a team with its name before it, and ``ATTENTION`` before both."""
    who, rest = cut(one_line(name), NAME_CELLS), line.removeprefix(ATTENTION + " ")
    return cut(f"{ATTENTION} {who} {rest}" if rest != line else f"{who} {line}", CELLS)


def standing(line: TeamLine, now: datetime) -> str:
    """Return how a team stands, without its name."""
    if line.unread:
        return f"written {_ago(line, now)}, not read"
    parts = [_state(line, now)]
    if line.tasks:
        parts.append(f"{line.tasks_done:,} of {counted(line.tasks, 'task')} done")
    if line.agents:
        alive = "" if line.over else f", {'unknown how many' if line.alive is None else line.alive} alive"
        parts.append(f"{counted(line.agents, 'agent')}{alive}")
    if line.usage.turns or not line.usage.known:
        parts.append(f"cost {cost(line.usage)}")
    if line.last_event_at:
        parts.append(f"newest {_ago(line, now)}")
    goal = [f"goal: {line.goal}"] if line.goal else []
    return "; ".join([*parts, *goal])


def _state(line: TeamLine, now: datetime) -> str:
    if line.reading:
        return "still being read"
    if line.phase:
        state = state_of(line, now).word
        return f"mission {line.phase}" if line.over or state == line.phase else f"mission {line.phase}, {state}"
    return f"no mission, {state_of(line, now).word}"


def _ago(line: TeamLine, now: datetime) -> str:
    ago = duration((now - line.last_event_at).total_seconds()) if line.last_event_at else "now"
    return "just now" if ago == "now" else f"{ago} ago"


def summary(lines: Sequence[TeamLine], names: Mapping[Key, str], *, now: datetime, zone: tzinfo | None) -> list[str]:
    """Return how all of them stand: a line each, then a line each of what is wrong and of what needs a person."""
    teams = sorted((line for line in lines if line.team), key=_written, reverse=True)
    told, older = teams[:MOST_TOLD], teams[MOST_TOLD:]
    found = [f"summary at {clock(now, zone)}, {counted(len(teams), 'team')}"]
    found += [named(standing(line, now), names[line.key]) for line in sorted(told, key=lambda line: line.key)]
    if older:
        found.append(f"and {counted(len(older), 'team')} that were written to before these")
    troubles = [trouble(line, names[line.key]) for line in lines if line.trouble]
    wanting = [line for line in sorted(teams, key=lambda line: line.key) if line.attention and counts(line, now)]
    return [*found, *troubles, *(wants(line, names[line.key]) for line in wanting), *_nothing(troubles, wanting)]


def trouble(line: TeamLine, name: str) -> str:
    """Return the line about what cannot be read."""
    return named(f"{ATTENTION} {one_line(line.trouble)}", name if line.team else "all")


def died(line: TeamLine, name: str) -> str:
    """Return the line about a mission whose process is gone, which no event tells."""
    return named(f"{ATTENTION} {PROCESS_GONE}: the mission has died, and goes on only when it is resumed", name)


def wants(line: TeamLine, name: str) -> str:
    """Return the line about what is open in a team."""
    more = ", and more" if line.attention > len(line.needs) else ""
    count = f"{line.attention:,} {'thing needs' if line.attention == 1 else 'things need'} a person"
    return named(f"{ATTENTION} {count}: {', '.join(line.needs)}{more}", name)


def _nothing(troubles: Sequence[str], wanting: Sequence[TeamLine]) -> list[str]:
    return [] if troubles or wanting else ["nothing needs a person"]


def _written(line: TeamLine) -> float:
    return line.last_event_at.timestamp() if line.last_event_at else 0.0
