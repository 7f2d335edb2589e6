"""Diagnosis: everything that is not as it should be in one memory, in the order in which repair would take it.

Rule 1: nothing is written, no lock is taken, and no file is opened that could make us wait.
Rule 2: what cannot be examined because of something else is said, once.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from onecontext.doctor import branches, leftovers, oddities, packed, pointers, private, reached, recorded, values
from onecontext.doctor.case import FILE, FOLDER, Case
from onecontext.doctor.finding import Finding
from onecontext.errors import Damaged, NewerFormat
from onecontext.store.layout import Layout
from onecontext.store.schema import check_version

_FOLDERS = (".git/objects", ".git/refs")


def examine(memory: Path, now: datetime) -> list[Finding]:
    """Return what is wrong with the memory at ``memory`` (the ``.onecontext`` folder).

    Raises:
        NewerFormat: a newer version wrote it; what it holds is not for us to judge.
    """
    case = Case(Layout(memory), now)
    refuse_newer(case)
    return list(dict.fromkeys(_findings(case)))


def refuse_newer(case: Case) -> None:
    """Refuse a memory that says it is newer than we are.

    Raises:
        NewerFormat: it does.
    """
    try:
        check_version(case.text("format") or "", case.layout.path)
    except NewerFormat:
        raise
    except Damaged:
        return  # what is no version at all is damage, which is told with all other


def _findings(case: Case) -> Iterator[Finding]:
    yield from oddities.find(case)
    for name in _FOLDERS:
        if case.kind(name) is None:
            yield Finding("the folder is missing", name, None, "fail", "repair makes it; what was in it is told below")
    yield from leftovers.find(case)
    yield from packed.find(case)
    if case.kind(".git/HEAD") in (None, FILE):
        yield from private.find(case)
    yield from values.find(case)
    if case.kind(".git/objects") != FOLDER or not case.objects_can_be_read:
        what = "objects, refs and branches were not examined: something lies there that must not be opened"
        yield Finding(what, ".git/objects", None, "fail", "repair moves it aside and goes on from there")
        return
    yield from pointers.find(case)
    yield from recorded.find(case)
    yield from reached.find(case)
    yield from private.find_indexes(case)
    yield from branches.find(case)
