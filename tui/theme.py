"""Three palettes: one for dark terminals, one for light ones, and one for eyes that see few colours.

Rule 1: words stay readable on their ground (contrast of 4.5 and more); only rules and empty bars are fainter.
"""

from collections.abc import Mapping

from textual.theme import Theme

from tui.words import LANE_TONES

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
SAFE = Theme(
    # Okabe and Ito, "Color Universal Design" (2008): told apart with any common kind of colour blindness. Good is blue
    # and bad is orange, as nobody mistakes these two for each other.
    name="onecontext-safe",
    dark=True,
    primary="#56b4e9",
    secondary="#cc79a7",
    accent="#7fd0ff",
    warning="#f0e442",
    error="#f5a35c",
    success="#56b4e9",
    foreground="#e4e4e4",
    background="#121212",
    surface="#1a1a1a",
    panel="#262626",
    variables={
        "quiet": "#9c9c9c",
        "faint": "#4a4a4a",
        "rule": "#4a4a4a",
        "cursor": "#3a3a3a",
        "lane0": "#56b4e9",
        "lane1": "#f0e442",
        "lane2": "#e69f00",
        "lane3": "#cc79a7",
        "lane4": "#2fc79b",
        "lane5": "#f5a35c",
    },
)
TONES = {
    "plain": "foreground",
    "dim": "quiet",
    "faint": "faint",
    "bold": "foreground",
    "heading": "quiet",
    "good": "success",
    "bad": "error",
    "warn": "warning",
    "info": "primary",
    "accent": "accent",
    "review": "secondary",
    "ref": "success",
    "hit": "warning",
    "file": "foreground",
    "hunk": "primary",
    **{tone: tone for tone in LANE_TONES},
}
"""Tones to the colours of a theme."""
BOLD = ("bold", "heading", "ref", "hit", "file")
REVERSED = ("hit",)
GROUNDS = {"file": "panel"}
"""Tones that have a ground of their own; the others lie on that of their widget."""
PALETTES = (DARK, LIGHT, SAFE)
NAMES = {"dark": DARK, "light": LIGHT, "safe": SAFE}


def tone_of(name: str) -> tuple[str, bool, bool]:
    """Return the colour of a tone by name, whether it is bold, and whether it is reversed; what is none is plain."""
    return TONES.get(name, "foreground"), name in BOLD, name in REVERSED


def next_of(name: str) -> str:
    """Return the name of the palette after ``name``; after the last comes the first."""
    names = [palette.name for palette in PALETTES]
    return names[(names.index(name) + 1) % len(names)]


def wanted(choice: str, env: Mapping[str, str]) -> Theme:
    """Return the palette of a choice: ``auto`` or a name of :data:`NAMES`; terminals say their ground in COLORFGBG."""
    if choice == "auto":
        ground = env.get("COLORFGBG", "").rpartition(";")[2]
        choice = "light" if ground in ("7", "15") else "dark"
    return NAMES[choice]
