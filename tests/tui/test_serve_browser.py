"""``onecontext monitor --serve`` in a real browser: what is seen, and that nothing is taken from a network."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.browser import BINARY, MISSING, colours, opened
from tests.support.served import serving, soon
from tests.tui.till import middle
from tui.sources.folder import JOURNAL
from tui.theme import DARK, LIGHT

pytestmark = [pytest.mark.skipif(BINARY is None, reason=MISSING), pytest.mark.timeout(300)]


def near(seen: Mapping[tuple[int, int, int], int], colour: str | None) -> int:
    """Return how many pixels have a colour; a browser rounds its channels up and down."""
    assert colour is not None
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return sum(n for one, n in seen.items() if all(abs(a - b) <= 2 for a, b in zip(one, wanted, strict=True)))


def test_the_board_is_seen_and_used_in_a_browser(tmp_path: Path) -> None:
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)

    async def use() -> None:
        async with opened(server.address) as page:
            await page.drawn()
            dark = colours(await page.picture())
            # The screen fills the page, and what is on it has the colours of its words.
            assert near(dark, DARK.background) > 1280 * 800 / 2
            for colour in (DARK.primary, DARK.success, DARK.accent, DARK.warning):
                assert near(dark, colour) > 50, colour
            await page.press("t")
            light = colours(await page.picture())
            for _ in range(30):
                if near(light, LIGHT.background) > 1280 * 800 / 2 and not near(light, DARK.background):
                    break
                await asyncio.sleep(1.0)
                light = colours(await page.picture())
            assert near(light, LIGHT.background) > 1280 * 800 / 2
            assert not near(light, DARK.background)
            assert await page.value("document.getElementById('theme').content") == LIGHT.background
            assert await page.value("document.cookie") == ""
            assert server.token not in await page.value("location.href")
            assert {urlsplit(url).netloc for url in page.requested if url.startswith("http")} == {
                urlsplit(server.origin).netloc
            }
            assert not [words for words in page.refusals if "Content Security" in words or "ERR_" in words]
            await page.press("q")
            ended = "getComputedStyle(document.getElementById('ended')).display == 'flex'"
            for _ in range(30):
                if await page.value(ended):
                    break
                await asyncio.sleep(1.0)
            assert await page.value(ended)
            await page.value("document.getElementById('again').click()")
            await page.drawn()

    with serving(tmp_path) as server:
        asyncio.run(use())
        assert soon(lambda: server.screens() == [])
