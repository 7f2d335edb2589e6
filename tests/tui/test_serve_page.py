"""The page of ``onecontext monitor --serve`` as a person has it: keys, sizes, links, the clipboard, and its end."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.browser import BINARY, MISSING, Page, opened
from tests.support.served import Served, serving, soon
from tests.tui.till import middle
from tui.serving.guard import REFUSED
from tui.sources.folder import JOURNAL

pytestmark = [pytest.mark.skipif(BINARY is None, reason=MISSING), pytest.mark.timeout(300)]
BACK = "document.body.classList.contains('-closed')"
WHY = "document.getElementById('why').textContent"
SENT = """
    window.sent = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { sent.push(data); return send.call(this, data); };
"""
LINK = "https://evil.example/"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    story = middle()
    for number in range(60):
        text = f"{LINK} {LINK} {LINK} {LINK} {LINK}"
        story.tell("message.sent", "worker-1", msg_id=f"l-{number}", **{"from": "worker-1"}, to="lead", text=text)
    story.write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


def look(server: Served, act: Callable[[Page], Awaitable[object]], *, dots: int = 1) -> None:
    """Open the page, wait until it is drawn, and let ``act`` use it."""

    async def run() -> None:
        async with opened(server.address, dots=dots) as page:
            await page.drawn()
            await act(page)

    asyncio.run(run())


KEYS = {
    "Escape": "\x1b",
    "Tab": "\t",
    "shift+Tab": "\x1b[Z",
    "ctrl+s": "\x13",
    "ctrl+Home": "\x1b[1;5H",
    "Home": "\x1b[H",
    "PageDown": "\x1b[6~",
    "ArrowDown": "\x1b[B",
    "F1": "\x1bOP",
    "F3": "\x1bOR",
    "F5": "\x1b[15~",
    "F12": "\x1b[24~",
    "/": "/",
    "Backspace": "\x7f",
    "'": "'",
    " ": " ",
    "ctrl+f": "\x06",
    "ctrl+p": "\x10",
}


def test_keys_are_the_screens_and_not_the_browsers(project: Path) -> None:
    async def act(page: Page) -> None:
        await page.value(SENT)
        # Below the last row, where no cell is.
        await page.resize(1279, 797)
        await page.click(1278, 796)
        for key, said in KEYS.items():
            await page.press(key)
            assert json.loads(await page.value("sent.at(-1)")) == ["stdin", said], key
        assert await page.value("[scrollX, scrollY, history.length].join()") == "0,0,2"
        assert await page.value("document.activeElement.className") == "xterm-helper-textarea"

    with serving(project) as server:
        look(server, act)


@pytest.mark.parametrize("dots", [1, 2])
def test_the_screen_fills_the_page_at_any_size_and_never_more(project: Path, dots: int) -> None:
    fits = """(() => {
        const seen = document.querySelector(".xterm-screen").getBoundingClientRect();
        const dots = document.querySelector("canvas").width;
        return innerHeight - seen.bottom >= 0 && innerHeight - seen.bottom < 30 && innerWidth - seen.right >= 0
            && innerWidth - seen.right < 30 && Math.abs(dots / seen.width - devicePixelRatio) < 0.05;
    })()"""

    async def act(page: Page) -> None:
        assert await page.value("devicePixelRatio") == dots
        assert await page.value(fits)
        for size in ((390, 844), (2600, 1100), (1280, 800)):
            await page.resize(*size)
            await page.until(fits)
            await asyncio.sleep(0.5)
            assert await page.value(fits), size

    with serving(project) as server:
        look(server, act, dots=dots)


def test_without_webgl_the_screen_is_drawn_on_canvases_all_the_same(project: Path) -> None:
    without = """
        const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
            return kind.startsWith("webgl") ? null : real.call(this, kind, ...more);
        };
    """

    async def run() -> None:
        async with opened(server.address) as page:
            await page.call("Page.addScriptToEvaluateOnNewDocument", source=without)
            await page.value("location.reload()")
            await page.until("document.body?.classList.contains('-first-byte')")
            assert await page.value("document.createElement('canvas').getContext('webgl') === null")
            assert await page.value("!!document.querySelector('canvas.xterm-text-layer')")

    with serving(project) as server:
        asyncio.run(run())


def test_a_click_opens_nothing_that_an_agent_wrote_and_ctrl_does(project: Path) -> None:
    async def act(page: Page) -> None:
        await page.value(
            "window.tried = []; const real = URL; window.open = ((old) => (...a) => old(...a))(window.open)"
        )
        await page.press("5")
        await page.press("5")
        height = await page.value("document.querySelector('.xterm-screen').clientHeight")

        async def evil() -> list[str]:
            found = (await page.call("Target.getTargets"))["targetInfos"]
            return [one["url"] for one in found if one["type"] == "page" and "127.0.0.1" not in one["url"]]

        for y in range(60, int(height), 19):
            await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=700, y=y)
            await asyncio.sleep(0.2)
            if await page.value("document.querySelector('.xterm-screen').classList.contains('xterm-cursor-pointer')"):
                break
        else:
            raise AssertionError("no link was seen")
        await page.click(700, y)
        assert await evil() == []
        await page.click(700, y, ctrl=True)
        assert len(await evil()) == 1

    with serving(project) as server:
        look(server, act)


def test_what_is_copied_is_in_the_clipboard_or_the_page_says_that_it_is_not(project: Path) -> None:
    async def read(page: Page, how: str) -> str:
        told = await page.call("Runtime.evaluate", expression=how, awaitPromise=True)
        return str(told["result"]["value"])

    async def act(page: Page) -> None:
        origin = {"origin": server.origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
        await page.call("Browser.grantPermissions", **origin)
        await page.press("1")
        await page.press("y")
        assert (await read(page, "Clipboard.prototype.readText.call(navigator.clipboard)")).startswith(
            "print-receipt\n"
        )
        assert await page.value("document.getElementById('note').hidden")
        # What shift marks (the title of the board) is copied by the browser's own key, which else leaves the screen.
        await page.drag((25, 68), (40, 68), (79, 68), shift=True)
        await page.press("ctrl+c")
        assert await read(page, "Clipboard.prototype.readText.call(navigator.clipboard)") == "1 board"
        assert not await page.value(BACK)
        # The screen itself is never told what is in it.
        assert await read(page, "navigator.clipboard.readText()") == ""

        await page.value(
            "Clipboard.prototype.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
        )
        await page.press("y")
        await page.until("!document.getElementById('note').hidden")

    with serving(project) as server:
        look(server, act)


def test_a_page_whose_server_ended_says_so(project: Path) -> None:
    async def act(page: Page) -> None:
        server.process.send_signal(signal.SIGINT)
        await page.until(BACK)
        assert "--serve has ended" in await page.value(WHY)
        assert await page.value("document.getElementById('again').hidden")

    with serving(project) as server:
        look(server, act)


def test_a_page_that_lost_its_connection_comes_back_by_itself(project: Path) -> None:
    async def act(page: Page) -> None:
        await page.value("window.same = true")
        (screen,) = server.screens()
        # Nothing is heard from the server, and nothing else: as when a tunnel is gone, or a laptop slept.
        server.process.send_signal(signal.SIGSTOP)
        await page.until(BACK)
        assert "connection was lost" in await page.value(WHY)
        server.process.send_signal(signal.SIGCONT)
        await page.until("window.same === undefined && document.body.classList.contains('-first-byte')")
        assert await asyncio.to_thread(soon, lambda: screen not in server.screens() and len(server.screens()) == 1)

    with serving(project) as server:
        look(server, act)


def test_a_page_whose_server_was_killed_goes_on_trying(project: Path) -> None:
    async def act(page: Page) -> None:
        server.process.kill()
        await page.until(BACK)
        assert "Trying again" in await page.value(WHY)

    with serving(project) as server:
        look(server, act)


def test_who_has_no_token_gets_a_page_that_says_where_it_is(project: Path) -> None:
    async def run() -> str:
        async with opened(server.origin) as page:
            await page.until("document.readyState == 'complete' && !!document.body.innerText.trim()")
            return str(await page.value("document.title + ': ' + document.body.innerText.trim()"))

    with serving(project) as server:
        assert asyncio.run(run()) == f"onecontext monitor: {REFUSED.strip()}"
