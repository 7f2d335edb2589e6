"""A file stored as its change of another: git's delta format, for the way that records grow.

Rule 1: finding a change takes time linear in the two files, but for a bounded number of lines that are looked for.

Source: gitformat-pack(5), "Deltified representation".
"""

_LOOK = 48
_WORTH_BYTES = 12  # what a change costs besides its bytes: to name its base, and to be read with it
_LEAD = 16  # bytes; a line of which only the beginning is new, as where a text becomes an item of a list
_LINE = 24  # bytes; shorter ones are dearer to copy than to write
_SEARCHED_BYTES, _MISSED = 64 * 1024, 64  # what bounds the search: a larger base, or as many lines not found, ends it


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
    change = bytearray(number_bytes(len(base)) + number_bytes(len(content)))
    _copy(change, start, head)
    if by_line:
        _by_line(change, base, new)
    else:
        _insert(change, new)
    _copy(change, len(base) - tail, tail)
    return bytes(change) if len(change) + _WORTH_BYTES < len(content) else None


def _by_line(change: bytearray, base: bytes, text: bytes) -> None:
    """Add the instructions that make ``text``, copying runs of lines that ``base`` has too."""
    written, start, size, missed = bytearray(), 0, 0, 0
    worth = _LINE if len(base) <= _SEARCHED_BYTES else len(text) + 1
    for line in text.splitlines(keepends=True):
        if size and base.startswith(line, start + size):
            size += len(line)
            continue
        _copy(change, start, size)
        start, lead = -1, 0
        if len(line) >= worth and missed < _MISSED:
            start = base.rfind(line)
            if start < 0 and len(line) >= _LEAD + worth:
                start, lead = base.rfind(line[_LEAD:]), _LEAD
            missed += start < 0
        size = len(line) - lead if start >= 0 else 0
        if size:
            _insert(change, written + line[:lead])
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


def number_bytes(number: int) -> bytes:
    """Return a number seven bits a byte, lowest first."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _common(one: bytes, two: bytes) -> int:
    """Return how many bytes the two begin with alike, by halving."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == two[low:middle] else (low, middle - 1)
    return low
