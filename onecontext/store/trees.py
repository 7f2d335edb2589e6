"""Git's trees as plain data: read, changed in a few paths, and written as git writes them (gitformat-tree).

Rule 1: only the folders on the way to a changed path are made anew; what is not touched keeps name and mode.
Rule 2: a folder that would be empty is not there, but for the top.
Rule 3: an entry that could lead out of a work tree, or into its ``.git``, is neither written nor taken from a tree that
        somebody else made.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from onecontext.errors import Damaged

FILE_MODE, TREE_MODE = b"100644", b"40000"
_SUBMODULE = b"160000"

Changes = Mapping[str, bytes | None]
"""Paths to new content; None takes the path away."""


class Line(NamedTuple):
    """An entry of a tree: its mode as git writes it, the object's name as hex, and both as they stand in the tree."""

    mode: bytes
    id: str
    raw: bytes


Lines = dict[str, Line]
"""The entries of a tree by name, in git's order."""


def line(name: str, mode: bytes, object_id: str) -> Line:
    """Return the entry ``name`` of a tree.

    Raises:
        Damaged: no file of a work tree may be called so.
    """
    _refuse_way_out(name)
    return Line(mode, object_id, b"%s %s\0%s" % (mode, _bytes(name), bytes.fromhex(object_id)))


def object_name(kind: bytes, content: bytes) -> str:
    """Return the name of an object as hex: the SHA-1 of its header and content (gitformat-loose)."""
    return hashlib.sha1(b"%s %d\0" % (kind, len(content)) + content, usedforsecurity=False).hexdigest()


def tree_lines(content: bytes) -> Lines:
    """Return the entries of a tree object.

    Raises:
        Damaged: one of them is called as no file of a work tree may be.
    """
    lines: Lines = {}
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space) + 21
        name = content[space + 1 : end - 21].decode("utf-8", "surrogateescape")
        if name[:1] in ("", ".") or "/" in name:
            _refuse_way_out(name)
        lines[name] = Line(content[position:space], content[end - 20 : end].hex(), content[position:end])
        position = end
    return lines


def tree_content(lines: Lines) -> bytes:
    """Return the tree object with these entries."""
    return b"".join([line.raw for line in lines.values()])


def with_entries(lines: Lines, new: Mapping[str, Line]) -> Lines:
    """Return ``lines`` with the entries ``new`` added or replaced, in git's order."""
    merged = {**lines, **new}
    # Numbered files come at the end, and nearly all else is a replacement: sorting is for the rest.
    last = next(reversed(lines), None)
    in_order = last is None or all(
        lines[name].mode == entry.mode if name in lines else _key(name, entry) > _key(last, lines[last])
        for name, entry in new.items()
    )
    if in_order and sum(name not in lines for name in new) < 2:
        return merged
    return dict(sorted(merged.items(), key=lambda pair: _key(*pair)))


def _refuse_way_out(name: str) -> None:
    # Also as a file system spells it that knows no case.
    if name.lower() in ("", ".", "..", ".git") or "/" in name or "\0" in name:
        raise Damaged(f"{name[:80]!r} cannot be a file of a memory", hint="git log in the memory shows who made it")


def _key(name: str, entry: Line) -> bytes:
    # A folder sorts as if its name ended with a slash.
    return _bytes(name) + b"/" if entry.mode == TREE_MODE else _bytes(name)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def build(
    base: str | None,
    changes: Changes,
    lines_of: Callable[[str | None], Lines],
    add_blob: Callable[[bytes, str | None], str],
    add_tree: Callable[[Lines, str | None], str],
) -> str:
    """Make ``base`` (None: nothing) with ``changes`` a new tree and return its name.

    Args:
        lines_of: returns the entries of a tree; of None there are none.
        add_blob, add_tree: take in an object, and the one it takes the place of, and return its name.
    """
    before = lines_of(base)
    new: Lines = {}
    gone: list[str] = []
    below: dict[str, dict[str, bytes | None]] = {}
    for path, content in changes.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = content
    # What lies deeper first: of two files that end alike the history comes before the view of its newest records.
    for name, inner in below.items():
        old = before.get(name)
        folder = build(old.id if old and old.mode == TREE_MODE else None, inner, lines_of, add_blob, add_tree)
        if not lines_of(folder):
            gone.append(name)
        elif old is None or old.id != folder:
            new[name] = line(name, TREE_MODE, folder)
    for name, content in changes.items():
        if "/" in name:
            continue
        if content is None:
            gone.append(name)
            continue
        blob, old = object_name(b"blob", content), before.get(name)
        # What the base has already is as durable as the commit that brought it.
        if old is None or (old.mode, old.id) != (FILE_MODE, blob):
            new[name] = line(name, FILE_MODE, add_blob(content, old.id if old else None))
    lines = with_entries(before, new)
    for name in gone:
        lines.pop(name, None)
    return base if base is not None and lines == before else add_tree(lines, base)


def differing(
    old: str | None,
    new: str | None,
    lines_of: Callable[[str | None], Lines],
    prefix: str = "",
    has: Callable[[str], bool] | None = None,
) -> dict[str, tuple[str | None, str | None]]:
    """Return the paths of files that differ between two trees, to their blobs (old, new); None where there is none.

    Equal folders have equal names and are passed over, so this costs what has changed, not what there is.

    Args:
        has: says of a path, that of a folder with a slash at its end, whether it counts; None: all do.
    """
    found: dict[str, tuple[str | None, str | None]] = {}
    before, after = lines_of(old), lines_of(new)
    for name in sorted(before.keys() | after.keys()):
        sides = [lines.get(name) for lines in (before, after)]
        if sides[0] and sides[1] and sides[0].id == sides[1].id:
            continue
        trees = [side.id if side and side.mode == TREE_MODE else None for side in sides]
        blobs = [side.id if side and side.mode.startswith(b"1") and side.mode != _SUBMODULE else None for side in sides]
        if any(trees) and (has is None or has(f"{prefix}{name}/")):
            found |= differing(trees[0], trees[1], lines_of, f"{prefix}{name}/", has)
        if any(blobs) and (has is None or has(prefix + name)):
            found[prefix + name] = (blobs[0], blobs[1])
    return found


def file_before(tree: str | None, path: str | None, lines_of: Callable[[str | None], Lines]) -> str | None:
    """Return the file that stands before ``path`` in the order of a git index; None where it would be the first.

    ``path`` None asks for the last file of all. The path itself need not be in the tree.
    """
    lines = lines_of(tree)
    part, _, rest = (path or "").partition("/")
    if rest and part in lines and lines[part].mode == TREE_MODE:
        within = file_before(lines[part].id, rest, lines_of)
        if within is not None:
            return f"{part}/{within}"
    # An index is in order of whole paths, in which a folder's name is followed by a slash.
    bound = None if path is None else _bytes(part) + (b"/" if rest else b"")
    for name, entry in reversed(lines.items()):
        if bound is not None and _key(name, entry) >= bound:
            continue
        if entry.mode != TREE_MODE:
            return name
        last = file_before(entry.id, None, lines_of)
        if last is not None:
            return f"{name}/{last}"
    return None
