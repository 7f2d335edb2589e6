"""Who names a value: the texts in which a handle stands that somebody may still follow.

Rule 1: a text names every value whose id begins with the digits it has behind ``ctx:``.
Rule 2: looked at are all files of teams and boards (journals, inboxes, tasks: a mission that ended can be resumed,
        forked or read), the memory as it stands and as git has it at every ref (branches, tags, what was deleted and
        can be restored), what each rollback took out of sight, milestones that are not in git yet, and answers of
        models that are kept.
Rule 3: where any of it cannot be read, nothing is known, and whoever asks takes nothing away.

Source: the reachability of git-gc(1), with texts in the place of objects.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from onecontext.memory.message import ROLLBACK, trailers
from onecontext.memory.reading import settled
from onecontext.store.files import open_to_read
from onecontext.store.kinds import FILE, files_below
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.refs import under
from onecontext.variables.place import LEAST_DIGITS

_NAMED = re.compile(rb"ctx:([0-9a-f]{%d,64})" % LEAST_DIGITS)
_LONGEST = 68  # bytes of a handle
_BLOCK_BYTES = 1 << 20
_PRIVATE = ("ahead", "worktrees", "answers")
_NOT_READ = {".git", "work"}


def named(layout: Layout) -> set[str]:
    """Return the digits of every handle that stands anywhere.

    Raises:
        Damaged, OSError: a part could not be read; what it names is not known.
    """
    settled(layout)
    found: set[str] = set()
    for path in _files(layout):
        found |= _in_file(path)
    found |= _in_git(layout)
    return found


def is_named(id_: str, digits: Iterable[str]) -> bool:
    """Say whether any of these digits, sorted or not, is a beginning of ``id_``."""
    known = digits if isinstance(digits, set | frozenset) else set(digits)
    return any(id_[:length] in known for length in range(LEAST_DIGITS, 65))


def _files(layout: Layout) -> Iterator[Path]:
    with os.scandir(layout.path) as entries:
        names = sorted(entry.name for entry in entries if entry.name not in _NOT_READ)
    tops = [layout.path / name for name in names]
    for top in [*tops, *(layout.private / name for name in _PRIVATE)]:
        if top.is_file() and not top.is_symlink():
            yield top
        else:
            yield from (top / name for name, kind in files_below(top) if kind == FILE)


def _in_file(path: Path) -> set[str]:
    found: set[str] = set()
    try:
        file = open_to_read(path)
    except FileNotFoundError:
        return found  # gone since it was listed: an inbox that was read, a heartbeat
    with file:
        before = b""
        while block := file.read(_BLOCK_BYTES):
            text = before + block
            found |= _in_bytes(text)
            # A handle may begin in one block and end in the next.
            before = text[-_LONGEST:]
    return found


def _in_bytes(content: bytes) -> set[str]:
    if b"ctx:" not in content:
        return set()
    return {match.decode("ascii") for match in _NAMED.findall(content)}


def _in_git(layout: Layout) -> set[str]:
    objects = Objects(layout)
    tips = list(dict.fromkeys(commit for name in under(layout, "refs/").values() if (commit := objects.peel(name))))
    trees = {objects.tree_of(tip) for tip in tips}
    for info in objects.walk(tips):
        if ROLLBACK in trailers(info.message):
            trees |= {objects.tree_of(parent) for parent in info.parents}
    found: set[str] = set()
    seen: set[str] = set()
    todo = list(trees)
    while todo:
        for entry in objects.entries(todo.pop()).values():
            if entry.id in seen:
                continue
            seen.add(entry.id)
            if entry.is_tree:
                todo.append(entry.id)
            else:
                found |= _in_bytes(objects.blob(entry.id))
    return found
