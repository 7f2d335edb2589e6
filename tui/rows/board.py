"""The board: columns of tasks, two rows for each."""

from collections.abc import Sequence
from typing import NamedTuple

from tui.rows.spans import Span, Spans, cell
from tui.snapshot import Task
from tui.words import COLUMNS, STUCK, TASK_LOOKS, VERDICT_LOOKS, look

CARD_ROWS = 2
GAP = 2
EMPTY_CELLS = 10


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


def title_cell(lane: Lane, cells: int, *, current: bool = False) -> Span:
    """Return a column's title and how many tasks it holds."""
    return cell(f"{lane.title.upper()} {len(lane.tasks):,}", cells, "bold" if current else "heading")


def words_of(task: Task) -> str:
    """Return all words of a task that a board can be narrowed by, in lower case."""
    face = look(TASK_LOOKS, task.state)
    parts = (f"#{task.id}", task.key, task.subject, face.word, task.owner, task.author, task.verdict, task.reason)
    return " ".join(part for part in parts if part).casefold()


def card(task: Task, cells: int) -> tuple[Spans, Spans]:
    """Return the two rows of a task: what it is called, and how it stands."""
    face = look(TASK_LOOKS, task.state)
    name = f"#{task.id} {task.key or task.subject}"
    room = cells - 2 - len(name) - 2
    first: Spans = [(f"{face.glyph} ", face.tone)]
    if task.key and room >= 12:
        first += [cell(name, len(name), "bold"), ("  ", "plain"), cell(task.subject, room, "dim")]
    else:
        first.append(cell(name, max(0, cells - 2), "bold"))
    word = cell(face.word, min(len(face.word), max(0, cells - 2)), face.tone)
    rest = cells - 2 - len(word[0])
    return first, [("  ", "plain"), word, cell(_standing(task), max(0, rest), "dim")]


def _standing(task: Task) -> str:
    parts = []
    if task.state == "waiting" and task.blocked_by:
        parts.append("for " + " ".join(f"#{other}" for other in task.blocked_by))
    if task.attempt > 1:
        parts.append(f"try {task.attempt}")
    person = task.owner or (task.author if task.state in ("review", "done") else None)
    if person:
        parts.append(person)
    if task.verdict and task.state not in ("done", "review"):
        parts.append(look(VERDICT_LOOKS, task.verdict).word)
    if task.state in ("blocked", "needs_input") and task.reason:
        parts.append(task.reason)
    return "".join(f" · {part}" for part in parts)
