"""What can still be read of a damaged pack, object by object, without trusting any of it.

Rule 1: an object counts when its bytes make a whole object; with an index, when they make the name that it gives too.
Rule 2: damage in one object costs that object and those that are changes of it, and no other, while there is an index;
        without one, what comes after the damage is out of reach.

Sources: gitformat-pack(5) for packs, deltas and index version 2.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from onecontext.store.packs import BLOB, COMMIT, TREE
from onecontext.store.trees import object_name

KIND_NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", 4: b"tag"}
_OFS_DELTA, _REF_DELTA = 6, 7
_CACHE_BYTES = 32 * 1024 * 1024
_MAX_OBJECT_BYTES = 256 * 1024 * 1024

Read = Callable[[str], tuple[int, bytes] | None]
"""Returns kind and content of an object from elsewhere; None when it is not there."""


class _Entry(NamedTuple):
    kind: int
    base: int | str | None
    data: bytes
    end: int


def trailer_agrees(content: bytes) -> bool:
    """Say whether the last 20 bytes are the SHA-1 of all before them, as in packs, indexes and other files of git."""
    return len(content) > 20 and hashlib.sha1(content[:-20], usedforsecurity=False).digest() == content[-20:]


def objects_in(pack: bytes, index: bytes | None, elsewhere: Read) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of every object that can be read of ``pack``; ``index`` is None when it is not sound."""
    reader = _Reader(pack, elsewhere)
    names = _offsets(index) if index is not None else {}
    for offset in sorted(names) if names else _in_sequence(pack):
        found = reader.resolve(offset)
        if found and (not names or object_name(KIND_NAMES[found[0]], found[1]) == names[offset]):
            yield found


def _offsets(index: bytes) -> dict[int, str]:
    count = int.from_bytes(index[8 + 255 * 4 : 8 + 256 * 4], "big")
    start = 8 + 256 * 4
    where = start + 24 * count
    names = (index[start + 20 * n : start + 20 * n + 20].hex() for n in range(count))
    return {int.from_bytes(index[where + 4 * n : where + 4 * n + 4], "big"): name for n, name in enumerate(names)}


def _in_sequence(pack: bytes) -> Iterator[int]:
    offset = 12
    while offset < len(pack) - 20:
        entry = _entry(pack, offset)
        if entry is None:
            return
        yield offset
        offset = entry.end


class _Reader:
    def __init__(self, pack: bytes, elsewhere: Read) -> None:
        self._pack = pack
        self._elsewhere = elsewhere
        self._known: dict[int, tuple[int, bytes]] = {}
        self._named: dict[str, int] = {}
        self._size = 0

    def resolve(self, offset: int) -> tuple[int, bytes] | None:
        deltas: list[bytes] = []
        at: int = offset
        seen: set[int] = set()
        while True:
            if at in self._known:
                found: tuple[int, bytes] | None = self._known[at]
                break
            entry = _entry(self._pack, at) if at not in seen else None
            if entry is None:
                return None
            seen.add(at)
            if entry.base is None:
                found = (entry.kind, entry.data)
                break
            deltas.append(entry.data)
            if isinstance(entry.base, str):
                if entry.base not in self._named:
                    found = self._elsewhere(entry.base)
                    break
                at = self._named[entry.base]
            else:
                at = entry.base
        if found is None:
            return None
        kind, content = found
        for delta in reversed(deltas):
            made = _apply(content, delta)
            if made is None:
                return None
            content = made
        self._keep(offset, kind, content)
        return kind, content

    def _keep(self, offset: int, kind: int, content: bytes) -> None:
        if self._size > _CACHE_BYTES:
            self._known.clear()
            self._size = 0
        self._known[offset] = (kind, content)
        self._named[object_name(KIND_NAMES[kind], content)] = offset
        self._size += len(content)


def _entry(pack: bytes, offset: int) -> _Entry | None:
    """Return the entry at ``offset`` as it is stored; None when there is no whole one."""
    try:
        at, byte = offset + 1, pack[offset]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 128:
            byte, at = pack[at], at + 1
            size |= (byte & 127) << shift
            shift += 7
        base: int | str | None = None
        if kind == _OFS_DELTA:
            byte, at = pack[at], at + 1
            back = byte & 127
            while byte & 128:
                byte, at = pack[at], at + 1
                back = (back + 1) << 7 | byte & 127
            base = offset - back
        elif kind == _REF_DELTA:
            base, at = pack[at : at + 20].hex(), at + 20
        elif kind not in KIND_NAMES:
            return None
        if size > _MAX_OBJECT_BYTES or (isinstance(base, int) and not 12 <= base < offset):
            return None
        inflate = zlib.decompressobj()
        data = inflate.decompress(memoryview(pack)[at:], size + 1)
        # The checksum at the end of the stream is only looked at when the stream is read to its end.
        if len(data) != size or not (inflate.eof or _ends(inflate)):
            return None
    except (IndexError, zlib.error):
        return None
    return _Entry(kind, base, data, len(pack) - len(inflate.unused_data))


def _ends(inflate: "zlib._Decompress") -> bool:
    rest = inflate.decompress(inflate.unconsumed_tail, 1)
    return not rest and inflate.eof


def _apply(base: bytes, delta: bytes) -> bytes | None:
    """Return what ``delta`` makes of ``base``; None when the two do not go together."""
    try:
        source, at = _size(delta, 0)
        target, at = _size(delta, at)
        made = bytearray()
        while at < len(delta):
            op, at = delta[at], at + 1
            if op & 128:
                numbers = [0, 0]
                for bit in range(7):
                    if op >> bit & 1:
                        which, place = (0, bit) if bit < 4 else (1, bit - 4)
                        numbers[which] |= delta[at] << 8 * place
                        at += 1
                start, size = numbers[0], numbers[1] or 0x10000
                made += base[start : start + size]
            elif op:
                made += delta[at : at + op]
                at += op
            else:
                return None
    except IndexError:
        return None
    return bytes(made) if source == len(base) and target == len(made) else None


def _size(delta: bytes, at: int) -> tuple[int, int]:
    size, shift = 0, 0
    while True:
        byte, at = delta[at], at + 1
        size |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return size, at
