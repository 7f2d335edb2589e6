"""Lines that fit a terminal, counted in the cells that characters take there (UAX #11)."""

import unicodedata


def fit(text: str, columns: int | None) -> str:
    """Return ``text`` cut at its end to at most ``columns`` cells, with ``…`` where it was cut; None: as it is."""
    if columns is None or _cells(text) <= columns:
        return text
    kept, width = [], 0
    for character in text:
        width += _cells(character)
        if width > columns - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def fit_path(text: str, columns: int | None) -> str:
    """Return a path cut at its beginning, since its end tells more."""
    if columns is None or _cells(text) <= columns:
        return text
    return fit(text[::-1], columns)[::-1]


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(1 for character in text if unicodedata.east_asian_width(character) in "WF")
    return len(text) + wide - sum(1 for character in text if unicodedata.combining(character))
