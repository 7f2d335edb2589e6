"""One browser that looks: a websocket, and the process that draws for it.

Rule 1: the process ends when the socket closes, and the socket when the process ends; a process that does not end when
        it is asked to is killed.
Rule 2: of what the browser says only keys, sizes and focus are passed on, each within bounds; anything else closes the
        socket. The browser is told what is drawn, the page's title and ground, and at the end why it ended.

Packets: a type byte, four bytes of length (big endian), the payload (:mod:`textual.drivers.web_driver`).
"""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from onecontext.cli.output import one_line

DATA, META = b"D", b"M"
MOST_CELLS = 1_000
MOST_PACKET_BYTES = 64 * 1024 * 1024
PATIENCE_S = 3.0
_SAID_BYTES = 4_096
_MOST_REASON_BYTES = 123
"""Of a close frame (RFC 6455, 5.5)."""
_MOST_TITLE_CHARACTERS = 200
_GROUND = re.compile(r"#[0-9a-fA-F]{6}")


def cells(text: Any, default: int) -> int:
    """Return a number of columns or rows that a browser says, within bounds."""
    try:
        return max(1, min(MOST_CELLS, int(text)))
    except (TypeError, ValueError, OverflowError):
        return default


async def close(socket: web.WebSocketResponse, code: WSCloseCode, why: str = "") -> None:
    """Close a websocket, and tell the page why, in as many bytes as there may be."""
    await socket.close(code=code, message=why.encode()[:_MOST_REASON_BYTES].decode("utf-8", "ignore").encode())


class Client:
    """Draws for one websocket."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._said = b""

    async def run(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> str:
        """Run the command for as long as the socket is open; return what went wrong, or nothing."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=env, cwd=cwd, start_new_session=True
        )
        draws, listens = asyncio.create_task(self._draw(process)), asyncio.create_task(self._listen(process))
        works = (draws, listens)
        telling = asyncio.create_task(self._keep_said(process))
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
            own = draws.done() and not listens.done() and draws.result()
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            await asyncio.shield(self._end(process))
            await telling
        wrong = self._wrong(process.returncode) if own else ""
        await close(self._socket, WSCloseCode.INTERNAL_ERROR if wrong else WSCloseCode.OK, wrong)
        return wrong

    def _wrong(self, code: int | None) -> str:
        said = self._said.decode("utf-8", "replace").strip().splitlines()
        return (
            one_line(f"the screen ended with code {code}: {said[-1] if said else 'it did not say why'}") if code else ""
        )

    async def _draw(self, process: Process) -> bool:
        """Pass on what is drawn; return whether that was all, and not the browser that went away."""
        assert process.stdout is not None
        try:
            while await process.stdout.readline() != b"__GANGLION__\n":
                if process.stdout.at_eof():
                    return True
            while True:
                kind, size = await process.stdout.readexactly(1), await process.stdout.readexactly(4)
                length = int.from_bytes(size, "big")
                if length > MOST_PACKET_BYTES:
                    return False
                payload = await process.stdout.readexactly(length)
                if kind == DATA:
                    await self._socket.send_bytes(payload)
                elif kind == META and (look := _look(payload)):
                    await self._socket.send_json(look)
        except asyncio.IncompleteReadError:
            return True
        except ConnectionError:
            return False

    async def _listen(self, process: Process) -> None:
        """Pass on what the browser says, until it closes or says what nobody understands."""
        assert process.stdin is not None
        with suppress(ConnectionError):
            async for message in self._socket:
                try:
                    packet = self._packet(message)
                except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                    return
                if packet == b"":
                    await self._socket.send_json(["pong", json.loads(message.data)[1]])
                process.stdin.write(packet)
                await process.stdin.drain()

    def _packet(self, message: Any) -> bytes:
        """Return what the process is told; nothing for a ping."""
        if message.type != WSMsgType.TEXT:
            raise ValueError("not text")
        kind, *more = json.loads(message.data)
        if kind == "ping" and isinstance(more[0], str):
            return b""
        if kind == "stdin" and isinstance(more[0], str):
            return _framed(DATA, more[0].encode("utf-8", "replace"))
        if kind == "resize":
            width, height = cells(more[0]["width"], 80), cells(more[0]["height"], 24)
            return _framed(META, json.dumps({"type": "resize", "width": width, "height": height}).encode())
        if kind in ("focus", "blur"):
            return _framed(META, json.dumps({"type": kind}).encode())
        raise ValueError(f"{kind!r} is nothing that a browser says")

    async def _keep_said(self, process: Process) -> None:
        assert process.stderr is not None
        while piece := await process.stderr.read(_SAID_BYTES):
            self._said = (self._said + piece)[-_SAID_BYTES:]

    async def _end(self, process: Process) -> None:
        """End the process: in order, else by a signal, else by one that nobody can refuse."""
        assert process.stdin is not None
        with suppress(ConnectionError, RuntimeError):
            process.stdin.write(_framed(META, b'{"type": "quit"}'))
        process.stdin.close()
        for end in (None, process.terminate, process.kill):
            if end is not None:
                with suppress(ProcessLookupError):
                    end()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(_gone(process), PATIENCE_S)
                return


async def _gone(process: Process) -> None:
    """Wait until the process has ended; what it still draws is read, or it would wait for us for ever."""
    assert process.stdout is not None
    while await process.stdout.read(65_536):
        pass
    await process.wait()


def _look(payload: bytes) -> list[str]:
    """Return what the page is told about its title and ground; nothing where the process told of something else."""
    told = json.loads(payload)
    title, ground = str(told.get("title"))[:_MOST_TITLE_CHARACTERS], str(told.get("ground"))
    return ["look", title, ground] if told.get("type") == "look" and _GROUND.fullmatch(ground) else []


def _framed(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload
