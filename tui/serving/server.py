"""A server on loopback that shows the monitor in a browser: each page has a process of its own.

Rule 1: it listens on 127.0.0.1 alone, and everything goes through :mod:`tui.serving.guard`.
Rule 2: what the page is made of comes from this machine: ours, and the terminal of textual-serve; nothing from a
        network.
Rule 3: when it ends, every process that it started has ended; it keeps no log.
"""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

from onecontext.errors import SetupError, UsageError
from tui.serving.client import Client, cells, close
from tui.serving.command import screen_of
from tui.serving.guard import LOOPBACK, Guard

MOST_CLIENTS = 8
FULL = f"{MOST_CLIENTS} pages look already; close one of them, and open this one again."
MOST_MESSAGE_BYTES = 256 * 1024
HEARTBEAT_S = 15.0
"""A browser that does not answer for so long is gone."""
_PAGE = Path(__file__).parent / "page"
Say = Callable[[str], None]


class MonitorServer:
    """Serves what ``command`` draws, to whoever has the address of ``guard``."""

    def __init__(self, guard: Guard, command: Sequence[str], env: Mapping[str, str], cwd: Path, say: Say) -> None:
        self._guard = guard
        self._command, self._env, self._cwd, self._say = command, env, cwd, say
        self._sockets: set[web.WebSocketResponse] = set()

    def application(self) -> web.Application:
        """Return what answers requests."""
        place = self._guard.place
        app = web.Application(middlewares=[self._guard.middleware], client_max_size=MOST_MESSAGE_BYTES)
        app.add_routes(
            [
                web.get("/", self._guard.enter),
                web.get(f"{place}/", self._page),
                web.get(f"{place}/ws", self._websocket),
                web.static(f"{place}/page", _PAGE),
                web.static(f"{place}/static", terminal_files()),
            ]
        )
        app.on_response_prepare.append(self._guard.stamp)
        app.on_shutdown.append(self._close)
        return app

    async def _page(self, request: web.Request) -> web.Response:
        text = (_PAGE / "index.html").read_text(encoding="utf-8")
        return web.Response(
            text=text.replace("WEBSOCKET", f"ws://{self._guard.host}{self._guard.place}/ws"), content_type="text/html"
        )

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MOST_MESSAGE_BYTES)
        full = len(self._sockets) >= MOST_CLIENTS
        self._sockets.update(() if full else (websocket,))
        try:
            await websocket.prepare(request)
            if full:
                # A page cannot read an answer that refuses a websocket, but why one was closed.
                await close(websocket, WSCloseCode.TRY_AGAIN_LATER, FULL)
            elif wrong := await Client(websocket).run(self._command, self._env_of(request), self._cwd):
                self._say(wrong)
        finally:
            self._sockets.discard(websocket)
        return websocket

    def _env_of(self, request: web.Request) -> dict[str, str]:
        asked = request.query
        columns, rows = cells(asked.get("width"), 80), cells(asked.get("height"), 24)
        return {**self._env, **screen_of(columns, rows, light=asked.get("light") == "1")}

    async def _close(self, app: web.Application) -> None:
        await asyncio.gather(*(close(one, WSCloseCode.GOING_AWAY) for one in self._sockets.copy()))


def terminal_files() -> Path:
    """Return the folder with the browser's half of textual-serve: its script, style and fonts."""
    return Path(str(files("textual_serve"))) / "static"


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback; port 0 is any that is free.

    Raises:
        SetupError: the port is in use, or only for root.
    """
    if not 0 <= port <= 65_535:
        raise UsageError(f"{port} is no port: it is a number from 0, for any that is free, to 65535")
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise SetupError(
            f"nothing can listen on {LOOPBACK}:{port}: {error.strerror}", hint="'--port 0' takes one that is free"
        ) from error
    return listening


def crowded(say: Say) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """Return what hears of errors that nobody else does: that no connection more can be had is said once.

    asyncio tries again after a second, and would print hundreds of tracebacks meanwhile.
    """
    said: list[str] = []

    def hear(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)):
            loop.default_exception_handler(context)
        elif not said:
            said.append("too many connections are open; others wait until some are closed")
            say(said[0])

    return hear


async def serve(server: MonitorServer, listening: socket.socket, ready: Callable[[], None], say: Say) -> None:
    """Answer until SIGINT, SIGTERM or SIGHUP; ``ready`` is called once requests are answered."""
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.set_exception_handler(crowded(say))
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(one, over.set)
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=15.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        ready()
        await over.wait()
    finally:
        await runner.cleanup()
