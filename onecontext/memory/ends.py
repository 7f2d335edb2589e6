"""The ends of a branch's history: the bounded files that the next milestone adds to, whatever came before.

Rule 1: a milestone touches the view of the newest ones, the newest file of the history of milestones, one new file of
        steps, and the emptied log.
Rule 2: records are moved as the bytes they are, so a hand-edited one stays as edited.
Rule 3: what is known of the ends after a milestone comes from before it, so nothing is read again in between.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from onecontext.records import Milestone, decode_milestone, split

_SHOWN_RECORDS, _SHOWN_BYTES = 10, 16 * 1024
_FILE_RECORDS, _FILE_BYTES = 32, 32 * 1024
_FAN_OUT = 100


@dataclass(frozen=True)
class Ends:
    """What a branch's folder ends with.

    ``shown`` are the records of ``commit.md``; ``number``, ``history`` and ``count`` are the newest file of milestones,
    its bytes and how many records it has, -1 and empty where there is none; ``log`` is the newest file of steps, by
    folder and file, -1 where there is none. ``newest`` is None before the first milestone.
    """

    shown: tuple[bytes, ...] = ()
    newest: Milestone | None = None
    number: int = -1
    history: bytes = b""
    count: int = 0
    log: tuple[int, int] = (-1, -1)

    @property
    def history_file(self) -> str | None:
        """The newest file of milestones, from the branch's folder on; None where there is none."""
        return f"commit/{self.number:04d}.md" if self.number >= 0 else None

    def after_steps(self, steps: bytes) -> tuple[dict[str, bytes], "Ends"]:
        """Return the file that ``steps`` become, and the ends then; nothing changes without steps."""
        if not steps:
            return {}, self
        folder, file = self.log
        log = (folder, file + 1) if folder >= 0 and file + 1 < _FAN_OUT else (folder + 1, 0)
        return {f"log/{log[0]:04d}/{log[1]:04d}.md": steps}, replace(self, log=log)

    def after(self, milestone: Milestone, record: bytes) -> tuple[dict[str, bytes], "Ends"]:
        """Return the files that ``record``, which is ``milestone``, changes, and the ends then."""
        shown = _newest_records((*self.shown, record))
        number, history, count = self.number, self.history, self.count
        if number < 0 or count >= _FILE_RECORDS or len(history) + len(record) > _FILE_BYTES:
            number, history, count = number + 1, b"", 0
        history += (b"" if history.endswith(b"\n") or not history else b"\n") + record
        ends = Ends(shown, milestone, number, history, count + 1, self.log)
        return {f"commit/{number:04d}.md": history, "commit.md": b"".join(shown)}, ends

    def after_all(self, milestones: Sequence[bytes], steps: Sequence[bytes]) -> dict[str, bytes]:
        """Return the files that many records change at once, oldest first; the steps become files of their own."""
        changes: dict[str, bytes] = {}
        ends = self
        for record in milestones:
            files, ends = ends.after(decode_milestone(split(record).records[0]), record)
            changes |= files
        for together in _files_of(steps):
            files, ends = ends.after_steps(together)
            changes |= files
        return changes


def read(content: Callable[[str], bytes], names: Callable[[str], Iterable[str]]) -> Ends:
    """Return the ends of a branch.

    Args:
        content: returns a file of the branch's folder; empty when there is none.
        names: returns the names in a folder of it; none when there is none.
    """
    shown = split(content("commit.md")).records
    number, folder = _newest(names("commit")), _newest(names("log"))
    history = content(f"commit/{number:04d}.md") if number >= 0 else b""
    return Ends(
        shown=tuple(raw.raw for raw in shown),
        newest=decode_milestone(shown[-1]) if shown else None,
        number=number,
        history=history,
        count=len(split(history).records),
        log=(folder, _newest(names(f"log/{folder:04d}")) if folder >= 0 else -1),
    )


def _newest_records(records: tuple[bytes, ...]) -> tuple[bytes, ...]:
    kept = [records[-1]]
    size = len(records[-1])
    for record in reversed(records[-_SHOWN_RECORDS:-1]):
        size += len(record)
        if size > _SHOWN_BYTES:
            break
        kept.append(record)
    return tuple(reversed(kept))


def _files_of(records: Sequence[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for record in records:
        if waiting and (len(waiting) >= _FILE_RECORDS or size + len(record) > _FILE_BYTES):
            yield b"".join(waiting)
            waiting, size = [], 0
        waiting.append(record)
        size += len(record)
    if waiting:
        yield b"".join(waiting)


def _newest(names: Iterable[str]) -> int:
    stems = (name.removesuffix(".md") for name in names)
    return max((int(stem) for stem in stems if stem.isdecimal()), default=-1)
