"""A git index changed in a few entries without taking all of it apart: it lists every file, and grows with history.

Rule 1: whatever is not as expected (another version, something that git keeps beside the entries and we would spoil)
        is answered by None, and the caller makes the index with libgit2.
Rule 2: the entries carry no file times, so git compares contents the next time it is asked, and is always right.

Source: gitformat-index(5), version 2.
"""

import hashlib
from collections.abc import Callable, Mapping

_HEADER_BYTES, _FIXED_BYTES, _HASH_BYTES = 12, 62, 20
_REQUIRED = (b"link", b"sdir")  # extensions without which the entries mean something else
_FILE = (0o100644).to_bytes(4, "big")

Before = Callable[[str | None], str | None]
"""Returns the committed file that stands before a path; of None the last one of all."""


def is_index(content: bytes) -> bool:
    """Say whether it is one, whole: a signature first, and last the checksum of all before it."""
    checksum = hashlib.sha1(content[:-_HASH_BYTES], usedforsecurity=False).digest()
    return content[:4] == b"DIRC" and checksum == content[-_HASH_BYTES:]


def patched(index: bytes, blobs: Mapping[str, str | None], before: Before) -> bytes | None:
    """Return ``index``, whole, with the paths ``blobs`` set to these blobs; None where that is for libgit2 to do.

    Args:
        blobs: paths to blobs as hex; None takes the path out.
        before: tells of the files of the commit that the index was made from.
    """
    if index[4:8] != (2).to_bytes(4, "big"):
        return None
    end = _end(index, before(None))
    if end is None:
        return None
    count, position, at, parts = int.from_bytes(index[8:12], "big"), _HEADER_BYTES, _HEADER_BYTES, list[bytes]()
    for path, blob in sorted((_bytes(path), blob) for path, blob in blobs.items()):
        # New files mostly follow one another: only where others stand in between is the place looked for.
        if at < end and _name(index, at) < path:
            found = _find(index, path)
            found = _room(index, path, before(path.decode("utf-8", "surrogateescape")), end) if found is None else found
            if found is None or not at <= found <= end:
                return None
            at = found
        known = at < end and _name(index, at) == path
        count += (blob is not None) - known
        parts += [index[position:at], _entry(path, blob) if blob is not None else b""]
        at += _size(len(path)) if known else 0
        position = at
    body = b"".join([index[:8], count.to_bytes(4, "big"), *parts, index[position:end]])
    # What stands behind the entries is about the old ones and left out, as its capital letters allow.
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _find(index: bytes, path: bytes) -> int | None:
    """Return where the entry of ``path`` begins; None when there is none."""
    at = index.find(path + b"\0", _HEADER_BYTES)
    while at >= 0:
        start = at - _FIXED_BYTES
        # The length of the name stands before it; stages of a merge that git has going on would show there too.
        if start >= _HEADER_BYTES and start % 8 == _HEADER_BYTES % 8 and index[at - 2 : at] == _flags(path):
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
    while at < end and (name := _name(index, at)) < path:
        at += _size(len(name))
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
        at += _size(len(_name(index, at)))
    behind = at
    while behind < stop and _is_extension(index, behind):
        behind += 8 + int.from_bytes(index[behind + 4 : behind + 8], "big")
    return at if behind == stop else None


def _is_extension(index: bytes, at: int) -> bool:
    signature = index[at : at + 4]
    return signature.isalpha() and signature.isupper()


def _name(index: bytes, at: int) -> bytes:
    return index[at + _FIXED_BYTES : index.index(b"\0", at + _FIXED_BYTES)]


def _entry(path: bytes, blob: str) -> bytes:
    entry = bytes(24) + _FILE + bytes(12) + bytes.fromhex(blob) + _flags(path) + path
    return entry + bytes(_size(len(path)) - len(entry))


def _flags(path: bytes) -> bytes:
    return min(len(path), 0xFFF).to_bytes(2, "big")


def _size(name_bytes: int) -> int:
    # One to eight zero bytes behind the name, up to a multiple of eight.
    return (_FIXED_BYTES + name_bytes + 8) // 8 * 8


def _bytes(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
