"""A recording in a browser: the time bar under a mouse and under a finger, and a swipe over a list."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.browser import BINARY, MISSING, opened
from tests.support.served import serving
from tests.tui.test_serve_page import SENT
from tests.tui.till import middle

pytestmark = [pytest.mark.skipif(BINARY is None, reason=MISSING), pytest.mark.timeout(300)]
ROW_PX = 19
FROM_BELOW = "document.querySelector('.xterm-screen').clientHeight"
EARLY, LATE = "document.title == 'till-1 · onecontext'", "document.title.startsWith('▲ ')"
"""Nothing needs a person at the beginning of this run, and something does at its end."""


def test_a_recording_is_dragged_through_by_mouse_and_by_finger_and_a_swipe_turns_the_wheel(tmp_path: Path) -> None:
    path = middle().write(tmp_path / "run.jsonl")

    async def use() -> None:
        async with opened(server.address) as page:
            await page.call("Emulation.setTouchEmulationEnabled", enabled=True)
            await page.drawn()
            await page.until(EARLY)
            bar = await page.value(FROM_BELOW) - 2.5 * ROW_PX

            async def there(expression: str, *places: tuple[float, float], finger: bool) -> None:
                # The first one may come before the bar is laid out.
                for _ in range(20):
                    await page.drag(*places, finger=finger)
                    for _ in range(20):
                        if await page.value(expression):
                            return
                        await asyncio.sleep(0.1)
                raise TimeoutError(f"never true: {expression}")

            for finger in (False, True):
                await there(LATE, (60, bar), (600, bar), (1270, bar - 40), finger=finger)
                await there(EARLY, (1270, bar), (600, bar), (9, bar), finger=finger)

            await page.value(SENT)
            await page.drag((600, 400), (603, 420), (600, 480), finger=True)
            await page.drag((600, 400), (600, 340), finger=True)
            down, up = "\x1b[<64;76;22M", "\x1b[<65;76;22M"
            assert [json.loads(one)[1] for one in json.loads(await page.value("JSON.stringify(sent)"))] == [
                *(down, down),
                up,
            ]

    with serving(tmp_path, "--replay", str(path), "--at", "1") as server:
        asyncio.run(use())
