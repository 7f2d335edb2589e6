"""The lanes of a graph in lines that join: ``|\\`` becomes ``├─╮``, and each lane has a tone of its own.

Rule 1: what is drawn is decided by where lines leave a cell (up, down, left, right), so any drawing of
        :mod:`onecontext.recall.graph` comes out right, and one that is none comes out as it is.
Rule 2: of lanes that move aside together only the first joins with lines; the others lean (``╲``, ``╱``), so that no
        lane seems to run on through the one beside it.
Rule 3: a tone only repeats the place; a merge and the begin of a history have signs of their own.
"""

from tui.rows.spans import Spans
from tui.words import LANE_TONES

COMMIT, MERGE, BEGIN = "●", "◆", "○"
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_SIGNS = {
    _UP: "│",
    _DOWN: "│",
    _UP | _DOWN: "│",
    _LEFT: "─",
    _RIGHT: "─",
    _LEFT | _RIGHT: "─",
    _UP | _RIGHT: "╰",
    _UP | _LEFT: "╯",
    _DOWN | _RIGHT: "╭",
    _DOWN | _LEFT: "╮",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _LEFT | _RIGHT | _DOWN: "┬",
    _LEFT | _RIGHT | _UP: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}
_LEANING = {"\\": "╲", "/": "╱"}
_LEAVES = {"|": ((0, _UP | _DOWN),), "-": ((0, _LEFT | _RIGHT),), ".": ((0, _LEFT | _DOWN),)}
_SLANTS = {
    "\\": ((-1, _UP | _RIGHT), (0, _LEFT | _RIGHT), (1, _LEFT | _DOWN)),
    "/": ((1, _UP | _LEFT), (0, _LEFT | _RIGHT), (-1, _RIGHT | _DOWN)),
    "_": ((-1, _RIGHT), (0, _LEFT | _RIGHT), (1, _LEFT)),
}


def lane_spans(lanes: str, cells: int, *, parents: int = 1) -> Spans:
    """Return one line of lanes in at most ``cells`` cells; ``parents`` is how many the commit in it has."""
    leaves = [0] * (len(lanes) + 1)
    leaning = {place for place, sign in enumerate(lanes) if sign in _LEANING and lanes[: place - 1].endswith(sign)}
    for place, sign in enumerate(lanes):
        if place in leaning:
            continue
        for by, where in _LEAVES.get(sign, ()) or _SLANTS.get(sign, ()):
            if place + by >= 0:
                leaves[place + by] |= where
    node = COMMIT if parents == 1 else MERGE if parents else BEGIN
    drawn = "".join(
        node if sign == "*" else _LEANING[sign] if place in leaning else _SIGNS.get(leaves[place], sign)
        for place, sign in enumerate(lanes + " ")
    )
    return [(sign, LANE_TONES[(place + 1) // 2 % len(LANE_TONES)]) for place, sign in enumerate(drawn.rstrip()[:cells])]
