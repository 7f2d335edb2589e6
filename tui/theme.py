"""Two palettes: one for dark terminals, one for light ones.

Rule 1: words stay readable on their ground (contrast of 4.5 and more); only rules and empty bars are fainter.
"""

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="onecontext-dark",
    dark=True,
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#7dcfff",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8d0ee",
    background="#15161e",
    surface="#1a1b26",
    panel="#24283b",
    variables={
        "quiet": "#828bb8",
        "faint": "#3b4261",
        "rule": "#343a55",
        "cursor": "#2c3454",
        "lane0": "#7aa2f7",
        "lane1": "#9ece6a",
        "lane2": "#e0af68",
        "lane3": "#bb9af7",
        "lane4": "#7dcfff",
        "lane5": "#f7768e",
    },
)
LIGHT = Theme(
    name="onecontext-light",
    dark=False,
    primary="#2c5cc5",
    secondary="#7a3fb8",
    accent="#0b6e8f",
    warning="#8a5a00",
    error="#b3203c",
    success="#2f6b1f",
    foreground="#25283a",
    background="#eef0f6",
    surface="#fafbff",
    panel="#e2e6f2",
    variables={
        "quiet": "#5d6484",
        "faint": "#c3c9dd",
        "rule": "#c3c9dd",
        "cursor": "#d8e0f7",
        "lane0": "#2c5cc5",
        "lane1": "#2f6b1f",
        "lane2": "#8a5a00",
        "lane3": "#7a3fb8",
        "lane4": "#0b6e8f",
        "lane5": "#b3203c",
    },
)


def wanted(choice: str, env: Mapping[str, str]) -> Theme:
    """Return the palette for ``auto``, ``dark`` or ``light``; terminals that say their ground do so in COLORFGBG."""
    if choice == "auto":
        ground = env.get("COLORFGBG", "").rpartition(";")[2]
        choice = "light" if ground in ("7", "15") else "dark"
    return LIGHT if choice == "light" else DARK
