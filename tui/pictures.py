"""A picture of a run, for documents: ``python -m tui.pictures JOURNAL MEMORY OUT.svg [SEQ|- [KEY …]]``.

Rule 1: the same journal and memory give the same picture: times are UTC, ages are counted from the last event.
Rule 2: the picture loads nothing from elsewhere (:mod:`tui.svg`).
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from onecontext.cli.output import printable
from onecontext.errors import Damaged, OneContextError, UsageError
from tui.app import MonitorApp
from tui.clocks import newest_event
from tui.snapshot import Snapshot
from tui.sources.graph import MemoryGraph
from tui.sources.player import still
from tui.sources.recording import opened
from tui.svg import self_contained
from tui.views.view import Places


class Still:
    """A source of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Hand it over."""
        show(self._snapshot)

    def close(self) -> None:
        """There is nothing to stop."""


def render(
    journal_path: Path,
    memory_path: Path | None,
    out_svg: Path,
    *,
    size: tuple[int, int] = (120, 36),
    last_seq: int | None = None,
    keys: Sequence[str] = (),
) -> None:
    """Write the picture of the run in ``journal_path`` to ``out_svg``.

    Args:
        size: columns and rows.
        last_seq: show the run as it was after this event; None shows its end.
        keys: what is pressed before the picture is taken, as for another view.

    Raises:
        UsageError: there is no such journal, or no event up to ``last_seq``.
        Damaged: the memory cannot be read, or nothing of the journal.
    """
    recording = opened(journal_path)
    recording.read_all()
    seq = recording.count if last_seq is None else min(last_seq, recording.count)
    if seq < 1:
        raise UsageError(f"the journal {journal_path} has no event up to {last_seq}")
    graph = MemoryGraph(memory_path, until=None if last_seq is None else recording.clock(seq))
    graph.refresh()
    if graph.trouble:
        raise Damaged(graph.trouble)
    snapshot = replace(still(recording, seq), graph=graph.lines)
    label = "finished" if seq == recording.count else "replaying"
    out_svg.write_text(self_contained(asyncio.run(_draw(snapshot, size, label, keys, memory_path))), encoding="utf-8")


def beside(memory_path: Path | None) -> Places:
    """Return where the views of a recorded run look things up: the memory, and the project that it lies in."""
    return Places(memory_path, memory_path.parent) if memory_path else Places()


async def _draw(
    snapshot: Snapshot, size: tuple[int, int], label: str, keys: Sequence[str], memory_path: Path | None
) -> str:
    app = MonitorApp(Still(snapshot), label=label, now=newest_event, zone=UTC, places=beside(memory_path))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        # A view asks for what a picture does not hold in a thread, a moment after it is looked at.
        await pilot.pause(0.3 if keys else None)
        return app.export_screenshot(title="onecontext monitor")


def main(arguments: list[str]) -> int:
    """Render one picture; the words are the three paths, the last event to show (``-``: all), and keys to press."""
    if len(arguments) < 3 or not all(word.isdecimal() or word == "-" for word in arguments[3:4]):
        print("usage: python -m tui.pictures JOURNAL MEMORY OUT.svg [SEQ|- [KEY …]]", file=sys.stderr)  # noqa: T201
        return 2
    journal, memory, out = map(Path, arguments[:3])
    last_seq = int(arguments[3]) if arguments[3:] and arguments[3] != "-" else None
    try:
        render(journal, memory, out, last_seq=last_seq, keys=arguments[4:])
    except OneContextError as error:
        print(f"tui.pictures: {printable(error.message)}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
