"""Going from view to view, narrowing, peeking and copying, under a pilot."""

import re

import pytest
from textual.pilot import Pilot

from tests.tui.screen import play, screen_after, screens_after, shown, still, text_of
from tests.tui.till import middle, opening
from tui.theme import PALETTES
from tui.views.registry import VIEWS

SMALL, MIDDLE = (80, 24), (120, 36)


@pytest.mark.parametrize("entry", VIEWS, ids=lambda entry: entry.name)
def test_a_view_has_the_whole_screen_after_its_key_was_pressed_twice_and_escape_goes_back(entry: object) -> None:
    key, name = entry.key, entry.name  # type: ignore[attr-defined]
    whole, back = screens_after(still(shown(middle().events)), MIDDLE, [key, key], ["escape"])

    titles = re.findall(r"╭─ ([\dw] \w+)", whole)
    assert titles == [f"{key} {name}"]
    assert "0 overview" in whole.splitlines()[-1]
    assert len(re.findall(r"╭─ \d \w+", back)) == 5


def test_a_key_that_is_pressed_twice_at_once_gives_the_screen_to_a_pane_that_had_no_place() -> None:
    app = still(shown(middle().events))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        for name in ("messages", "memory"):
            await pilot.press("0")
            await pilot.pause()
            app.action_view(name)
            app.action_view(name)
            await pilot.pause(0.2)
            seen.extend(re.findall(r"╭─ (\d \w+)", text_of(app)))

    play(app, SMALL, act)

    assert seen == ["5 messages", "4 memory"]


def test_from_one_view_to_another_takes_one_key() -> None:
    first, second = screens_after(still(shown(middle().events)), SMALL, "33", "5")

    assert ("3 log" in first, "5 messages" in second, "3 log" in second) == (True, True, False)


def test_a_view_that_is_not_looked_at_costs_nothing_and_shows_the_newest_when_it_is() -> None:
    app = still(shown(middle().events))
    asked: list[int] = []

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("2", "2")
        await pilot.press("0")
        agents = app.query_one("#view-agents")
        agents.draw = lambda scene: asked.append(scene.snapshot.totals.events)  # type: ignore[attr-defined]
        app._draw()
        assert asked == []
        await pilot.press("2", "2")
        assert asked

    play(app, MIDDLE, act)


def test_slash_narrows_while_words_are_typed_enter_keeps_them_and_escape_shows_all() -> None:
    app = still(shown(middle().events))

    words = [*"OFFERS", "space", *"pytest"]
    typed, kept, again = screens_after(app, MIDDLE, ["3", "3", "ampersand", *words], ["enter"], ["ampersand", "escape"])

    def rows(text: str) -> list[str]:
        return [line.casefold() for line in text.splitlines() if re.match(r"│ \d\d:\d\d", line)]

    for text in (typed, kept):
        assert rows(text)
        assert all("offers" in row and "pytest" in row for row in rows(text))
    assert "OFFERS pytest" in typed.splitlines()[-1]
    assert "q quit" in kept.splitlines()[-1]
    assert len(rows(again)) > len(rows(kept))


def test_words_that_nothing_has_are_said_and_letters_that_are_keys_are_only_typed() -> None:
    app = still(shown(middle().events))

    text = screen_after(app, MIDDLE, "1", "slash", *"qqz")

    assert "no task fits these words" in text
    assert "qqz" in text.splitlines()[-1]


def test_a_board_that_is_narrowed_says_how_many_of_how_many() -> None:
    text = screen_after(still(shown(middle().events)), MIDDLE, "1", "slash", *"offers", "enter")

    assert "1 of 3 tasks" in text
    assert ("fix-offers" in text, "#1 fix-prices" in text.split("2 agents")[0]) == (True, False)


@pytest.mark.parametrize("size", [SMALL, MIDDLE], ids=["below", "beside"])
def test_space_tells_what_is_under_the_cursor_and_goes_on_telling_while_it_moves(size: tuple[int, int]) -> None:
    first, moved, gone = screens_after(still(shown(middle().events)), size, ["2", "space"], ["down"], ["space"])

    assert "╭─ agent" in first
    assert "context" in first
    assert first != moved
    assert "space closes" in moved
    assert "space closes" not in gone


def test_the_peek_goes_on_telling_while_words_are_typed() -> None:
    before, typed, nothing, kept = screens_after(
        still(shown(middle().events)),
        MIDDLE,
        ["2", "2", "space"],
        ["slash", *"worker-2"],
        [*"qqz"],
        [*["backspace"] * 3, "enter"],
    )

    assert "worker-2: worker" not in before
    assert "worker-2: worker" in typed
    assert "nothing is under the cursor" in nothing
    assert "worker-2: worker" in kept


def test_what_is_told_below_a_list_is_of_what_is_left_while_words_are_typed() -> None:
    typed, nothing = screens_after(still(shown(middle().events)), MIDDLE, ["2", "2", "slash", *"worker-2"], [*"qqz"])

    assert "worker-2: worker" in typed
    assert "nothing is under the cursor" in nothing


def test_what_is_under_the_cursor_is_copied_as_plain_harmless_text(monkeypatch: pytest.MonkeyPatch) -> None:
    story = middle()
    story.tell(
        "message.sent", "w", msg_id="z", **{"from": "w"}, to="x", text="take \x1b[31mthis\x1b[0m\nand that", summary=""
    )
    app = still(shown(story.events))
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)

    screen_after(app, MIDDLE, "5", "y")

    assert len(copied) == 1
    assert "this" in copied[0]
    assert "\n  and that" in copied[0]
    assert "\x1b" not in copied[0]


def test_the_palette_of_commands_finds_a_view_by_name() -> None:
    app = still(shown(middle().events))

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("colon")
        await pilot.pause()
        await pilot.press(*"messages")
        await app.workers.wait_for_complete()
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause(0.3)
        assert "5 messages" in text_of(app)
        assert "1 board" not in text_of(app)

    play(app, MIDDLE, act)


def test_t_goes_round_the_palettes() -> None:
    app = still(shown(middle().events))
    seen: list[str] = []

    async def act(pilot: Pilot[None]) -> None:
        for _ in PALETTES:
            seen.append(app.theme)
            await pilot.press("t")
        seen.append(app.theme)

    play(app, SMALL, act)

    assert seen == [*(palette.name for palette in PALETTES), PALETTES[0].name]


@pytest.mark.parametrize(("key", "words"), [("6", "nothing was handed in yet"), ("8", "nobody asks for anything")])
def test_where_nothing_is_listed_one_box_says_so_and_no_second_stands_empty(key: str, words: str) -> None:
    for size in ((80, 24), (200, 50)):
        text = screen_after(still(shown(opening().events)), size, key)
        assert words in text
        assert sum(line.count("╭") for line in text.splitlines()) == 1


def test_the_foot_says_what_the_slash_does_where_it_is_pressed() -> None:
    log, board = screens_after(still(shown(opening().events)), (120, 36), ["3", "3"], ["1"])

    assert "/ seek" in log
    assert "/ filter" not in log
    assert "/ filter" in board
