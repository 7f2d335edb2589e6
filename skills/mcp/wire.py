"""How a call and the daemon that holds the sessions talk: frames of JSON over a Unix socket.

Rule 1: a frame is four bytes, its length as a big-endian number, then that many bytes of JSON: one object.
Rule 2: a frame has an end: more than 64 MiB is refused before any of it is read.
Rule 3: the daemon speaks first, once: ``{"hello": {"protocol": …, "version": …, "pid": …}}``. Then each request has one
        answer, ``{"ok": …}``, ``{"error": …}`` or ``{"again": true}`` (nothing was done: ask the next daemon), before
        which there may be ``{"show": …}`` for the person.
Rule 4: the standard library alone, and little of it: every call imports this.
"""

import json
import socket
import struct
from typing import Any

from onecontext.errors import Damaged

PROTOCOL = 1
MAX_FRAME = 64 * 1024 * 1024


def send(connection: socket.socket, value: dict[str, Any]) -> None:
    """Send one frame.

    Raises:
        Damaged: it is larger than a frame may be; nothing was sent. OSError: the other side is gone.
    """
    body = json.dumps(value, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_FRAME:
        raise Damaged(f"{len(body):,} bytes are more than a message may have ({MAX_FRAME:,})")
    connection.sendall(len(body).to_bytes(4, "big") + body)


def receive(connection: socket.socket) -> dict[str, Any] | None:
    """Return the next frame; None when the other side ended between two.

    Raises:
        Damaged: what came is no frame. OSError: the connection broke, or its time is over.
    """
    head = _exactly(connection, 4)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if size > MAX_FRAME:
        raise Damaged(f"a message of {size:,} bytes is more than there may be ({MAX_FRAME:,})")
    try:
        value = json.loads(_exactly(connection, size))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"a message is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise Damaged("a message is no JSON object")
    return value


def is_same_person(connection: socket.socket, uid: int) -> bool:
    """Say whether the process at the other end belongs to ``uid`` (SO_PEERCRED, unix(7))."""
    size = struct.calcsize("3i")
    _, theirs, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(theirs == uid)


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        piece = connection.recv(min(size, 1 << 20))
        if not piece:
            if pieces:
                raise Damaged("a message ended in the middle")
            return b""
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
