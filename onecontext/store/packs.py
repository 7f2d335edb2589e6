"""Packs as git reads them, written here: what one operation made goes to disk as two files instead of ten.

Rule 1: a pack appears under its name whole and right before its index does, as git's own do, so nobody finds half of
        one, and `git gc` beside it takes none for a pack without objects.
Rule 2: durable means that pack, index and the names of both were fsynced: three fsync(2) calls for any number.

Sources: gitformat-pack(5) for pack, delta and index version 2. Files here stay far below the 2 GiB where offsets of an
index need its second table.
"""

import hashlib
import os
import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, NamedTuple

from onecontext.store.deltas import number_bytes
from onecontext.store.files import open_new, read_bytes, removed_on_failure, sync_folder

COMMIT, TREE, BLOB = 1, 2, 3
KINDS = {b"commit": COMMIT, b"tree": TREE, b"blob": BLOB}
_OFS_DELTA = 6
_HEAD_BYTES, _SUM_BYTES = 12, 20
_JOINED_BYTES = 256 * 1024 * 1024
_STORED_BYTES = 96
_LEVEL = 1  # a third of the CPU time of zlib's default for a tenth more bytes; git gc deflates anew


class New(NamedTuple):
    """An object to be packed: its name as hex, kind and content; ``base`` is an earlier one it is a change of."""

    name: str
    kind: int
    content: bytes
    base: str | None = None
    delta: bytes = b""


_Listed = tuple[bytes, bytes, int]


def write(folder: Path, objects: Sequence[New], *, durable: bool) -> str:
    """Write ``objects`` as one pack in ``folder`` (``objects/pack``) and return the pack's name, ``pack-<sha1>``.

    Raises:
        OSError: full or read-only; no pack is there then, or one that nothing refers to.
    """
    body, listed = _body(objects)
    checksum = hashlib.sha1(body, usedforsecurity=False).digest()
    name = f"pack-{checksum.hex()}"
    folder.mkdir(parents=True, exist_ok=True)
    pack = _laid(folder, body + checksum, durable=durable)
    _name(folder, name, pack, _index(listed, checksum), durable=durable)
    if durable:
        sync_folder(folder)
    return name


def names_in(index: bytes) -> list[str]:
    """Return the names of the objects in an index of version 2, in order of where they lie in the pack."""
    return [name.hex() for name, _, _ in sorted(_listed(index), key=lambda listed: listed[2])]


def raw_names_in(index: bytes) -> set[bytes]:
    """Return the names of the objects in an index of version 2, as bytes."""
    start = 8 + 256 * 4
    count = int.from_bytes(index[start - 4 : start], "big")
    return {index[at : at + 20] for at in range(start, start + 20 * count, 20)}


def join(folder: Path, names: Sequence[str], *, durable: bool = True) -> str | None:
    """Write the packs ``names`` one behind the other as a larger one and return its name.

    Nothing is inflated: a change names its base by how far it lies before it, which stays as it is. None is returned
    where an object is in two of them, which one pack may not have, or where together they are too large.

    Raises:
        OSError: full or read-only, or one of them is not there; they are as they were.
    """
    indexes = [_listed(read_bytes(folder / f"{name}.idx")) for name in names]
    listed = [entry for index in indexes for entry in index]
    sizes = [(folder / f"{name}.pack").stat().st_size - _HEAD_BYTES - _SUM_BYTES for name in names]
    if len({entry[0] for entry in listed}) < len(listed) or sum(sizes) > _JOINED_BYTES:
        return None
    descriptor, temporary = open_new(folder, "tmp_pack_")
    with removed_on_failure(temporary, folder), os.fdopen(descriptor, "wb") as file:
        checksum = hashlib.sha1(_head(len(listed)), usedforsecurity=False)
        file.write(_head(len(listed)))
        for name in names:
            body = read_bytes(folder / f"{name}.pack", limit_bytes=_JOINED_BYTES)[_HEAD_BYTES:-_SUM_BYTES]
            checksum.update(body)
            file.write(body)
        file.write(checksum.digest())
        _finish(file, durable=durable)
    larger = f"pack-{checksum.hexdigest()}"
    starts = accumulate(sizes, initial=0)
    moved = [
        (name, crc, offset + start)
        for index, start in zip(indexes, starts, strict=False)
        for name, crc, offset in index
    ]
    _name(folder, larger, temporary, _index(moved, checksum.digest()), durable=durable)
    if durable:
        sync_folder(folder)
    return larger


def _listed(index: bytes) -> list[_Listed]:
    """Return the objects of an index of version 2: names, checksums as they lie, and where they begin in the pack."""
    start = 8 + 256 * 4
    count = int.from_bytes(index[start - 4 : start], "big")
    crcs, where = start + 20 * count, start + 24 * count
    offsets = array("I", index[where : where + 4 * count])
    if sys.byteorder == "little":
        offsets.byteswap()
    return [
        (index[start + 20 * n : start + 20 * n + 20], index[crcs + 4 * n : crcs + 4 * n + 4], offset)
        for n, offset in enumerate(offsets)
    ]


def _head(count: int) -> bytes:
    return b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")


def _body(objects: Sequence[New]) -> tuple[bytes, list[_Listed]]:
    parts, listed = [_head(len(objects))], list[_Listed]()
    offset, offsets = _HEAD_BYTES, dict[str, int]()
    for new in objects:
        if new.base is None:
            part = _header(new.kind, len(new.content)) + _deflated(new.content)
        else:
            back = _back(offset - offsets[new.base])
            part = _header(_OFS_DELTA, len(new.delta)) + back + _deflated(new.delta)
        offsets[new.name] = offset
        listed.append((bytes.fromhex(new.name), zlib.crc32(part).to_bytes(4, "big"), offset))
        parts.append(part)
        offset += len(part)
    return b"".join(parts), listed


def _deflated(content: bytes) -> bytes:
    if len(content) > _STORED_BYTES:
        return zlib.compress(content, _LEVEL)
    # One stored block (RFC 1950, RFC 1951 3.2.4): so few bytes, mostly hashes, get no shorter.
    size = len(content)
    ends = zlib.adler32(content).to_bytes(4, "big")
    return b"\x78\x01\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + content + ends


def _index(listed: Iterable[_Listed], checksum: bytes) -> bytes:
    entries = sorted(listed)
    counts = [0] * 256
    for name, _, _ in entries:
        counts[name[0]] += 1
    fan = b"".join(number.to_bytes(4, "big") for number in accumulate(counts))
    names = b"".join([name for name, _, _ in entries])
    crcs = b"".join([crc for _, crc, _ in entries])
    places = b"".join([offset.to_bytes(4, "big") for _, _, offset in entries])
    body = b"\xfftOc" + (2).to_bytes(4, "big") + fan + names + crcs + places + checksum
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    return bytes([first | 128]) + number_bytes(size) if size else bytes([first])


def _back(distance: int) -> bytes:
    """Return a distance seven bits a byte, highest first, each further byte counting from one more."""
    found = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        found.append(distance & 127 | 128)
    return bytes(reversed(found))


def _laid(folder: Path, content: bytes, *, durable: bool) -> Path:
    """Write a file that has a name for the time being, and return its path."""
    descriptor, temporary = open_new(folder, "tmp_pack_")
    with removed_on_failure(temporary, folder), os.fdopen(descriptor, "wb") as file:
        file.write(content)
        _finish(file, durable=durable)
    return temporary


def _name(folder: Path, name: str, pack: Path, index: bytes, *, durable: bool) -> None:
    """Give the pack at ``pack``, written under a name for the time being, its own, and put its index beside it."""
    with removed_on_failure(pack, folder / f"{name}.pack"):
        laid = _laid(folder, index, durable=durable)
        with removed_on_failure(laid, folder / f"{name}.idx"):
            # Nothing between the two that takes time: `git gc` looks into the packs that have an index when it begins,
            # and then takes away all that had a name.
            pack.replace(folder / f"{name}.pack")
            laid.replace(folder / f"{name}.idx")


def _finish(file: BinaryIO, *, durable: bool) -> None:
    file.flush()
    os.fchmod(file.fileno(), 0o444)
    if durable:
        os.fsync(file.fileno())
