"""What a power cut may leave of a work tree, which is not fsynced since git has it all, and how it is put right.

Rule 1: a file that the cut took or tore is put back; what differs otherwise was changed by hand, and stays.
Rule 2: where nothing is fsynced a file may outlive the commit that it was written from. Nobody would write over it, and
        whoever reads the history would believe it: it is set aside.
"""

import os
import re
from collections.abc import Iterator

from onecontext.store.files import replace_bytes
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.quarantine import set_aside
from onecontext.store.shown_files import current, is_by_hand, real_folder, take_away
from onecontext.store.view import View
from onecontext.store.ways import check_kinds

_HISTORY = re.compile(r"branches/[^/]+/(commit\.md|commit/[0-9]+\.md|log/[0-9]+/[0-9]+\.md)")


def mend_torn(layout: Layout, objects: Objects, place: Place, tree: str, seen: View, *, keep: str) -> None:
    """Put back the files of ``tree`` that are missing or torn in ``place``; ``keep`` as in ``worktrees.refresh``."""
    for path, (_, blob) in objects.changed(None, tree, has=seen.has).items():
        target = place.folder / path
        found = current(target)
        if path == keep or blob is None or (found is not None and objects.blob_id(found) == blob):
            continue
        content = objects.blob(blob)
        if found is None or _is_torn(found, content, by_hand=is_by_hand(path, keep)):
            if found:
                set_aside(layout, path, found)
            real_folder(place.folder, target.parent)
            replace_bytes(target, content)


def set_unknown_aside(layout: Layout, objects: Objects, place: Place, tree: str) -> None:
    """Set aside the files in ``place`` that bear names of the history and that ``tree`` does not have."""
    for path in _history(place):
        if objects.entry(tree, path) is None and (found := current(place.folder / path)) is not None:
            set_aside(layout, path, found)
            take_away(place, path)


def _history(place: Place) -> Iterator[str]:
    top = str(place.folder)
    check_kinds([top, f"{top}{os.sep}branches"], ())
    # Links are not followed: what lies behind them is not ours to take away.
    for folder, _, names in os.walk(f"{top}{os.sep}branches"):
        inside = os.path.relpath(folder, top).replace(os.sep, "/")
        yield from (path for name in names if _HISTORY.fullmatch(path := f"{inside}/{name}"))


def _is_torn(found: bytes, content: bytes, *, by_hand: bool) -> bool:
    written = found.rstrip(b"\0")
    if not written:
        return True
    # Of a roadmap or metadata that was shortened by hand the rest is a beginning, too.
    return content.startswith(written) and (len(written) < len(found) or not by_hand)
