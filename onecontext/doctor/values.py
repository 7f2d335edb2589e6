"""Context variables (:mod:`onecontext.variables`): each is what its name says, the sha256 of its bytes.

Rule 1: one that is not cannot be made again from anything here, so repair sets it aside; who has the text can put it
        again.
"""

import re
from collections.abc import Iterator
from hashlib import sha256

from onecontext.doctor.case import FILE, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.store.files import open_to_read
from onecontext.store.kinds import files_below

_FOLDER = ".git/onecontext/ctx"
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_BLOCK_BYTES = 1 << 20


def find(case: Case) -> Iterator[Finding]:
    """Name values that are not what was put."""
    for name in _changed(case):
        mend = "repair moves it to the quarantine; whoever has the text can put it again"
        yield Finding("this context variable was changed: its hash does not agree", name, None, "fail", mend)


def mend(case: Case) -> Iterator[Done]:
    """Set them aside. The caller holds the locks of HEAD and of all branches."""
    for name in list(_changed(case)):
        yield Done("a context variable that was changed was moved aside", name, case.aside(name))


def _changed(case: Case) -> Iterator[str]:
    for name, kind in files_below(case.layout.path, _FOLDER):
        id_ = name.rpartition("/")[2]
        if kind == FILE and _ID.fullmatch(id_) and _hash_of(case, name) not in (id_, None):
            yield name


def _hash_of(case: Case, name: str) -> str | None:
    """Return the hash of a file, block by block; None where it was collected meanwhile."""
    digest = sha256()
    try:
        file = open_to_read(case.path(name))
    except FileNotFoundError:
        return None
    with file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
