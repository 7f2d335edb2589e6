"""The board: columns of tasks, two rows for each or more on the whole screen; and what comes after what."""

from collections.abc import Sequence
from typing import NamedTuple

from tui.projection.dependencies import Branch
from tui.rows.floor import Floor
from tui.rows.spans import FLEXIBLE_LEAST, Span, Spans, cell, clipped, flowed, piece, spans_width
from tui.snapshot import Task
from tui.text import width
from tui.words import COLUMNS, STUCK, TASK_LOOKS, VERDICT_LOOKS, Look, age, look, model_word

CARD_ROWS = 2
WHOLE_ROWS = 4
WIDE = 100  # cells
GAP = 2
EMPTY_CELLS = 10
_SAID = frozenset({"waiting", *(states[0] for _, states in COLUMNS if len(states) == 1)})
"""States whose word may make way: the column's title is the word, or "for …" says it."""


class Lane(NamedTuple):
    """One column of the board: its title and the tasks in it."""

    title: str
    tasks: Sequence[Task]


def lanes(tasks: Sequence[Task]) -> list[Lane]:
    """Return the columns; finished tasks newest first, and the stuck ones only when there are any."""
    place = {state: index for index, (_, states) in enumerate(COLUMNS) for state in states}
    held: list[list[Task]] = [[] for _ in COLUMNS]
    for task in tasks:
        # A state that nobody foresaw needs a person, not a place where it is overlooked.
        held[place.get(task.state, STUCK)].append(task)
    held[-1].sort(key=lambda task: task.changed_at, reverse=True)
    return [Lane(COLUMNS[index][0], part) for index, part in enumerate(held) if part or index != STUCK]


def lane_widths(columns: Sequence[Lane], cells: int) -> list[int]:
    """Return the widths of the columns, with gaps together ``cells``; empty ones make way for the others."""
    usable = max(len(columns), cells - GAP * (len(columns) - 1))
    empty = [not lane.tasks and any(other.tasks for other in columns) for lane in columns]
    small = min(EMPTY_CELLS, usable // len(columns))
    shared = len(columns) - sum(empty)
    each, over = divmod(usable - small * sum(empty), shared)
    widths = []
    for is_empty in empty:
        widths.append(small if is_empty else each + (over > 0))
        over -= not is_empty
    return widths


def title_cell(lane: Lane, cells: int, *, current: bool = False, above: int = 0) -> Span:
    """Return a column's title and how many tasks it holds; ``above``: how many of them are scrolled out at its top."""
    hidden = f"  ↑ {above:,}" if above else ""
    return cell(f"{lane.title.upper()} {len(lane.tasks):,}{hidden}", cells, "bold" if current else "heading")


def words_of(task: Task) -> str:
    """Return all words of a task that a board can be narrowed by."""
    face = look(TASK_LOOKS, task.state)
    parts = (f"#{task.id}", task.key, task.subject, face.word, task.owner, task.author, task.verdict, task.reason)
    return " ".join(part for part in parts if part)


def card(task: Task, floor: Floor, cells: int, rows: int = CARD_ROWS) -> list[Spans]:
    """Return the rows of a task: what it is called, and then how it stands, as much as there are rows for."""
    face = look(TASK_LOOKS, task.state)
    first: Spans = [(f"{face.glyph} ", face.tone), *name_of(task, cells - 2)]
    parts = _standing(task, floor, whole=rows > CARD_ROWS)
    if rows == CARD_ROWS and _too_wide(parts, cells - 2):
        # Who and for whom are wanted more than for how long.
        parts[0] = [(face.word, face.tone)]
        if task.state == "waiting" and floor.open_before(task):
            parts[1] = [("for", "dim"), *links(task, floor, all_=False)]
        if len(parts) > 1 and task.state in _SAID and _too_wide(parts, cells - 2):
            del parts[0]
    return [first, *([("  ", "plain"), *row] for row in flowed(parts, max(0, cells - 2), rows - 1))]


def _too_wide(parts: Sequence[Spans], cells: int) -> bool:
    return sum(3 + spans_width(part) for part in parts) - 3 > cells


def name_of(task: Task, cells: int) -> Spans:
    """Return what a task is called, in exactly ``cells`` cells: its number and key, and its subject where it fits."""
    name = f"#{task.id} {task.key or task.subject}"
    room = cells - width(name) - 2
    if task.key and room >= 12:
        return [cell(name, width(name), "bold"), ("  ", "plain"), cell(task.subject, room, "dim")]
    return [cell(name, max(0, cells), "bold")]


def links(task: Task, floor: Floor, *, all_: bool = True) -> Spans:
    """Return what a task comes after, each with the glyph of how it stands: what is not done first, or alone."""
    spans: Spans = []
    waits = {other.id for other in floor.open_before(task)}
    for other in sorted(
        (each for each in task.blocked_by if all_ or each in waits), key=lambda each: each not in waits
    ):
        found = floor.tasks.get(other)
        face = look(TASK_LOOKS, found.state) if found else Look("–", "gone", "dim")
        done = found is None or found.state == "done"
        spans += [(" ", "plain"), (f"{face.glyph} ", face.tone), piece(f"#{other}", "dim" if done else "plain")]
    return spans


def _standing(task: Task, floor: Floor, *, whole: bool) -> list[Spans]:
    """Return how a task stands, the most important first; ``whole``: with what there is no room for in a pane."""
    face = look(TASK_LOOKS, task.state)
    parts: list[Spans] = [[piece(f"{face.word} {age(task.since, floor.now)}", face.tone)]]
    if task.state == "waiting" and task.blocked_by:
        parts.append([("for", "dim"), *links(task, floor)])
    if task.state == "needs_input":
        parts.append([("for you", "warn")])
    person = task.owner or (task.author if task.state in ("review", "done") else None)
    if person:
        parts.append([piece(person, "accent" if task.state == "running" else "dim")])
    if task.attempt > 1 or (whole and task.attempt and task.state != "done"):
        parts.append(
            [piece(f"try {floor.tries(task)}", "warn" if task.attempt > 1 and task.state != "done" else "dim")]
        )
    if task.state == "review" and task.id in floor.judges:
        parts.append([piece(f"{floor.judges[task.id]} judges", "dim")])
    if task.verdict and (whole or task.state not in ("done", "review")):
        judged = look(VERDICT_LOOKS, task.verdict)
        parts.append([piece(f"{judged.glyph} {judged.word}", judged.tone)])
    if task.state in ("needs_input", "blocked") and task.reason:
        parts.append([piece(task.reason)])
    return [*parts, *_around(task, floor)] if whole else parts


def _around(task: Task, floor: Floor) -> list[Spans]:
    parts: list[Spans] = []
    at_it = dict.fromkeys(other.owner for other in floor.open_before(task) if other.owner)
    if task.state == "waiting" and at_it:
        parts.append([piece(f"waits for {', '.join(at_it)}", "dim")])
    held = floor.held_up.get(task.id) if task.state != "done" else None
    if held:
        parts.append([piece("holds up " + " ".join(f"#{other}" for other in held), "warn")])
    if model := floor.model(task):
        parts.append([piece(model_word(model), "dim")])
    return parts


def branch_row(branch: Branch, floor: Floor, cells: int) -> Spans:
    """Return one task of the forest: its lanes, what it is called, how it stands, and what else it waits for."""
    task, lanes_cells = branch.task, width(branch.lanes)
    face = look(TASK_LOOKS, task.state)
    shown = branch.lanes if lanes_cells <= cells // 2 else "… " + branch.lanes[-(cells // 2 - 2) :]
    left: Spans = [(shown, "faint"), (f"{face.glyph} ", face.tone), piece(f"#{task.id} {task.key}".rstrip(), "bold")]
    if cells >= WIDE:
        left.append(piece(f"  {task.subject}", "dim"))
    if branch.ring:
        left.append(piece("  ↺ wait for each other: " + " → ".join(f"#{other}" for other in branch.ring), "bad"))
    parts = _standing(task, floor, whole=False)
    if task.blocked_by and task.state != "waiting":
        parts.append([("after", "dim"), *links(task, floor)])
    room = max(FLEXIBLE_LEAST, cells // 2 - 2)
    kept = clipped(left, cells - room - 2)
    (right,) = flowed(parts, room, 1)
    return [*kept, (" " * (cells - room - spans_width(kept)), "plain"), *clipped(right, room)]
