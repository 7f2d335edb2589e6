"""A server that runs as a process and speaks on its standard streams, a message a line.

Rule 1: the server runs in a process group of its own, and the whole group is gone when the connection is.
Rule 2: what is no message on its stdout is dropped, and the first of it is told when the server fails; its stderr is
        drained, and the end of it is told likewise.
Rule 3: a line has an end: more than 64 MiB without one ends the connection.

Source: Model Context Protocol, revision 2025-11-25, basic/transports#stdio and basic/lifecycle#shutdown.
"""

import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
import mcp_types as types
from anyio.abc import ByteReceiveStream, Process
from mcp.shared.message import SessionMessage

from skills.mcp.client.raw import METHOD, Answers

MAX_LINE_BYTES = 64 * 1024 * 1024
_TOLD = 2_000  # bytes
_GRACE_S = 2.0
_GONE = (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, OSError)


@dataclass
class Diary:
    """What became of a server's process, for the sentence that says why it failed.

    ``exit_code`` is None while it runs, and where we ended it; below 0 it is the signal that did.
    """

    garbage: str = ""
    errors: bytearray = field(default_factory=bytearray)
    exit_code: int | None = None
    has_ended: bool = False

    def told(self) -> str:
        """Return the end of what it said on stderr, else the first that was no message, or ""."""
        lines = self.errors.decode("utf-8", "replace").strip().splitlines()
        if lines:
            return f"it said: {' / '.join(line.strip() for line in lines[-3:])[-600:]}"
        return f"it printed {self.garbage!r} where only messages may stand" if self.garbage else ""


@asynccontextmanager
async def stdio_streams(
    command: Sequence[str], cwd: str, env: Mapping[str, str], answers: Answers, diary: Diary
) -> AsyncIterator[Any]:
    """Run ``command`` and yield the two streams that the SDK's client reads and writes.

    Raises:
        OSError: it cannot be started.
    """
    process = await anyio.open_process(list(command), cwd=cwd, env=dict(env), start_new_session=True)
    to_client, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    to_server, from_client = anyio.create_memory_object_stream[SessionMessage](0)

    async def read() -> None:
        assert process.stdout is not None
        async with to_client:
            with suppress(*_GONE):
                async for line in _lines(process.stdout):
                    message = _message(line, answers, diary)
                    if message is not None:
                        await to_client.send(message)
        diary.has_ended = True

    async def write() -> None:
        assert process.stdin is not None
        with suppress(*_GONE):
            async with from_client:
                async for message in from_client:
                    _remember(message, answers)
                    text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await process.stdin.send(f"{text}\n".encode())
            return
        # It reads no more: let the client see the end instead of waiting for an answer.
        diary.has_ended = True
        await to_client.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(write)
        tasks.start_soon(_drain, process, diary)
        try:
            yield from_server, to_server
        finally:
            with anyio.CancelScope(shield=True):
                ended_itself = diary.has_ended
                for stream in (from_server, to_server):
                    await stream.aclose()
                await _end(process)
                diary.exit_code = process.returncode if ended_itself else None
                diary.has_ended = True
            tasks.cancel_scope.cancel()


async def _lines(stream: ByteReceiveStream) -> AsyncIterator[bytes]:
    pieces: list[bytes] = []
    size = 0
    async for chunk in stream:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*pieces, line])
            pieces, size = [], 0
        pieces.append(rest)
        size += len(rest)
        if size > MAX_LINE_BYTES:
            return


def _message(line: bytes, answers: Answers, diary: Diary) -> SessionMessage | None:
    """Return the message in a line; None for what is none, which is not passed on."""
    if not line.strip():
        return None
    try:
        message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        diary.garbage = diary.garbage or line[:120].decode("utf-8", "replace")
        return None
    if isinstance(message, types.JSONRPCResponse):
        answers.came(message.id, line.decode("utf-8"))
    return SessionMessage(message)


def _remember(sent: SessionMessage, answers: Answers) -> None:
    if isinstance(sent.message, types.JSONRPCRequest) and sent.message.method == METHOD:
        answers.asked(sent.message.id)


async def _drain(process: Process, diary: Diary) -> None:
    assert process.stderr is not None
    with suppress(*_GONE):
        async for chunk in process.stderr:
            diary.errors += chunk
            del diary.errors[:-_TOLD]


async def _end(process: Process) -> None:
    """Close its stdin, wait, then end the whole group: TERM first, then KILL."""
    assert process.stdin is not None
    with suppress(*_GONE):
        await process.stdin.aclose()
    for number in (signal.SIGTERM, signal.SIGKILL):
        with anyio.move_on_after(_GRACE_S):
            await process.wait()
        # What it started may outlive it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
    with anyio.move_on_after(_GRACE_S):
        await process.wait()
    with suppress(*_GONE):
        await process.aclose()
