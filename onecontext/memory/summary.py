"""The previous progress summary: it rolls, newest first, inside a bound.

Rule 1: the next summary comes from the newest milestone alone, so it costs the same after a year.
Rule 2: the bound is in UTF-8 bytes, never in tokens, so the same history is the same bytes everywhere.
Rule 3: what is pinned comes first and is never dropped without a word.
"""

from collections.abc import Sequence

from onecontext.records import Milestone

LIMIT_BYTES = 2048
_LINE_BYTES = 320
PIN = "- pinned: "
_CUT = " (cut: all of it is in metadata.yaml)"


def one_line(text: str, *, limit_bytes: int = _LINE_BYTES) -> str:
    """Return ``text`` with every run of white space as one space, cut to whole characters within ``limit_bytes``."""
    flat = " ".join(text.split())
    encoded = flat.encode("utf-8")
    if len(encoded) <= limit_bytes:
        return flat
    return encoded[: limit_bytes - 3].decode("utf-8", "ignore") + "…"


def roll(newest: Milestone | None, pinned: Sequence[str] = ()) -> str:
    """Return the summary that the milestone after ``newest`` carries; empty for the first one without pins."""
    pins = _pins(pinned)
    lines = [f"- {newest.id}: {one_line(newest.contribution)}"] if newest else []
    lines += [line for line in newest.previous.split("\n") if line and not line.startswith(PIN)] if newest else []
    kept: list[str] = []
    room = LIMIT_BYTES
    for line in [*pins, *lines]:
        size = len(line.encode("utf-8")) + 1
        if size > room:
            break
        kept.append(line)
        room -= size
    return "\n".join(kept)


def _fitted(text: str) -> str:
    line = one_line(text)
    return line if line == " ".join(text.split()) else one_line(text, limit_bytes=_LINE_BYTES - len(_CUT)) + _CUT


def _pins(pinned: Sequence[str]) -> list[str]:
    lines = [PIN + _fitted(text) for text in pinned]
    # Half of the room at most: beyond that the summary says where the rest is, and context always shows them all.
    kept: list[str] = []
    room = LIMIT_BYTES // 2
    for line in lines:
        room -= len(line.encode("utf-8")) + 1
        if room < 0:
            return [*kept, f"{PIN}{len(lines) - len(kept)} more in metadata.yaml"]
        kept.append(line)
    return kept
