"""The way to the person's daemon: connect, start it when there is none, ask.

Rule 1: of any number of processes that start it at once one does, and the others wait for it and use it.
Rule 2: who answers must be a process of the same person. One of an older version is asked to end and another started;
        one of a newer version is used as long as it speaks as we do.
Rule 3: a request is sent once, but to a daemon that says it did nothing since it is ending. When the daemon goes away
        before it answered a call, whether the call was carried out is not known, and that is what is said.
"""

import os
import select
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from onecontext import errors
from onecontext.errors import Damaged, OneContextError, SetupError
from onecontext.version import __version__
from skills.mcp.faults import KINDS, CallInDoubt
from skills.mcp.runtime import connected, runtime_folder
from skills.mcp.starting import start_daemon
from skills.mcp.wire import PROTOCOL, is_same_person, receive, send

IDLE_S = 600.0
_START_S = 20.0
_PAUSE_S = 0.02


class Holder:
    """A connection to the daemon, kept for the next request. Not for several threads at once.

    Args:
        env: the environment that names the runtime folder.
        idle_s: seconds without a call after which a session, and then the daemon, ends; for one that is started here.
    """

    def __init__(self, env: Mapping[str, str], *, idle_s: float = IDLE_S) -> None:
        self._env = env
        self._idle_s = idle_s
        self._folder = runtime_folder(env)
        self._connection: socket.socket | None = None

    def ask(
        self, request: Mapping[str, Any], *, wait_s: float, show: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        """Send a request and return the daemon's answer, starting a daemon when there is none.

        Args:
            wait_s: seconds to wait for the answer.
            show: is given the address that a person must open to log in; None: nobody can be asked.

        Raises:
            SetupError: no daemon can be started, or another person's answers. What the daemon says, as it says it.
        """
        while True:
            answer = self._asked(request, wait_s, show)
            if "again" not in answer:
                return _opened(answer)
            self.close()
            time.sleep(_PAUSE_S)

    def _asked(self, request: Mapping[str, Any], wait_s: float, show: Callable[[str], None] | None) -> dict[str, Any]:
        connection = self._ready()
        connection.settimeout(None if show else wait_s)
        try:
            send(connection, {**request, "person": show is not None})
            while True:
                answer = receive(connection)
                if answer is None:
                    raise ConnectionResetError
                if "show" not in answer:
                    return answer
                if show is not None:
                    show(str(answer["show"]))
        except (OSError, Damaged) as error:
            self.close()
            doubt = "; whether the call was carried out is not known" if request.get("op") == "call" else ""
            why = f"did not answer within {wait_s:g} s" if isinstance(error, TimeoutError) else "ended"
            raise CallInDoubt(f"the process that holds the sessions {why}{doubt}") from error
        except BaseException:
            # Interrupted in the middle: what comes next on this connection would be the answer to this.
            self.close()
            raise

    def ask_running(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Send a request to the daemon that runs; None, and nothing started, when there is none."""
        try:
            self._connection, _ = self._greeted()
        except OSError:
            return None
        try:
            return self.ask(request, wait_s=30.0)
        finally:
            self.close()

    def close(self) -> None:
        """Hang up; the daemon goes on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ready(self) -> socket.socket:
        if self._connection is not None and not select.select([self._connection], [], [], 0)[0]:
            return self._connection
        # There is none, or it says something unasked, which can only be its end.
        self.close()
        self._connection = self._reached()
        return self._connection

    def _reached(self) -> socket.socket:
        ends = time.monotonic() + _START_S
        while True:
            try:
                connection, hello = self._greeted()
            except OSError:
                if time.monotonic() > ends:
                    raise SetupError(
                        "the process that holds sessions with MCP servers does not answer",
                        hint=f"its socket is in {self._folder}; 'onecontext call --list' tells whether it runs",
                    ) from None
                start_daemon(self._folder, self._env, self._idle_s)
                continue
            if not _is_older(hello):
                return connection
            send(connection, {"op": "quit"})
            connection.settimeout(_START_S)
            receive(connection)
            connection.close()

    def _greeted(self) -> tuple[socket.socket, Mapping[str, Any]]:
        connection = connected(self._folder)
        try:
            if not is_same_person(connection, os.getuid()):
                raise SetupError(f"another person's process listens in {self._folder}", hint="set XDG_RUNTIME_DIR")
            # It is there before it has loaded what it needs, and greets when it has.
            connection.settimeout(_START_S)
            hello = (receive(connection) or {}).get("hello")
            if not isinstance(hello, dict):
                raise ConnectionResetError
            _check_not_newer(hello)
        except BaseException:
            connection.close()
            raise
        return connection, hello


def _opened(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request was answered with; raises the daemon's error as it was there."""
    if "error" not in answer:
        done = answer.get("ok")
        return done if isinstance(done, dict) else {}
    error = answer["error"]
    kind = KINDS.get(error["type"]) or getattr(errors, error["type"], None)
    is_ours = isinstance(kind, type) and issubclass(kind, OneContextError)
    try:
        raise (kind if is_ours else OneContextError)(error["message"], hint=error["hint"])  # type: ignore[misc]
    except TypeError:  # one whose class is made of something else than a message
        raise OneContextError(error["message"], hint=error["hint"]) from None


def _check_not_newer(hello: Mapping[str, Any]) -> None:
    if int(hello.get("protocol", 0)) > PROTOCOL:
        raise SetupError(
            f"a newer onecontext ({hello.get('version')}) holds the sessions with MCP servers",
            hint="use that version, or end its sessions with its 'onecontext call --stop'",
        )


def _is_older(hello: Mapping[str, Any]) -> bool:
    return _ordered(str(hello.get("version", ""))) < _ordered(__version__) or int(hello.get("protocol", 0)) < PROTOCOL


def _ordered(version: str) -> tuple[int, ...]:
    import re

    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])
