"""Git's trees as plain data: read, changed in a few paths, and written as git writes them (gitformat-tree).

Rule 1: only the folders on the way to a changed path are made anew; what is not touched keeps name and mode.
Rule 2: a folder that would be empty is not there, but for the top.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

FILE_MODE, TREE_MODE = b"100644", b"40000"
_SUBMODULE = b"160000"

Changes = Mapping[str, bytes | None]
"""Paths to new content; None takes the path away."""


class Line(NamedTuple):
    """An entry of a tree: its mode as git writes it, and the object's name as hex."""

    mode: bytes
    id: str


def object_name(kind: bytes, content: bytes) -> str:
    """Return the name of an object as hex: the SHA-1 of its header and content (gitformat-loose)."""
    return hashlib.sha1(b"%s %d\0" % (kind, len(content)) + content, usedforsecurity=False).hexdigest()


def tree_lines(content: bytes) -> dict[str, Line]:
    """Return the entries of a tree object, names to lines."""
    lines: dict[str, Line] = {}
    position = 0
    while position < len(content):
        space = content.index(b" ", position)
        end = content.index(b"\0", space)
        name = content[space + 1 : end].decode("utf-8", "surrogateescape")
        lines[name] = Line(content[position:space], content[end + 1 : end + 21].hex())
        position = end + 21
    return lines


def tree_content(lines: Mapping[str, Line]) -> bytes:
    """Return the tree object with these entries; a folder sorts as if its name ended with a slash."""

    def key(pair: tuple[bytes, Line]) -> bytes:
        return pair[0] + b"/" if pair[1].mode == TREE_MODE else pair[0]

    pairs = ((name.encode("utf-8", "surrogateescape"), line) for name, line in lines.items())
    return b"".join(b"%s %s\0%s" % (line.mode, name, bytes.fromhex(line.id)) for name, line in sorted(pairs, key=key))


def build(
    base: str | None,
    changes: Changes,
    lines_of: Callable[[str | None], dict[str, Line]],
    add: Callable[[bytes, bytes], str],
) -> str:
    """Make ``base`` (None: nothing) with ``changes`` a new tree and return its name.

    Args:
        lines_of: returns the entries of a tree; of None there are none.
        add: takes in an object, by kind and content, and returns its name.
    """
    before = lines_of(base)
    lines, below = dict(before), dict[str, dict[str, bytes | None]]()
    for path, content in changes.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = content
        elif content is None:
            lines.pop(name, None)
        else:
            line = Line(FILE_MODE, object_name(b"blob", content))
            # What the base has already is as durable as the commit that brought it.
            if before.get(name) != line:
                add(b"blob", content)
            lines[name] = line
    for name, inner in below.items():
        old = lines.pop(name, None)
        folder = build(old.id if old and old.mode == TREE_MODE else None, inner, lines_of, add)
        if lines_of(folder):
            lines[name] = Line(TREE_MODE, folder)
    return base if base is not None and lines == before else add(b"tree", tree_content(lines))


def differing(
    old: str | None, new: str | None, lines_of: Callable[[str | None], dict[str, Line]], prefix: str = ""
) -> dict[str, tuple[str | None, str | None]]:
    """Return the paths of files that differ between two trees, to their blobs (old, new); None where there is none.

    Equal folders have equal names and are passed over, so this costs what has changed, not what there is.
    """
    found: dict[str, tuple[str | None, str | None]] = {}
    before, after = lines_of(old), lines_of(new)
    for name in sorted(before.keys() | after.keys()):
        sides = [lines.get(name) for lines in (before, after)]
        if sides[0] and sides[1] and sides[0].id == sides[1].id:
            continue
        trees = [side.id if side and side.mode == TREE_MODE else None for side in sides]
        blobs = [side.id if side and side.mode.startswith(b"1") and side.mode != _SUBMODULE else None for side in sides]
        if any(trees):
            found |= differing(trees[0], trees[1], lines_of, f"{prefix}{name}/")
        if any(blobs):
            found[prefix + name] = (blobs[0], blobs[1])
    return found
