"""A real browser that looks at an address: Debian's chromium, without a window, over its DevTools protocol.

``python -m tests.support.browser ADDRESS OUT.png [KEYS …]`` opens the address, waits until something is drawn, presses
the keys and writes a picture.

Rule 1: it reaches this machine alone: every other name leads nowhere, so a page that wants something from a network
        shows what is then missing; what it could not get, or was not allowed to, is in ``refusals``.
"""

import asyncio
import base64
import json
import shutil
import struct
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

BINARY = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = "no chromium here (Debian: sudo apt install chromium)"
PATIENCE_S = 60.0
CODES = {
    "Backspace": 8,
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    "PageUp": 33,
    "PageDown": 34,
    "End": 35,
    "Home": 36,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    " ": 32,
    "/": 191,
    "'": 222,
    "?": 191,
    **{f"F{number}": 111 + number for number in range(1, 13)},
}
"""Virtual key codes of Windows, which the protocol wants."""


class Page:
    """One tab; ``refusals`` are the words of what the page could not do."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        self._socket = socket
        self._number = 0
        self.refusals: list[str] = []
        self.requested: list[str] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            message = json.loads((await self._socket.receive(timeout=PATIENCE_S)).data)
            self._note(message)
            if message.get("id") == self._number:
                result: dict[str, Any] = message.get("result", {})
                return result

    async def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; None, too, where the page went to another one meanwhile."""
        return (await self.call("Runtime.evaluate", expression=expression)).get("result", {}).get("value")

    async def drawn(self) -> None:
        """Wait until the screen has something on it, and a moment for the rest."""
        for _ in range(int(PATIENCE_S * 10)):
            if await self.value("!!document.body && document.body.classList.contains('-first-byte')"):
                break
            await asyncio.sleep(0.1)
        else:
            raise TimeoutError(f"nothing was drawn; {self.refusals}")
        await asyncio.sleep(2.0)

    async def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        for _ in range(int(PATIENCE_S * 10)):
            if await self.value(expression):
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"never true: {expression}")

    async def press(self, key: str) -> None:
        """Press a key: one character, or a name of :data:`CODES`; ``ctrl+`` and ``shift+`` before it."""
        *held, name = key.split("+") if len(key) > 1 else [key]
        with_ = sum({"ctrl": 2, "shift": 8}[one] for one in held)
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 and not held else "")
        code = CODES.get(name, ord(name[0].upper()))
        params = {"key": name, "windowsVirtualKeyCode": code, "modifiers": with_}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        await self.call("Input.dispatchKeyEvent", **down, **params)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **params)
        await asyncio.sleep(0.5)

    async def click(self, x: float, y: float, *, ctrl: bool = False) -> None:
        """Click with the left button at a place of the page, in its pixels."""
        params = {"x": x, "y": y, "modifiers": 2 if ctrl else 0}
        await self.call("Input.dispatchMouseEvent", type="mouseMoved", **params)
        await asyncio.sleep(0.5)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **params)
        await asyncio.sleep(0.5)

    async def drag(self, *places: tuple[float, float], finger: bool = False, shift: bool = False) -> None:
        """Press the left button, or put a finger, on the first place, move over the others, and let go at the last."""
        kinds = ["touchStart", *["touchMove"] * len(places[1:]), "touchEnd"]
        if not finger:
            kinds = ["mousePressed", *["mouseMoved"] * len(places[1:]), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            if finger:
                points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
                await self.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
            else:
                held: dict[str, Any] = {"button": "left", "buttons": int(kind != "mouseReleased"), "clickCount": 1}
                held["modifiers"] = 8 if shift else 0
                await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **held)

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 0, "mobile": False}
        await self.call("Emulation.setDeviceMetricsOverride", **size)

    async def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])

    def _note(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Log.entryAdded":
            self.refusals.append(params["entry"]["text"])
        elif method == "Network.loadingFailed" and not params.get("canceled"):
            self.refusals.append(params["errorText"])
        elif method == "Network.requestWillBeSent":
            self.requested.append(params["request"]["url"])


@asynccontextmanager
async def opened(
    address: str, *, width: int = 1280, height: int = 800, dots: int = 1, light: bool = False
) -> AsyncIterator[Page]:
    """Open an address in a browser of its own, which is gone afterwards.

    ``dots`` of its screen are the side of a pixel; ``light`` is what its person prefers.
    """
    assert BINARY is not None, MISSING
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            BINARY,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
            *("--remote-debugging-port=0", f"--user-data-dir={folder}", f"--window-size={width},{height}"),
            f"--force-device-scale-factor={dots}",
            *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
            *("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "about:blank"),
            stderr=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(await _tab(session, Path(folder)), max_msg_size=0) as socket,
            ):
                page = Page(socket)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await page.call(f"{domain}.enable")
                await page.resize(width, height)
                likes = {"name": "prefers-color-scheme", "value": "light" if light else "dark"}
                await page.call("Emulation.setEmulatedMedia", features=[likes])
                await page.call("Page.navigate", url=address)
                yield page
        finally:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 10)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _tab(session: "aiohttp.ClientSession", folder: Path) -> str:
    """Return the address at which the tab is driven."""
    for _ in range(int(PATIENCE_S * 10)):
        port_file = folder / "DevToolsActivePort"
        if port_file.exists() and len(lines := port_file.read_text().splitlines()) == 2:
            async with session.get(f"http://127.0.0.1:{lines[0]}/json") as answer:
                tabs = [one for one in await answer.json() if one["type"] == "page"]
            if tabs:
                found: str = tabs[0]["webSocketDebuggerUrl"]
                return found
        await asyncio.sleep(0.1)
    raise TimeoutError("the browser did not start")


def colours(png: bytes) -> Counter[tuple[int, int, int]]:
    """Return the colours of a picture of 8 bits a channel, and how many pixels have each.

    Source: PNG (ISO/IEC 15948), 9 (filters) and 11 (chunks).
    """
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        packed += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    raw, size = zlib.decompress(packed), {2: 3, 6: 4}[kind]
    found: Counter[tuple[int, int, int]] = Counter()
    above = bytearray(width * size)
    for row in range(height):
        begin = row * (width * size + 1)
        line = bytearray(raw[begin + 1 : begin + 1 + width * size])
        _unfilter(raw[begin], line, above, size)
        found.update(zip(line[0::size], line[1::size], line[2::size], strict=True))
        above = line
    return found


def _unfilter(how: int, line: bytearray, above: bytearray, size: int) -> None:
    for place in range(len(line)) if how else ():
        left = line[place - size] if place >= size else 0
        corner = above[place - size] if place >= size else 0
        guesses = (left, above[place], (left + above[place]) // 2, _paeth(left, above[place], corner))
        line[place] = (line[place] + guesses[how - 1]) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))


async def take(address: str, out: Path, keys: list[str]) -> Page:
    """Write a picture of an address after some keys, and return the page as it was then."""
    async with opened(address) as page:
        await page.drawn()
        for key in keys:
            await page.press(key)
        out.write_bytes(await page.picture())
    return page


if __name__ == "__main__":
    done = asyncio.run(take(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
    sys.stdout.write("".join(f"{line}\n" for line in done.refusals))
