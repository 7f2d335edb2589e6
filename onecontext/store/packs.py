"""Packs as git reads them, written here: what one operation made goes to disk as two files instead of ten.

Rule 1: a pack appears under its name whole and before its index does, so nobody finds half of one.
Rule 2: durable means that pack, index and the names of both were fsynced: three fsync(2) calls for any number.

Sources: gitformat-pack(5) for pack, delta and index version 2. Files here stay far below the 2 GiB where offsets of an
index need its second table.
"""

import hashlib
import os
import zlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from onecontext.store.files import open_new, sync_folder

COMMIT, TREE, BLOB = 1, 2, 3
KINDS = {b"commit": COMMIT, b"tree": TREE, b"blob": BLOB}
_OFS_DELTA = 6
_STORED_BYTES = 96
_LEVEL = 1  # a third of the CPU time of zlib's default for a tenth more bytes; git gc deflates anew


class New(NamedTuple):
    """An object to be packed: its name as hex, kind and content; ``base`` is an earlier one it is a change of."""

    name: str
    kind: int
    content: bytes
    base: str | None = None
    delta: bytes = b""


def write(folder: Path, objects: Sequence[New], *, durable: bool) -> str:
    """Write ``objects`` as one pack in ``folder`` (``objects/pack``) and return the pack's name, ``pack-<sha1>``.

    Raises:
        OSError: full or read-only; no pack is there then, or one that nothing refers to.
    """
    body, offsets, sums = _body(objects)
    checksum = hashlib.sha1(body, usedforsecurity=False).digest()
    name = f"pack-{checksum.hex()}"
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / f"{name}.pack", body + checksum, durable=durable)
    _put(folder / f"{name}.idx", _index(offsets, sums, checksum), durable=durable)
    if durable:
        sync_folder(folder)
    return name


def names_in(index: bytes) -> list[str]:
    """Return the names of the objects in an index of version 2, in order of where they lie in the pack."""
    count = int.from_bytes(index[8 + 255 * 4 : 8 + 256 * 4], "big")
    start = 8 + 256 * 4
    names = [index[start + 20 * n : start + 20 * n + 20].hex() for n in range(count)]
    where = start + 24 * count
    offsets = [int.from_bytes(index[where + 4 * n : where + 4 * n + 4], "big") for n in range(count)]
    return [name for _, name in sorted(zip(offsets, names, strict=True))]


def delta(base: bytes, content: bytes, *, by_line: bool = True) -> bytes | None:
    """Return how to make ``content`` from ``base``, for files that lose a beginning and gain an end; None: no gain.

    What was gained is looked for ``by_line``: a record repeats most of the summary that the one before it has.
    """
    if content.startswith(base):
        start, head, tail = 0, len(base), 0
    else:
        start = max(base.find(content[:_LOOK]), 0) if len(content) >= _LOOK else 0
        head = _common(base[start:], content)
        rest = min(len(base), len(content) - head)
        tail = _common(base[len(base) - rest :][::-1], content[len(content) - rest :][::-1]) if rest else 0
    new = content[head : len(content) - tail]
    change = bytearray(_size(len(base)) + _size(len(content)))
    _copy(change, start, head)
    if by_line:
        _by_line(change, base, new)
    else:
        _insert(change, new)
    _copy(change, len(base) - tail, tail)
    return bytes(change) if len(change) * 2 < len(content) else None


_LOOK = 48
_LINE = 24  # bytes; shorter ones are dearer to copy than to write
_SEARCHED_BYTES, _MISSED = 64 * 1024, 64  # what bounds the search: a larger base, or as many lines not found, ends it


def _by_line(change: bytearray, base: bytes, text: bytes) -> None:
    """Add the instructions that make ``text``, copying runs of lines that ``base`` has too."""
    written, start, size, missed = bytearray(), 0, 0, 0
    worth = _LINE if len(base) <= _SEARCHED_BYTES else len(text) + 1
    for line in text.splitlines(keepends=True):
        if size and base.startswith(line, start + size):
            size += len(line)
            continue
        _copy(change, start, size)
        start = base.rfind(line) if len(line) >= worth and missed < _MISSED else -1
        size = len(line) if start >= 0 else 0
        missed += not size and len(line) >= worth
        if size:
            _insert(change, written)
            written.clear()
        else:
            written += line
    _copy(change, start, size)
    _insert(change, written)


def _insert(change: bytearray, text: bytes | bytearray) -> None:
    """Add the instructions that write ``text``, 127 bytes at most each."""
    for n in range(0, len(text), 127):
        part = text[n : n + 127]
        change.append(len(part))
        change += part


def _copy(change: bytearray, start: int, size: int) -> None:
    """Add the instructions that copy from the base, 64 KiB less one at most each; zero bytes are left out."""
    while size > 0:
        part = min(size, 0xFFFF)
        at, first = len(change), 128
        change.append(0)
        for n, byte in enumerate(start.to_bytes(4, "little") + part.to_bytes(2, "little")):
            if byte:
                first |= 1 << n
                change.append(byte)
        change[at] = first
        start, size = start + part, size - part


def _body(objects: Sequence[New]) -> tuple[bytes, dict[str, int], dict[str, int]]:
    parts = [b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")]
    offset, offsets, sums = 12, dict[str, int](), dict[str, int]()
    for new in objects:
        if new.base is None:
            part = _header(new.kind, len(new.content)) + _deflated(new.content)
        else:
            back = _back(offset - offsets[new.base])
            part = _header(_OFS_DELTA, len(new.delta)) + back + _deflated(new.delta)
        offsets[new.name], sums[new.name] = offset, zlib.crc32(part)
        parts.append(part)
        offset += len(part)
    return b"".join(parts), offsets, sums


def _deflated(content: bytes) -> bytes:
    if len(content) > _STORED_BYTES:
        return zlib.compress(content, _LEVEL)
    # One stored block (RFC 1950, RFC 1951 3.2.4): so few bytes, mostly hashes, get no shorter.
    size = len(content)
    ends = zlib.adler32(content).to_bytes(4, "big")
    return b"\x78\x01\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + content + ends


def _index(offsets: dict[str, int], sums: dict[str, int], checksum: bytes) -> bytes:
    names = sorted(offsets)
    counts = [0] * 256
    for name in names:
        counts[int(name[:2], 16)] += 1
    tables = [accumulate(counts), (sums[name] for name in names), (offsets[name] for name in names)]
    fan, crcs, places = (b"".join(number.to_bytes(4, "big") for number in table) for table in tables)
    head = b"\xfftOc" + (2).to_bytes(4, "big")
    body = head + fan + b"".join(map(bytes.fromhex, names)) + crcs + places + checksum
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _header(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    return bytes([first | 128]) + _size(size) if size else bytes([first])


def _size(number: int) -> bytes:
    """Return a number seven bits a byte, lowest first."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _back(distance: int) -> bytes:
    """Return a distance seven bits a byte, highest first, each further byte counting from one more."""
    found = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        found.append(distance & 127 | 128)
    return bytes(reversed(found))


def _common(one: bytes, two: bytes) -> int:
    """Return how many bytes the two begin with alike, by halving."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == two[low:middle] else (low, middle - 1)
    return low


def _put(path: Path, content: bytes, *, durable: bool) -> None:
    descriptor, temporary = open_new(path.parent, "tmp_pack_")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o444)
            if durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
