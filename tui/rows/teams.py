"""Teams as rows: where each stands, in one line, and what all of them want of a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import PurePath
from typing import NamedTuple

from tui.projection.gone import DIED
from tui.rows.detail import Paragraph
from tui.rows.spans import Column, Span, Spans, between, cell, layout, piece, table_row
from tui.snapshot import Snapshot, TeamLine
from tui.text import cut_inside, one_line, width
from tui.words import NO_MISSION, PHASE_LOOKS, TEAM_LOOKS, Look, age, clock, cost, look, tokens

LIVE_S = 60.0
"""A team that wrote something in the last minute is live, also where nobody's heart can be heard."""
FORGOTTEN_AFTER = timedelta(days=1)
"""What a mission that is over left for a person counts for a day; its line says it for ever."""
ROOT_CELLS = 22
MISSION_LEAST, MISSION_WELL = 16, 40  # cells
NAME_MOST, NAME_END = 40, 6
"""Cells that a name gets at most where there is room, and those of its end that it keeps where there is little."""
UNREAD = "not read; enter does"
NO_TEAM = "–"
TOLD_FROM = {"files": "the files of another program", "shared": "the files of another program, and our journal"}
_NONE = ("–", "dim")
COLUMNS = (
    Column("", 1),
    Column("team", 16),
    Column("root", ROOT_CELLS, keep=2),
    Column("state", 12),
    Column("phase", 13, keep=6),
    Column("mission", 0),
    Column("tasks", 9, keep=7, right=True),
    Column("alive", 7, keep=5, right=True),
    Column("needs you", 9, right=True),
    Column("cost", 9, keep=4, right=True),
    Column("newest", 6, keep=8, right=True),
)


def state_of(line: TeamLine, now: datetime) -> Look:
    """Return whether a team is live or quiet; of one whose mission is over how that ended."""
    if line.over:
        return look(PHASE_LOOKS, line.phase) if line.phase else TEAM_LOOKS["over"]
    if line.phase == DIED:
        return look(PHASE_LOOKS, DIED)
    at = line.last_event_at
    heard = bool(line.alive) or (at is not None and (now - at).total_seconds() <= LIVE_S)
    return TEAM_LOOKS["live" if heard else "quiet"]


def team_heading(cells: int, *, longest: int) -> Spans:
    """Return the titles of the columns, where the longest name takes so many cells."""
    titles = {column.title: (column.title, "dim") for column in COLUMNS}
    return table_row(COLUMNS, _widths(cells, longest), titles)


def longest_of(names: Mapping[tuple[str, str], str]) -> int:
    """Return how many cells the longest of the names takes."""
    return max(map(width, names.values()), default=0)


def _widths(cells: int, longest: int) -> dict[str, int]:
    widths = layout(COLUMNS, cells, least=MISSION_LEAST)
    more = min(min(longest, NAME_MOST) - widths["team"], widths["mission"] - MISSION_WELL)
    return widths | {"team": widths["team"] + more, "mission": widths["mission"] - more} if more > 0 else widths


def names_of(lines: Sequence[TeamLine]) -> Mapping[tuple[str, str], str]:
    """Return keys to what the teams are called on the screen: with where they are, for a name that several have."""
    count = Counter(line.team for line in lines)
    return {
        line.key: (line.team if count[line.team] < 2 else f"{_where(line.root)}/{line.team}") if line.team else NO_TEAM
        for line in lines
    }


def _where(root: str) -> str:
    """Return the name of the project that a root lies in, where that says more than the root's own."""
    folder = PurePath(root)
    return folder.parent.name if folder.name in (".onecontext", ".claude") else folder.name


def team_row(line: TeamLine, cells: int, *, now: datetime, name: str, longest: int = 0, here: bool = False) -> Spans:
    """Return one team; ``name`` is what it is called here, ``here`` whether it is the one that is looked at.

    ``longest`` is how many cells the longest of all names takes.
    """
    widths = _widths(cells, longest)
    name = cut_inside(one_line(name), widths["team"], end=NAME_END)
    if line.unread or not line.team:
        return _bare_row(line, cells, widths, now=now, name=name)
    state, phase = state_of(line, now), look(PHASE_LOOKS, line.phase)
    spent = cost(line.usage)
    more = "≥" if line.reading else ""
    return table_row(
        COLUMNS,
        widths,
        {
            "": ("▸" if here else " ", "accent"),
            "team": (name, "bold" if here else "accent"),
            "root": (_short_root(line.root), "dim"),
            "state": (f"{state.glyph} {state.word}", state.tone),
            "phase": (f"{phase.glyph} {phase.word}", phase.tone) if line.phase and phase != state else _NONE,
            "mission": _mission(line),
            "tasks": _tasks(line),
            "alive": (f"{_alive(line)}/{line.agents}", "plain" if line.alive else "dim") if line.agents else _NONE,
            "needs you": (f"▲ {more}{line.attention:,}", "warn") if line.attention else (f"{more}–", "dim"),
            "cost": (spent, "warn" if spent == "unknown" else "plain"),
            "newest": (age(line.last_event_at, now), "dim"),
        },
    )


def _bare_row(line: TeamLine, cells: int, widths: Mapping[str, int], *, now: datetime, name: str) -> Spans:
    """Return a line of which nothing is known but where it is: a team that is not read, or a root that is not seen.

    What there is to say has the place of all figures.
    """
    spans: Spans = [("  ", "plain"), cell(name, widths["team"], "accent" if line.team else "dim"), (" ", "plain")]
    if "root" in widths:
        spans += [cell(_short_root(line.root), widths["root"], "dim"), (" ", "plain")]
    text, tone = _mission(line)
    newest = age(line.last_event_at, now) if line.unread else ""
    return between([*spans, piece(text, tone)], [(newest.rjust(widths.get("newest", 0)), "dim")], cells)


def _short_root(root: str) -> str:
    """Return the root, or its last two names: what differs between roots stands at their ends."""
    return root if len(root) <= ROOT_CELLS else "…/" + "/".join(PurePath(root).parts[-2:])


def _tasks(line: TeamLine) -> Span:
    if not line.tasks:
        return _NONE
    more = "≥" if line.reading else ""
    return f"{more}{line.tasks_done:,}/{line.tasks:,}", "good" if line.tasks_done == line.tasks else "plain"


def _alive(line: TeamLine) -> str:
    return "?" if line.alive is None else str(line.alive)


def _mission(line: TeamLine) -> Span:
    if line.trouble:
        return f"■ {line.trouble}", "bad"
    if line.unread:
        return UNREAD, "dim"
    if line.reading:
        return "being read …", "dim"
    if line.goal:
        return line.goal, "plain"
    return NO_MISSION.get(line.kept, "no mission"), "dim"


class Choice(NamedTuple):
    """A team to choose, and when it is looked at."""

    line: TeamLine
    now: datetime

    def told(self, zone: tzinfo | None) -> tuple[str, list[Paragraph]]:
        """Return all there is to know about it."""
        line, state = self.line, state_of(self.line, self.now)
        if not line.team:
            return "folder", [
                Paragraph("", line.root, "bold"),
                Paragraph("", ""),
                Paragraph("trouble", line.trouble, "bad"),
            ]
        if line.unread:
            return "team", [
                Paragraph("", line.team, "bold"),
                Paragraph("", ""),
                Paragraph("root", line.root),
                Paragraph("state", UNREAD),
            ]
        phase = look(PHASE_LOOKS, line.phase)
        at = line.last_event_at
        newest = f"{clock(at, zone)}, {age(at, self.now)} ago" if at else "nothing yet"
        return "team", [
            Paragraph("", line.team, "bold"),
            Paragraph("", ""),
            Paragraph("root", line.root),
            Paragraph("told from", TOLD_FROM.get(line.kept, "its journal")),
            Paragraph("state", f"{state.glyph} {state.word}", state.tone),
            Paragraph("mission", line.goal or "none"),
            Paragraph("phase", f"{phase.glyph} {phase.word}" if line.phase else "none", phase.tone),
            Paragraph("tasks", f"{line.tasks_done:,} of {line.tasks:,} done"),
            Paragraph("agents", f"{line.agents:,}, alive {'unknown' if line.alive is None else line.alive}"),
            Paragraph("needs you", _needs(line), "warn" if line.attention else "plain"),
            Paragraph("tokens", tokens(line.usage)),
            Paragraph("cost", cost(line.usage)),
            Paragraph("newest", newest),
            *([Paragraph("trouble", line.trouble, "bad")] if line.trouble else []),
        ]


def _needs(line: TeamLine) -> str:
    more = ", …" if line.attention > len(line.needs) else ""
    return f"{line.attention:,}" + (f": {', '.join(line.needs)}{more}" if line.needs else "")


def elsewhere(snapshot: Snapshot, now: datetime) -> tuple[int, int]:
    """Return how much needs a person in other teams than the one looked at, and in how many of them."""
    others = [line for line in snapshot.teams if line.key != (snapshot.root, snapshot.team)]
    wanted = [line.attention for line in others if line.attention and counts(line, now)]
    return sum(wanted), len(wanted)


def counts(line: TeamLine, now: datetime) -> bool:
    """Say whether what it wants of a person counts: a mission that is over is forgotten after a day."""
    return not line.over or (line.last_event_at is not None and now - line.last_event_at < FORGOTTEN_AFTER)


def elsewhere_spans(snapshot: Snapshot, now: datetime) -> Spans:
    """Return what the title says about other teams: nothing where none of them needs anybody."""
    count, teams = elsewhere(snapshot, now)
    if not count:
        return []
    return [piece(f"▲ {count:,} in {teams:,} other team{'s' if teams != 1 else ''}, w", "warn"), ("  ", "plain")]


def teams_frame(lines: Sequence[TeamLine], cells: int, *, now: datetime) -> list[Spans]:
    """Return the whole table, for plain text."""
    names = names_of(lines)
    longest = longest_of(names)
    rows = (team_row(line, cells, now=now, name=names[line.key], longest=longest) for line in lines)
    return [team_heading(cells, longest=longest), *rows]
