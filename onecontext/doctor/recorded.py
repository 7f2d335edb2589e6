"""The write-ahead files: milestones that are on record and not yet in git.

Rule 1: a whole line counts as long as its branch is there; whoever writes or reads the branch next puts it into git.
"""

from collections.abc import Iterator
from typing import NamedTuple

from onecontext.doctor.case import FILE, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.names import is_name
from onecontext.store import ahead
from onecontext.store.files import replace_bytes
from onecontext.store.kinds import files_below

_FOLDER = ".git/onecontext/ahead"


class _Fault(NamedTuple):
    name: str
    line: int | None
    what: str
    mend: str
    rest: bytes  # what stays in the file


def find(case: Case) -> Iterator[Finding]:
    """Name lines that are not whole, and records of branches that are not there."""
    for fault in _faults(case):
        yield Finding(fault.what, fault.name, fault.line, "fail", fault.mend)


def mend(case: Case) -> Iterator[Done]:
    """Set aside what does not count. The caller holds the locks of all branches."""
    for fault in _faults(case):
        content = case.read(fault.name)
        if content is not None and content != fault.rest:
            kept = case.keep(fault.name, content)
            replace_bytes(case.path(fault.name), fault.rest, durable=True)
            yield Done("what does not count was taken out of the write-ahead file", fault.name, kept)


def _faults(case: Case) -> Iterator[_Fault]:
    known = set(case.branches())
    for name, kind in files_below(case.layout.path, _FOLDER):
        content = case.read(name) if kind == FILE else None
        branch = name.rpartition("/")[2]
        if not content:
            continue
        if branch not in known or not is_name(branch):
            what = "milestones are on record of a branch that is not there"
            yield _Fault(name, None, what, "start the branch again to have them, or repair sets them aside", b"")
            continue
        lines = content.splitlines(keepends=True)
        torn = [n for n, line in enumerate(lines, start=1) if not ahead.is_whole(line)]
        rest = b"".join(line for n, line in enumerate(lines, start=1) if n not in torn)
        for n in torn:
            what = "the line is not whole: it was never acknowledged, or is damaged"
            yield _Fault(name, n, what, "repair sets it aside; the others stay", rest)
