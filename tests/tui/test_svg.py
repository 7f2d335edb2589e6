"""Pictures whose lines meet, whichever program draws them."""

import re
from itertools import pairwise

import pytest

from tests.tui.till import whole
from tui.pictures import render

ROWS = 24
# Of an em, in DejaVu Sans Mono and in Menlo (their tables hmtx and hhea).
ADVANCE, HEIGHT = 0.602, 1.164


@pytest.fixture(scope="module")
def svg(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("picture")
    render(whole().write(folder / "journal.jsonl"), None, folder / "out.svg", size=(80, ROWS))
    return (folder / "out.svg").read_text(encoding="utf-8")


def font_size(svg: str) -> float:
    return float(re.findall(r"-matrix \{[^}]*font-size: ([\d.]+)px", svg)[0])


def test_a_rule_is_as_wide_as_its_place_where_textlength_is_not_known(svg: str) -> None:
    rules = re.findall(r'textLength="([\d.]+)"[^>]*>(─+)<', svg)

    assert max(len(rule) for _, rule in rules) > 60
    for length, rule in rules:
        assert len(rule) * font_size(svg) * ADVANCE == pytest.approx(float(length), abs=0.5)


def test_rows_are_as_far_apart_as_the_font_is_high(svg: str) -> None:
    lines = sorted({float(y) for y in re.findall(r'<text class="terminal-monitor-r\d+"[^>]* y="([\d.]+)"', svg)})

    assert len(lines) == ROWS
    for one, next_ in pairwise(lines):
        assert next_ - one == pytest.approx(font_size(svg) * HEIGHT, abs=0.11)


def test_grounds_lie_in_the_rows_of_their_texts_and_nothing_below_is_cut(svg: str) -> None:
    row = font_size(svg) * HEIGHT
    grounds = {float(y) for y in re.findall(r'<rect fill[^>]* y="([\d.]+)"[^>]*height="23.84"', svg)}
    whole_height = float(re.findall(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg)[0])
    shown = float(re.findall(r'clip-terminal">\s*<rect[^>]*height="([\d.]+)"', svg)[0])

    assert len(grounds) > 2
    assert all(abs((y - 1.5) / row - round((y - 1.5) / row)) < 0.01 for y in grounds)
    assert max(grounds) + row == pytest.approx(shown, abs=3)
    assert shown < whole_height
