"""What the daemon does with a connection: one thread each, a request at a time.

Rule 1: only processes of the same person are served; who the kernel says is another is hung up on.
Rule 2: a client that goes away while its call runs has the call cancelled; nothing else is touched.
Rule 3: nothing of a request is logged: it holds values of secrets.
"""

import os
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any

from onecontext.errors import Damaged, OneContextError, UsageError
from onecontext.version import __version__
from skills.mcp.daemon.sessions import Session, Sessions, check_tool
from skills.mcp.wire import PROTOCOL, is_same_person, receive, send

_START_TIMEOUT_S = 60.0


class Serving:
    """Answers the connections of one daemon. ``stop`` is called when a client asks for the daemon's end."""

    def __init__(self, sessions: Sessions, stop: Callable[[], None]) -> None:
        self._sessions = sessions
        self._stop = stop
        self._lock = threading.Lock()
        self.open_connections = 0
        self.busy = 0
        self.is_ending = False

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection until it ends; made to be the whole of a thread."""
        with self._lock:
            self.open_connections += 1
        try:
            with connection, suppress(OSError, Damaged):  # a client that is killed, or is no client of ours
                if is_same_person(connection, os.getuid()):
                    send(connection, {"hello": {"protocol": PROTOCOL, "version": __version__, "pid": os.getpid()}})
                    while (request := receive(connection)) is not None:
                        self._count(busy=1)
                        try:
                            self._answer(connection, request)
                        finally:
                            self._count(busy=-1)
        finally:
            with self._lock:
                self.open_connections -= 1

    def _count(self, *, busy: int) -> None:
        with self._lock:
            self.busy += busy

    def _answer(self, connection: socket.socket, request: Mapping[str, Any]) -> None:
        if self.is_ending:
            # Nothing was done, so another daemon may be asked.
            return send(connection, {"again": True})
        if request.get("op") == "quit":
            self._stop()
        try:
            answer = {"ok": self._done(connection, request)}
        except OneContextError as error:
            answer = {"error": {"type": type(error).__name__, "message": error.message, "hint": error.hint}}
        except (KeyError, TypeError) as error:
            answer = {"error": {"type": "UsageError", "message": f"the request has no sound {error}", "hint": ""}}
        try:
            send(connection, answer)
        except Damaged as error:
            send(connection, {"error": {"type": "ServerFailed", "message": error.message, "hint": ""}})
        return None

    def _done(self, connection: socket.socket, request: Mapping[str, Any]) -> Any:
        words = {"call": self._call, "tools": self._tools, "list": self._list, "end": self._end, "quit": self._quit}
        if request.get("op") not in words:
            raise UsageError(f"the daemon knows no {str(request.get('op'))[:40]!r}")
        return words[request["op"]](connection, request)

    def _call(self, connection: socket.socket, request: Mapping[str, Any]) -> Any:
        tool, timeout_s = request["tool"], float(request["timeout_s"])
        session, notes = self._session(connection, request)
        try:
            return self._called(connection, request, session, notes, tool, timeout_s)
        finally:
            self._sessions.release(session)

    def _called(
        self,
        connection: socket.socket,
        request: Mapping[str, Any],
        session: Session,
        notes: list[str],
        tool: str,
        timeout_s: float,
    ) -> Any:
        notes += check_tool(session, tool, request["expected"])
        held = session.connection
        assert held is not None
        future = self._sessions.call(session, tool, request["arguments"], timeout_s)
        if not _finished(future, connection):
            future.cancel()
            raise ConnectionAbortedError
        try:
            return {"result": future.result(), "notes": notes}
        except (Exception, CancelledError) as error:
            raise held.failed(error, tool, timeout_s) from error

    def _tools(self, connection: socket.socket, request: Mapping[str, Any]) -> Any:
        session, notes = self._session(connection, request)
        self._sessions.release(session)
        listed = [[tool.name, tool.description, tool.schema, tool.exact] for tool in session.tools.values()]
        about = session.connection.about if session.connection else {}
        return {"tools": listed, "about": about, "notes": notes + session.notes}

    def _session(self, connection: socket.socket, request: Mapping[str, Any]) -> tuple[Session, list[str]]:
        show = (lambda address: send(connection, {"show": address})) if request.get("person") else None
        timeout_s = max(float(request["timeout_s"]), _START_TIMEOUT_S) if "tool" in request else request["timeout_s"]
        return self._sessions.session(request["launch"], timeout_s=timeout_s, show=show)

    def _list(self, connection: socket.socket, request: Mapping[str, Any]) -> Any:
        return {"sessions": self._sessions.told()}

    def _end(self, connection: socket.socket, request: Mapping[str, Any]) -> Any:
        return {"ended": self._sessions.end_server(request["server"])}

    def _quit(self, connection: socket.socket, request: Mapping[str, Any]) -> Any:
        return {"ended": self._sessions.end()}


def _finished(future: "Future[Any]", connection: socket.socket) -> bool:
    """Wait for a call; False when the client went away first."""
    theirs, ours = socket.socketpair()
    with theirs, ours, selectors.DefaultSelector() as selector:
        future.add_done_callback(lambda _: _wake(ours))
        selector.register(theirs, selectors.EVENT_READ)
        selector.register(connection, selectors.EVENT_READ)
        while not future.done():
            ready = [key.fileobj for key, _ in selector.select()]
            if connection in ready and theirs not in ready:
                # A client that waits for its answer sends nothing: it is gone, or is no client of ours.
                return future.done()
    return True


def _wake(waiting: socket.socket) -> None:
    with suppress(OSError):  # it was seen to be done already
        waiting.send(b".")
