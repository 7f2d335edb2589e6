"""The sessions that are held, each under the digest of how its server is started.

Rule 1: two calls that start a server the same way, with the same values, share one session; all others share none.
Rule 2: a server that is found dead is started once more, and it is said so; during a call it is not.
Rule 3: before a tool is called, what it takes must be what it took when it was imported; else it is refused. The list
        is asked for at the beginning of a session, and again when the server says that it changed.
Rule 4: a session that nobody used for the idle time is ended, and when there are too many, the one that waited longest.
"""

import difflib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from onecontext.errors import OneContextError, UsageError
from skills.mcp.client.connection import Connection, connect
from skills.mcp.client.oauth import Login
from skills.mcp.faults import ToolChanged
from skills.mcp.plain_name import plain_name
from skills.mcp.tools import Tool, listing_digest
from skills.mcp.vault import Vault

MAX_SESSIONS = 32
_LIST_TIMEOUT_S = 60.0
Open = Callable[..., Connection]


@dataclass
class Session:
    """One server, and what it lists."""

    key: str
    launch: Mapping[str, Any]
    lock: threading.Lock = field(default_factory=threading.Lock)
    connection: Connection | None = None
    tools: dict[str, Tool] = field(default_factory=dict)
    listing: str = ""
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    in_flight: int = 0
    used_at: float = field(default_factory=time.monotonic)


class Sessions:
    """All sessions of one daemon. Every method may be called from any thread."""

    def __init__(self, vault: Vault, *, opened: Open = connect) -> None:
        self._vault = vault
        self._open = opened
        self._lock = threading.Lock()
        self._held: dict[str, Session] = {}

    def session(
        self, launch: Mapping[str, Any], *, timeout_s: float, show: Callable[[str], None] | None
    ) -> tuple[Session, list[str]]:
        """Return the session, opened when it is not, and what there is to say about that.

        It counts as used until :meth:`release` is called, which the caller owes whenever this returns.

        Raises:
            NoServer, NeedsLogin, ServerFailed: it cannot be opened.
        """
        key = digest_of(launch)
        with self._lock:
            session = self._held.setdefault(key, Session(key, launch))
            session.in_flight += 1
        try:
            notes = self._readied(session, timeout_s, show)
        except BaseException:
            self.release(session)
            raise
        self._make_room(session)
        return session, notes

    def release(self, session: Session) -> None:
        """Say that a request is done with the session."""
        with self._lock:
            session.in_flight -= 1
            session.used_at = time.monotonic()

    def _readied(self, session: Session, timeout_s: float, show: Callable[[str], None] | None) -> list[str]:
        notes: list[str] = []
        with session.lock:
            if session.connection is not None and not session.connection.is_alive:
                session.connection.close()
                session.connection = None
                notes.append(f"the MCP server {session.launch['name']} had ended; it was started again")
            if session.connection is None:
                self._connect(session, timeout_s, show)
            elif session.connection.has_changed:
                _list(session)
        return notes

    def call(self, session: Session, tool: str, arguments: Mapping[str, Any], timeout_s: float) -> "Future[Any]":
        """Send a call."""
        assert session.connection is not None
        with self._lock:
            session.calls += 1
        return session.connection.submit(tool, arguments, timeout_s=timeout_s)

    def end(self, keys: list[str] | None = None) -> int:
        """End these sessions (None: all) and return how many there were."""
        with self._lock:
            ended = [session for key, session in self._held.items() if keys is None or key in keys]
            for session in ended:
                del self._held[session.key]
        for session in ended:
            with session.lock:
                if session.connection is not None:
                    session.connection.close()
        return len(ended)

    def end_server(self, name: str) -> int:
        """End the sessions with the server of that name and return how many there were."""
        with self._lock:
            keys = [key for key, session in self._held.items() if session.launch["name"] == name]
        return self.end(keys) if keys else 0

    def end_idle(self, idle_s: float) -> None:
        """End the sessions that nobody has used for so long."""
        now = time.monotonic()
        with self._lock:
            idle = [key for key, one in self._held.items() if not one.in_flight and now - one.used_at > idle_s]
        if idle:
            self.end(idle)

    def told(self) -> list[dict[str, Any]]:
        """Return a line of each session for a person; no value of the environment is in it."""
        now = time.monotonic()
        with self._lock:
            return [
                {
                    "key": one.key[:12],
                    "server": one.launch["name"],
                    "calls": one.calls,
                    "idle_s": round(now - one.used_at, 1),
                    "tools": len(one.tools),
                    "alive": one.connection is not None and one.connection.is_alive,
                }
                for one in self._held.values()
            ]

    def _connect(self, session: Session, timeout_s: float, show: Callable[[str], None] | None) -> None:
        launch = dict(session.launch)
        stored = {name: self._stored(launch["name"], name, key) for name, key in launch["stored"]}
        target = "headers" if "url" in launch else "env"
        launch[target] = launch[target] | stored
        login = Login(launch["name"], f"{launch['name']}@{digest_of(launch.get('url'))[:16]}", self._vault, show)
        try:
            session.connection = self._open(launch, timeout_s=timeout_s, login=login)
            _list(session)
        except OneContextError:
            if session.connection is not None:
                session.connection.close()
                session.connection = None
            raise

    def _stored(self, server: str, name: str, key: str) -> str:
        value = self._vault.get(key)
        if value is None:
            raise UsageError(
                f"the value of {name} for the MCP server {server} is not in the vault any more",
                hint=f"import it again with the value, or with '{name}=${{{name}}}' and the variable set",
            )
        return value

    def _make_room(self, but: Session) -> None:
        with self._lock:
            others = sorted((s for s in self._held.values() if not s.in_flight and s is not but), key=_waited)
            surplus = [session.key for session in others[: max(len(self._held) - MAX_SESSIONS, 0)]]
        if surplus:
            self.end(surplus)


def check_tool(session: Session, name: str, expected: Mapping[str, str]) -> list[str]:
    """Refuse a tool that is not there or takes something else than was imported; return what else there is to say.

    Args:
        expected: ``schema`` and ``listing``, digests from the import; missing or "" is not compared.

    Raises:
        UsageError: there is no such tool. ToolChanged: its schema is another now.
    """
    tool, server = session.tools.get(name), session.launch["name"]
    if tool is None:
        near = difflib.get_close_matches(name, session.tools, n=1, cutoff=0.5)
        hint = f"did you mean {plain_name(near[0])}?" if near else f"'onecontext call {server}' lists them"
        raise UsageError(f"the MCP server {server} has no tool {plain_name(name)}", hint=hint)
    if expected.get("schema") and expected["schema"] != tool.schema_digest:
        raise ToolChanged(
            f"{plain_name(name)} of the MCP server {server} takes something else than when it was imported; "
            "it was not called",
            hint=f"'onecontext skill import-mcp {server} --refresh' shows what changed and takes it in",
        )
    if expected.get("listing") and expected["listing"] != session.listing:
        hint = f"'onecontext skill import-mcp {server} --refresh' shows what"
        return [f"the tools of the MCP server {server} are not all what they were when it was imported; {hint}"]
    return []


def digest_of(launch: object) -> str:
    """Return the key of a session: the digest of everything that its server is started with, values included."""
    return hashlib.sha256(json.dumps(launch, sort_keys=True).encode("ascii")).hexdigest()


def _list(session: Session) -> None:
    assert session.connection is not None
    tools, session.notes = session.connection.tools(timeout_s=_LIST_TIMEOUT_S)
    session.tools = {tool.name: tool for tool in tools}
    session.listing = listing_digest(tools)


def _waited(session: Session) -> float:
    return session.used_at
