"""A short film of a run, for documents: ``python -m tui.film JOURNAL MEMORY OUT.gif``.

Rule 1: its frames come from the screen itself: the run is played on the overview, and at its end the views are shown.
Rule 2: what makes frames of pictures are programs of others: rsvg-convert (Debian: librsvg2-bin) draws, Pillow joins,
    and gifsicle, where there is one, makes it smaller. They are needed here alone, and a sentence says what is missing.
"""

import asyncio
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from onecontext.cli.output import printable
from onecontext.errors import Damaged, OneContextError, SetupError
from tui.app import MonitorApp
from tui.clocks import newest_event
from tui.pictures import beside
from tui.snapshot import Snapshot
from tui.sources.graph import MemoryGraph
from tui.sources.player import still
from tui.sources.recording import Recording, opened
from tui.svg import self_contained

SIZE = (110, 32)
WIDTH = 900  # pixels
PLAYED = 26
"""Frames of the run itself, evenly spread over its events."""
COLOURS = 128


class Shot(NamedTuple):
    """What is shown: the run behind the event ``seq``, after these keys, for so many hundredths of a second."""

    seq: int
    keys: tuple[str, ...]
    hold_cs: int


def shots(count: int) -> list[Shot]:
    """Return the shots of a run of ``count`` events: at most 20 s."""
    played = [Shot(max(1, count * number // PLAYED), (), 30) for number in range(1, PLAYED + 1)]
    middle = count * 3 // 5
    shown = [
        Shot(middle, ("1", "1"), 200),
        Shot(middle, ("2",), 200),
        Shot(count, ("3",), 160),
        Shot(count, ("4",), 250),
    ]
    return [*played[:-1], played[-1]._replace(hold_cs=160), *shown]


class Stage:
    """A source that hands over what it is told to."""

    def __init__(self) -> None:
        self.show: Callable[[Snapshot], None] = lambda snapshot: None

    def start(self, show: Callable[[Snapshot], None]) -> None:
        """Remember whom to hand it to."""
        self.show = show

    def close(self) -> None:
        """There is nothing to stop."""


def film(journal_path: Path, memory_path: Path | None, out_gif: Path) -> None:
    """Write the film of the run in ``journal_path``.

    Raises:
        SetupError: a program that makes frames is missing.
        UsageError: there is no such journal. Damaged: nothing of it can be read, or not the memory.
    """
    if shutil.which("rsvg-convert") is None:
        raise SetupError("rsvg-convert draws the frames, and is missing", hint="on Debian: librsvg2-bin")
    recording = opened(journal_path)
    recording.read_all()
    told = shots(recording.count)
    pictures = asyncio.run(_screens(recording, memory_path, told))
    with ThreadPoolExecutor() as pool:
        frames = list(pool.map(_drawn, pictures))
    _join(frames, [shot.hold_cs for shot in told], out_gif)


async def _screens(recording: Recording, memory_path: Path | None, told: list[Shot]) -> list[str]:
    source, found = Stage(), []
    app = MonitorApp(source, label="replaying", now=newest_event, zone=UTC, places=beside(memory_path))
    async with app.run_test(size=SIZE) as pilot:
        for shot in told:
            source.show(_snapshot(recording, memory_path, shot.seq))
            await pilot.pause()
            await pilot.press(*shot.keys)
            # Views ask for what a picture does not hold in a thread, a moment after they are looked at.
            await pilot.pause(0.3 if shot.keys else None)
            found.append(self_contained(app.export_screenshot(title="onecontext monitor")))
    return found


def _snapshot(recording: Recording, memory_path: Path | None, seq: int) -> Snapshot:
    graph = MemoryGraph(memory_path, until=recording.clock(seq))
    graph.refresh()
    if graph.trouble:
        raise Damaged(graph.trouble)
    return replace(still(recording, seq), graph=graph.lines)


def _drawn(svg: str) -> bytes:
    command = ["rsvg-convert", "--width", str(WIDTH), "--format", "png"]
    return subprocess.run(command, input=svg.encode(), capture_output=True, check=True).stdout


def _join(frames: list[bytes], holds_cs: list[int], out_gif: Path) -> None:
    try:
        from PIL import Image
    except ImportError as error:
        raise SetupError("Pillow joins the frames, and is missing", hint="pip install pillow") from error
    images = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    # One palette for all of them, from a frame of each kind: colours that flicker make a film large, and ugly.
    sheet = Image.new("RGB", (images[0].width, 3 * images[0].height))
    for place, number in enumerate((len(images) // 2, -2, -1)):
        sheet.paste(images[number], (0, place * images[0].height))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    plain = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    durations = [10 * hold for hold in holds_cs]
    plain[0].save(out_gif, save_all=True, append_images=plain[1:], duration=durations, loop=0, optimize=False)
    if shutil.which("gifsicle"):
        subprocess.run(["gifsicle", "--batch", "-O3", "--no-warnings", str(out_gif)], check=True)


def main(arguments: list[str]) -> int:
    """Make one film; the words are the three paths."""
    if len(arguments) != 3:
        print("usage: python -m tui.film JOURNAL MEMORY OUT.gif", file=sys.stderr)  # noqa: T201
        return 2
    journal, memory, out = map(Path, arguments)
    try:
        film(journal, memory, out)
    except OneContextError as error:
        print(f"tui.film: {printable(error.message)} ({error.hint})", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
