"""Pictures of a terminal as Rich exports them, made to look alike wherever they are read.

Rule 1: a picture loads nothing from elsewhere: its font is whichever monospaced one the reader has.
Rule 2: lines meet. Rich sets rows 1.22 times as far apart as a font is high, and widths by ``textLength``, which
    librsvg does not know: frames and curves had gaps. A cell is made as wide and as high as a character of DejaVu Sans
    Mono, whose proportions Menlo has, too.
"""

import html
import re

from tui.text import width

FONTS = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', 'Liberation Mono', Consolas, monospace"
ADVANCE, ASCENT, DESCENT = 0.602, 0.928, 0.236
"""Of an em, from the font's tables ``hmtx`` and ``hhea``."""
CELL_WIDTH, CELL_HEIGHT, TOP = 12.2, 24.4, 1.5
"""Pixels, as Rich exports a cell, and where the first row begins."""
FONT_SIZE = CELL_WIDTH / ADVANCE
ROW = FONT_SIZE * (ASCENT + DESCENT)
_FONT_FACE = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
_TEXT = re.compile(r'(<text [^>]*?)x="([\d.]+)"([^>]*?)textLength="([\d.]+)"([^>]*)>([^<]*)</text>')
_UNIQUE = re.compile(r"terminal-\d+")
_CELLS = re.compile(r'(<(?:text|rect) [^>]*?\by=")([\d.]+)("[^>]*?(?:textLength|height="24.65")[^>]*>)')
_HEIGHTS = re.compile(r'(viewBox="0 0 [\d.]+ |<rect [^>]*?height=")(\d+(?:\.\d+)?)(")')


def self_contained(svg: str) -> str:
    """Return the picture without fonts from elsewhere, with names that do not depend on what is drawn, and closed."""
    local = re.sub(r"font-family:\s*Fira Code[^;]*;", f"font-family: {FONTS};", _FONT_FACE.sub("", svg))
    return _TEXT.sub(_without_margins, _closed(_UNIQUE.sub("terminal-monitor", local)))


def _closed(svg: str) -> str:
    """Return the picture with rows as far apart as the font is high."""
    rows = svg.count("<clipPath") - 1  # one for each row, and one for all of them
    less = rows * (CELL_HEIGHT - ROW)
    sized = svg.replace("font-size: 20px", f"font-size: {FONT_SIZE:.2f}px").replace("24.4px", f"{ROW:.2f}px")
    # Only what is as high as the terminal ends further up.
    whole = _HEIGHTS.sub(lambda found: _shorter(found, less) if float(found[2]) > CELL_HEIGHT + 1 else found[0], sized)
    return _CELLS.sub(_in_its_row, whole).replace('height="24.65"', f'height="{ROW + 0.25:.2f}"')


def _shorter(found: re.Match[str], less: float) -> str:
    return f"{found[1]}{_tidy(float(found[2]) - less)}{found[3]}"


def _in_its_row(found: re.Match[str]) -> str:
    """Place a text, or the ground of one, in the row where it was."""
    row = int((float(found[2]) - TOP) / CELL_HEIGHT + 0.01)
    down = FONT_SIZE * ASCENT if found[1].startswith("<text") else 0.0
    return f"{found[1]}{_tidy(TOP + row * ROW + down)}{found[3]}"


def _without_margins(match: re.Match[str]) -> str:
    """Place a text where its first visible character stands: some readers of SVG drop leading spaces."""
    before, x, between, length, after, text = match.groups()
    plain = html.unescape(text).replace("\xa0", " ")
    shown = plain.strip()
    if not shown:
        return ""
    cell = float(length) / width(plain)
    left = float(x) + (len(plain) - len(plain.lstrip())) * cell
    safe = html.escape(shown, quote=False).replace(" ", "&#160;")
    return f'{before}x="{_tidy(left)}"{between}textLength="{_tidy(width(shown) * cell)}"{after}>{safe}</text>'


def _tidy(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
