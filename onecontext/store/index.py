"""A git index changed in a few entries without taking all of it apart: it lists every file, and grows with history.

Rule 1: whatever is not as expected (another version, something that git keeps beside the entries and we would spoil)
        is answered by None, and the caller makes the index with libgit2.
Rule 2: the entries carry no file times, so git compares contents the next time it is asked, and is always right.
Rule 3: an entry whose file the work tree does not have on disk is hidden: it has git's skip-worktree bit, so git takes
        the file for unchanged, whatever is committed there by hand.

Source: gitformat-index(5), versions 2 and 3, which differ in two bytes of further flags that an entry may have.
"""

import hashlib
from collections.abc import Callable, Mapping

_HEADER_BYTES, _FIXED_BYTES, _HASH_BYTES = 12, 62, 20
_VERSIONS = (2, 3)
_MORE = 0x4000  # of the flags: two bytes of further ones follow
_SKIP_WORKTREE = (0x4000).to_bytes(2, "big")  # alone among the further flags
_REQUIRED = (b"link", b"sdir")  # extensions without which the entries mean something else
_FILE = (0o100644).to_bytes(4, "big")

Before = Callable[[str | None], str | None]
"""Returns the committed file that stands before a path; of None the last one of all."""
Hides = Callable[[str], bool]
"""Says of a path whether the work tree does not have it on disk."""


def is_index(content: bytes) -> bool:
    """Say whether it is one, whole: a signature first, and last the checksum of all before it."""
    checksum = hashlib.sha1(content[:-_HASH_BYTES], usedforsecurity=False).digest()
    return content[:4] == b"DIRC" and checksum == content[-_HASH_BYTES:]


def patched(
    index: bytes, blobs: Mapping[str, str | None], before: Before, hides: Hides = lambda path: False
) -> bytes | None:
    """Return ``index``, whole, with the paths ``blobs`` set to these blobs; None where that is for libgit2 to do.

    Args:
        blobs: paths to blobs as hex; None takes the path out.
        before: tells of the files of the commit that the index was made from.
        hides: says which of the paths are hidden from now on.
    """
    if int.from_bytes(index[4:8], "big") not in _VERSIONS:
        return None
    end = _end(index, before(None))
    if end is None:
        return None
    count, position, at, parts = int.from_bytes(index[8:12], "big"), _HEADER_BYTES, _HEADER_BYTES, list[bytes]()
    hiding = False
    for path, blob in sorted((_bytes(path), blob) for path, blob in blobs.items()):
        # New files mostly follow one another: only where others stand in between is the place looked for.
        if at < end and _name(index, at) < path:
            found = _find(index, path)
            found = _room(index, path, before(_text(path)), end) if found is None else found
            if found is None or not at <= found <= end:
                return None
            at = found
        known = at < end and _name(index, at) == path
        count += (blob is not None) - known
        hide = blob is not None and hides(_text(path))
        hiding = hiding or hide
        parts += [index[position:at], _entry(path, blob, hidden=hide) if blob is not None else b""]
        at += _entry_bytes(index, at) if known else 0
        position = at
    # What stands behind the entries is about the old ones and left out, as its capital letters allow.
    return _whole(index, count, [*parts, index[position:end]], hiding=hiding)


def hidden(index: bytes, hides: Hides) -> bytes:
    """Return ``index``, whole and of version 2 as libgit2 makes it, with the paths hidden that ``hides`` names."""
    count, at, position, parts = int.from_bytes(index[8:12], "big"), _HEADER_BYTES, _HEADER_BYTES, list[bytes]()
    for _ in range(count):
        name, size = _name(index, at), _entry_bytes(index, at)
        if hides(_text(name)):
            parts += [index[position:at], _as_hidden(index[at : at + _FIXED_BYTES], name)]
            position = at + size
        at += size
    return _whole(index, count, [*parts, index[position:at]], hiding=bool(parts))


def hidden_in(index: bytes) -> dict[str, str]:
    """Return the hidden paths of an index, whole, to their blobs; none of one that is of another version."""
    if int.from_bytes(index[4:8], "big") not in _VERSIONS:
        return {}
    found, at = dict[str, str](), _HEADER_BYTES
    for _ in range(int.from_bytes(index[8:12], "big")):
        name = _name(index, at)
        if _has_more(index, at) and index[at + _FIXED_BYTES] & _SKIP_WORKTREE[0]:
            found[_text(name)] = index[at + 40 : at + 60].hex()
        at += _entry_bytes(index, at)
    return found


def _whole(index: bytes, count: int, parts: list[bytes], *, hiding: bool) -> bytes:
    """Return an index of these entries; its version is that of ``index``, but for one in which some are ``hiding``."""
    # Further flags are read in version 3 alone, in which an entry need not have any.
    version = (3).to_bytes(4, "big") if hiding else index[4:8]
    body = b"".join([index[:4], version, count.to_bytes(4, "big"), *parts])
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _find(index: bytes, path: bytes) -> int | None:
    """Return where the entry of ``path`` begins; None when there is none."""
    at = index.find(path + b"\0", _HEADER_BYTES)
    while at >= 0:
        # The length of the name stands before it; stages of a merge that git has going on would show there too.
        for head in (_flags(path), _flags(path, _MORE) + _SKIP_WORKTREE):
            start = at - _FIXED_BYTES + 2 - len(head)
            if start >= _HEADER_BYTES and start % 8 == _HEADER_BYTES % 8 and index[at - len(head) : at] == head:
                return start
        at = index.find(path + b"\0", at + 1)
    return None


def _room(index: bytes, path: bytes, previous: str | None, end: int) -> int | None:
    """Return where an entry for ``path`` belongs; None when the one before it is not there."""
    at = _HEADER_BYTES
    if previous is not None:
        found = _find(index, _bytes(previous))
        if found is None:
            return None
        at = found
    while at < end and _name(index, at) < path:
        at += _entry_bytes(index, at)
    return at


def _end(index: bytes, last: str | None) -> int | None:
    """Return where the entries end; None when something stands there that must not be left out."""
    at = _HEADER_BYTES if last is None else _find(index, _bytes(last))
    if at is None:
        return None
    stop = len(index) - _HASH_BYTES
    while at < stop and not _is_extension(index, at):
        if index[at : at + 4] in _REQUIRED or b"\0" not in index[at + _FIXED_BYTES : stop]:
            return None
        at += _entry_bytes(index, at)
    behind = at
    while behind < stop and _is_extension(index, behind):
        behind += 8 + int.from_bytes(index[behind + 4 : behind + 8], "big")
    return at if behind == stop else None


def _is_extension(index: bytes, at: int) -> bool:
    signature = index[at : at + 4]
    return signature.isalpha() and signature.isupper()


def _has_more(index: bytes, at: int) -> bool:
    return bool(index[at + _FIXED_BYTES - 2] & _MORE >> 8)


def _name(index: bytes, at: int) -> bytes:
    start = at + _FIXED_BYTES + 2 * _has_more(index, at)
    return index[start : index.index(b"\0", start)]


def _entry_bytes(index: bytes, at: int) -> int:
    # One to eight zero bytes behind the name, up to a multiple of eight.
    start = at + _FIXED_BYTES + 2 * _has_more(index, at)
    return (index.index(b"\0", start) - at + 8) // 8 * 8


def _entry(path: bytes, blob: str, *, hidden: bool) -> bytes:
    head = bytes(24) + _FILE + bytes(12) + bytes.fromhex(blob)
    return _as_hidden(head, path) if hidden else _padded(head + _flags(path) + path)


def _as_hidden(head: bytes, path: bytes) -> bytes:
    return _padded(head[:60] + _flags(path, _MORE) + _SKIP_WORKTREE + path)


def _padded(entry: bytes) -> bytes:
    return entry + bytes(8 - len(entry) % 8)


def _flags(path: bytes, more: int = 0) -> bytes:
    return (min(len(path), 0xFFF) | more).to_bytes(2, "big")


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
