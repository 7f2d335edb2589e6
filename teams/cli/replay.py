"""``onecontext replay``: a recorded run again, for whatever watches a live one.

Rule 1: lines are fed byte for byte, at the pace at which they were written, or that pace times ``--speed``.
Rule 2: nothing is fed into a folder that holds anything else than the beginning of the same journal.
Rule 3: interrupting keeps what was fed; the same command goes on from there.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.cli.output import printable
from onecontext.errors import Conflict, NoTeam, UsageError
from onecontext.names import check_name
from teams.cli.events_follow import torn
from teams.cli.place import ended, find_root, places
from teams.cli.replay_feed import Feed
from teams.cli.replay_source import Recorded, open_regular, recorded
from teams.engine.event import Event
from teams.engine.line import MAX_LINE_BYTES
from teams.engine.locks import file_lock
from teams.protocol.naming import JOURNAL as _JOURNAL
from teams.protocol.team import Team

BEAT_S = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a journal, a team's folder, or the name of a team")
    parser.add_argument("--root", type=Path, help="where that team is (default: .onecontext, or .claude)")
    parser.add_argument("--into", type=Path, metavar="ROOT", help="the folder to feed (default: a new temporary one)")
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N|max", help="times faster than it was; max does not wait"
    )
    parser.add_argument(
        "--from", dest="from_seq", type=_number, default=1, metavar="SEQ", help="feed what is before SEQ at once"
    )
    parser.add_argument(
        "--to", dest="to_seq", type=_number, metavar="SEQ", help="stop after the event with this number"
    )


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    source = _source(args, invocation)
    name = _team_of(source)
    root = _destination(args, invocation.cwd, name, source)
    out = invocation.out
    feed = Feed(root, name, fed_bytes=_fed_before(root / "teams" / name, source))
    announcement = f"feeding {name} into {root}"
    hint = f"  watch it with 'onecontext monitor --root {root}' or 'onecontext events --follow --root {root}'"
    if out.json:
        out.say(printable(f"{announcement}\n{hint}"))
    else:
        out.answer(None, printable(f"{announcement}\n{hint}"))
    player = _Player(feed, source, speed=args.speed, from_seq=args.from_seq, to_seq=args.to_seq)
    try:
        with file_lock(feed.team.journal.folder / "run.lock", wait_s=0):
            player.play()
    finally:
        sentence = f"{player.fed} events fed, {player.there} were there; the last is number {player.last}"
        out.say(printable(sentence))
        if player.torn_bytes:
            out.say(printable(torn(source, player.torn_bytes)))
    data = {"root": root, "team": name, "journal": feed.team.journal.path, "fed": player.fed, "last": player.last}
    if out.json:
        out.answer(data, "")
    return 0


@dataclass
class _Player:
    """Feeds the lines of ``source`` when it is their time. ``fed``: lines written, ``there``: lines found there."""

    feed: Feed
    source: Path
    speed: float  # 0: do not wait
    from_seq: int
    to_seq: int | None
    fed: int = 0
    there: int = 0
    last: int = 0
    torn_bytes: int = 0

    def play(self) -> None:
        """Feed until the end, or ``to_seq``."""
        clock = _Clock(self.speed)
        for line in self._lines():
            if self.to_seq is not None and line.event.seq > self.to_seq:
                return
            if line.end <= self.feed.fed_bytes:
                self._was_there(line)
                continue
            if line.event.seq >= self.from_seq:
                self._wait(clock.due(line.event))
            self._write(line)
            self.fed, self.last = self.fed + 1, line.event.seq

    def _was_there(self, line: Recorded) -> None:
        self.there, self.last = self.there + 1, line.event.seq
        self.feed.note(line.event)
        if line.end == self.feed.fed_bytes:
            # The last time may have ended between the line and what it does to the files.
            self.feed.settle(line.event)

    def _write(self, line: Recorded) -> None:
        try:
            self.feed.write(line.line, line.event)
        except KeyboardInterrupt:
            path = self.feed.team.journal.path
            if path.exists() and path.stat().st_size == line.end:
                self.feed.settle(line.event)
            raise

    def _wait(self, due: float) -> None:
        while (left_s := due - time.monotonic()) > 0:
            time.sleep(min(left_s, BEAT_S))
            self.feed.beat()

    def _lines(self) -> Iterator[Recorded]:
        with open_regular(self.source) as file:
            yield from recorded(file, self.source)
            self.torn_bytes = len(file.read(MAX_LINE_BYTES))


class _Clock:
    """When each event is due, counted from the first that is waited for."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began = 0.0
        self._first: datetime | None = None

    def due(self, event: Event) -> float:
        """Return the monotonic time at which the event is due."""
        if not self._speed:
            return 0.0
        at = event.at if event.at.tzinfo else event.at.replace(tzinfo=UTC)
        if self._first is None:
            self._first, self._began = at, time.monotonic()
        return self._began + (at - self._first).total_seconds() / self._speed


def _source(args: argparse.Namespace, invocation: Invocation) -> Path:
    """Return the journal that is meant: of a team that is gone, the newest that is kept.

    Raises:
        NoTeam: there is none.
    """
    cwd = invocation.cwd
    named = cwd / args.source
    root = cwd / args.root if args.root else find_root(cwd)
    for path in (named, named / _JOURNAL, root / "teams" / args.source / _JOURNAL):
        if path.is_file():
            return Path(path).resolve()
    for _, kept in ended(places(args, invocation), args.source):
        return kept.path.resolve()
    known = ", ".join(Team.list(root)) or "none"
    raise NoTeam(f"there is no journal {args.source!r}, nor a team of that name in {root}; there are {known}")


def _team_of(source: Path) -> str:
    with open_regular(source) as file:
        first = next(recorded(file, source), None)
    if first is None:
        raise UsageError(f"{source} has no event to replay")
    return check_name(first.event.team, what="team")


def _destination(args: argparse.Namespace, cwd: Path, name: str, source: Path) -> Path:
    """Return the root to feed.

    Raises:
        Conflict: it has a team of that name with something else in it.
    """
    if args.into is None:
        return Path(tempfile.mkdtemp(prefix="onecontext-replay-"))
    root = Path(cwd / args.into).resolve()
    folder = root / "teams" / name
    elsewhere = "feed into another folder, or leave --into out for a new one"
    if folder / _JOURNAL == source:
        raise UsageError(f"{source} is itself in {root}", hint=elsewhere)
    files = [folder / "config.json", *folder.glob("inboxes/*.json"), *(root / "tasks" / folder.name).glob("*.json")]
    if any(path.exists() for path in files) and not (folder / _JOURNAL).is_file():
        raise Conflict(f"{root} holds a team {name} that has no journal, so it is not this one", hint=elsewhere)
    return root


def _fed_before(folder: Path, source: Path) -> int:
    """Return how many bytes of ``source`` the journal in ``folder`` has already, 0 when there is none.

    Raises:
        Conflict: it has something else.
    """
    path = folder / _JOURNAL
    if not path.exists():
        return 0
    with open_regular(path) as ours, open_regular(source) as theirs:
        while block := ours.read(1024 * 1024):
            if theirs.read(len(block)) != block:
                raise Conflict(
                    f"{path} is not the beginning of {source}: that team has a life of its own",
                    hint="feed into another folder, or leave --into out for a new one",
                )
        return ours.tell()


def _speed(text: str) -> float:
    if text == "max":
        return 0.0
    speed = float(text)
    if not 0 < speed < 1e9:
        raise ValueError(text)
    return speed


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


_speed.__name__, _number.__name__ = "speed (a number above 0, or max)", "number (from 1)"
