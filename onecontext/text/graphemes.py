"""Where a text may be cut: between characters as a person sees them (extended grapheme clusters, UAX #29).

Rule 1: looking for a place takes time linear in what lies between it and the last plain letter before it.
"""

import re

# No cluster goes over the border between two of these (UAX #29: GB9 to GB13 all have a sign beyond ASCII in them).
_PLAIN = r"[\n\x20-\x7e][\x20-\x7e]"
_LOOKED_AT = 256  # characters, before all that stands before is looked at


def boundary_before(text: str, end: int) -> int:
    """Return the last place at or before ``end`` where no character is cut in two; ``len(text)`` and 0 are such."""
    if end >= len(text) or end <= 0:
        return min(max(end, 0), len(text))
    if re.match(_PLAIN, text[end - 1 : end + 1]):
        return end
    # The package that tiktoken takes texts apart with; the standard library does not know clusters.
    import regex

    start, last = _safe_start(text, end), 0
    for cluster in regex.finditer(r"\X", text, pos=start):
        if cluster.end() > end:
            return int(cluster.start())
        last = cluster.end()
        if last == end:
            break
    return last


def _safe_start(text: str, end: int) -> int:
    for reach in (_LOOKED_AT, end):
        places = [match.start() + 1 for match in re.compile(_PLAIN).finditer(text, max(end - reach, 0), end)]
        if places:
            return places[-1]
    return 0
