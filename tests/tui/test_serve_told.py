"""What a page of ``onecontext monitor --serve`` is told besides what is drawn: title, ground, and why it ended."""

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.served import PATIENCE_S, Served, serving, soon
from tests.tui.till import middle
from tui.serving.client import Client
from tui.serving.server import MOST_CLIENTS
from tui.sources.folder import JOURNAL
from tui.theme import DARK, LIGHT, SAFE

Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
def project(tmp_path: Path) -> Path:
    middle().write(tmp_path / ".onecontext" / "teams" / "till-1" / JOURNAL)
    return tmp_path


def session_of(server: Served) -> tuple[str, aiohttp.ClientSession]:
    place, cookie = server.enter()
    return f"{server.origin}{place}ws", aiohttp.ClientSession(headers={**cookie, "Origin": server.origin})


async def look_of(socket: Socket) -> list[str]:
    """Return what the page is told about itself next."""
    while True:
        message = await socket.receive(timeout=PATIENCE_S)
        assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
        if message.type is aiohttp.WSMsgType.TEXT:
            told: list[str] = json.loads(message.data)
            return told


async def end_of(socket: Socket) -> tuple[int | None, str]:
    """Return the code with which a socket is closed, and the reason."""
    while True:
        message = await socket.receive(timeout=PATIENCE_S)
        if message.type not in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
            return socket.close_code, str(message.extra or "")


@pytest.mark.parametrize(
    ("arguments", "asked", "theme"),
    [
        ((), "", DARK),
        ((), "&light=0", DARK),
        ((), "&light=1", LIGHT),
        (("--palette", "safe"), "&light=1", SAFE),
    ],
)
def test_the_page_has_the_title_and_the_ground_of_its_screen(
    project: Path, arguments: Sequence[str], asked: str, theme: object
) -> None:
    async def run(server: Served) -> list[str]:
        place, session = session_of(server)
        async with session, session.ws_connect(f"{place}?width=120&height=36{asked}") as socket:
            return await look_of(socket)

    with serving(project, *arguments, env={"COLORFGBG": "0;15" if not asked else "15;0"}) as server:
        kind, title, ground = asyncio.run(run(server))

    assert (kind, ground) == ("look", getattr(theme, "background", None))
    assert title.startswith("▲ ")
    assert title.endswith("till-1 · onecontext")


def test_another_palette_gives_the_page_another_ground(project: Path) -> None:
    async def run(server: Served) -> list[str]:
        place, session = session_of(server)
        async with session, session.ws_connect(f"{place}?width=120&height=36") as socket:
            assert (await look_of(socket))[2] == DARK.background
            await socket.send_json(["stdin", "t"])
            return await look_of(socket)

    with serving(project) as server:
        assert asyncio.run(run(server))[2] == LIGHT.background


def test_so_many_may_look_and_no_more_and_the_page_is_told_so(project: Path) -> None:
    async def run(server: Served) -> tuple[int | None, str]:
        place, session = session_of(server)
        async with session:
            sockets = [await session.ws_connect(place) for _ in range(MOST_CLIENTS)]
            assert await asyncio.to_thread(soon, lambda: len(server.screens()) == MOST_CLIENTS)
            ended = await end_of(await session.ws_connect(place))
            assert len(server.screens()) == MOST_CLIENTS
            await sockets.pop().close()
            assert await asyncio.to_thread(soon, lambda: len(server.screens()) == MOST_CLIENTS - 1)
            async with session.ws_connect(place) as again:
                await look_of(again)
            return ended

    with serving(project) as server:
        code, why = asyncio.run(run(server))
        assert soon(lambda: server.screens() == [])

    assert (code, why) == (1013, "8 pages look already; close one of them, and open this one again.")


def test_a_screen_that_fails_says_why_in_the_page(project: Path) -> None:
    async def run(server: Served) -> tuple[int | None, str]:
        place, session = session_of(server)
        async with session, session.ws_connect(place) as socket:
            return await end_of(socket)

    with serving(project, "--team", "ä" * 80) as server:
        code, why = asyncio.run(run(server))

    assert code == 1011
    assert why.startswith("the screen ended with code ")
    assert "ä" in why
    assert len(why.encode()) <= 123


@pytest.mark.parametrize("how", ["quit", "server"])
def test_a_page_is_told_whether_its_screen_or_the_server_ended(project: Path, how: str) -> None:
    async def run(server: Served) -> tuple[int | None, str]:
        place, session = session_of(server)
        async with session, session.ws_connect(place) as socket:
            await look_of(socket)
            if how == "quit":
                await socket.send_json(["stdin", "q"])
            else:
                server.process.send_signal(signal.SIGINT)
            return await end_of(socket)

    with serving(project) as server:
        assert asyncio.run(run(server)) == (1000 if how == "quit" else 1001, "")


def test_a_screen_that_had_to_be_killed_as_its_page_was_gone_did_not_fail(tmp_path: Path) -> None:
    class Gone:
        """A websocket of a browser that went away while something was drawn."""

        async def send_bytes(self, payload: bytes) -> None:
            raise ConnectionResetError

        def __aiter__(self) -> "Gone":
            return self

        async def __anext__(self) -> object:
            return await asyncio.Event().wait()

        async def close(self, **_: object) -> None:
            pass

    packet = "import signal, sys, time; signal.signal(15, signal.SIG_IGN); "
    packet += r"sys.stdout.write('__GANGLION__\nD\0\0\0\1x'); sys.stdout.flush(); time.sleep(99)"
    socket: Any = Gone()

    assert asyncio.run(Client(socket).run([sys.executable, "-c", packet], {}, tmp_path)) == ""
