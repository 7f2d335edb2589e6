"""A connection to one server: opened, asked, closed, by plain calls from any thread.

Rule 1: asyncio lives in a thread of the connection; no coroutine is seen outside this room.
Rule 2: every wait has an end, and every failure is one sentence that says what the server did.
Rule 3: a call is sent once. Whether one was carried out whose answer never came is not known, and it is said so.

The handshake is the one all revisions to 2025-11-25 know; a server that refuses it is asked again as later ones are.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import httpx2
import mcp_types as types
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from pydantic import TypeAdapter, ValidationError

from onecontext.errors import InvalidDocument, OneContextError
from onecontext.version import __version__
from skills.mcp.client.http import http_streams
from skills.mcp.client.oauth import Login, authorization
from skills.mcp.client.raw import Answers
from skills.mcp.client.sentences import first_fault, innermost, is_closed, is_late, joined, shortened
from skills.mcp.client.stdio import Diary, stdio_streams
from skills.mcp.faults import CallInDoubt, NoServer, ServerFailed
from skills.mcp.listing import MAX_TOOLS, told_apart, tools_in, tools_of
from skills.mcp.tools import Tool

_PAGES = 1_000
_OBJECT = TypeAdapter(dict[str, Any])
_WHO = types.Implementation(name="onecontext", version=__version__)


class Connection:
    """A session with one server. Use :func:`connect`; close it when done.

    Attributes:
        about: the server's ``name``, ``version`` and the ``protocol`` that was agreed on.
        has_changed: the server said that its list of tools is another now; whoever lists them sets it back.
    """

    def __init__(self, launch: Mapping[str, Any]) -> None:
        self._launch = launch
        self._answers = Answers()
        self._diary = Diary()
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._client: Client | None = None
        self.about: dict[str, str] = {}
        self.has_changed = False

    @property
    def is_alive(self) -> bool:
        """Whether the server can be asked something, as far as is known."""
        return self._client is not None and not self._diary.has_ended

    def open(self, *, timeout_s: float, login: Login | None) -> None:
        """Start or reach the server and agree on a protocol.

        Raises:
            NoServer: it cannot be started or reached, does not answer in time, or ends; the message says which.
        """
        try:
            self._open("legacy", timeout_s, login)
        except MCPError as refused:
            if is_closed(refused) or is_late(refused):
                raise self._no_server(refused, timeout_s) from refused
            self._forget()
            try:
                self._open("auto", timeout_s, login)
            except Exception as error:
                raise self._no_server(refused, timeout_s) from error
        except OneContextError:
            self.close()
            raise
        except Exception as error:
            raise self._no_server(error, timeout_s) from error

    def tools(self, *, timeout_s: float) -> tuple[list[Tool], list[str]]:
        """Return all tools, page by page, and a sentence for each that was left out.

        Raises:
            ServerFailed: it does not answer, or not with a list of tools.
        """
        self.has_changed = False
        found = self._asked(lambda: self._pages(timeout_s), "list its tools", timeout_s)
        try:
            return told_apart(found)
        except InvalidDocument as error:
            raise ServerFailed(error.message) from error

    def submit(self, tool: str, arguments: Mapping[str, Any], *, timeout_s: float) -> "Future[dict[str, Any]]":
        """Send a call and return at once; cancelling what is returned tells the server to stop.

        The result is the server's, as a JSON object; :meth:`failed` makes a sentence of what is raised.
        """
        assert self._portal is not None
        return self._portal.start_task_soon(self._call, tool, dict(arguments), timeout_s)

    def failed(self, error: BaseException, tool: str, timeout_s: float) -> OneContextError:
        """Return what a call raised as an error with one sentence."""
        return self._sentence(error, f"call {tool}", timeout_s, in_doubt=True)

    def close(self) -> None:
        """End the session and, if it was started here, the server with all that it started."""
        stack, self._stack, self._client = self._stack, ExitStack(), None
        try:
            stack.close()
        except Exception as error:  # noqa: BLE001  # it is over either way; why is kept for who asks
            self._diary.errors += f"\n{type(error).__name__} at its end".encode()

    def _open(self, mode: str, timeout_s: float, login: Login | None) -> None:
        portal = self._portal = self._stack.enter_context(start_blocking_portal())
        client = Client(
            self._streams(login),
            mode=mode,
            client_info=_WHO,
            message_handler=self._noticed,
            read_timeout_seconds=timeout_s,
            cache=None,
        )
        self._client = self._stack.enter_context(portal.wrap_async_context_manager(client))
        info = self._client.server_info
        self.about = {
            "name": info.name if info else "",
            "version": info.version if info else "",
            "protocol": self._client.protocol_version,
        }

    def _streams(self, login: Login | None) -> Any:
        launch, answers = self._launch, self._answers
        if "url" in launch:
            auth = authorization(launch["url"], login) if login else None
            return http_streams(launch["url"], launch["headers"], answers, auth)
        return stdio_streams(launch["command"], launch["cwd"], launch["env"], answers, self._diary)

    async def _noticed(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self.has_changed = True

    async def _pages(self, timeout_s: float) -> list[Tool]:
        assert self._client is not None
        found: list[Tool] = []
        cursor: str | None = None
        ends = time.monotonic() + timeout_s
        for _ in range(_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            text = self._answers.take()
            listed = [tool.model_dump(by_alias=True, exclude_none=True) for tool in page.tools]
            found += tools_in(text) if text is not None else tools_of(listed)
            cursor = page.next_cursor
            if cursor is None or len(found) > MAX_TOOLS:
                return found
            if time.monotonic() > ends:
                raise TimeoutError
        raise InvalidDocument(f"the list of its tools has more than {_PAGES:,} pages")

    async def _call(self, tool: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        assert self._client is not None
        request = types.CallToolRequest(params=types.CallToolRequestParams(name=tool, arguments=arguments))
        # Not the SDK's call_tool: it throws away a result that differs from what the server announced, when the call
        # has been carried out.
        session = self._client.session
        return await session.send_request(request, _OBJECT, request_read_timeout_seconds=timeout_s)  # type: ignore[type-var]

    def _asked(self, ask: Callable[[], Any], what: str, timeout_s: float) -> Any:
        assert self._portal is not None
        try:
            return self._portal.call(ask)
        except Exception as error:
            raise self._sentence(error, what, timeout_s, in_doubt=False) from error

    def _no_server(self, error: BaseException, timeout_s: float) -> OneContextError:
        said = self._sentence(error, "answer", timeout_s, in_doubt=False)
        self.close()
        if not isinstance(said, ServerFailed):  # one of ours that a login raised
            return said
        # Its exit code is known only now.
        code = self._diary.exit_code
        if isinstance(error, OSError) and "command" in self._launch and not is_late(error) and code is None:
            return NoServer(f"{self._shown} cannot be started: {error.strerror or error}: {error.filename}")
        if code is not None and not is_late(error):
            end = f"ended with exit code {code}" if code >= 0 else f"was ended by signal {-code}"
            return NoServer(joined(f"{self._shown} {end} before it answered", self._diary.told()))
        return NoServer(said.message, hint=said.hint)

    def _sentence(self, error: BaseException, what: str, timeout_s: float, *, in_doubt: bool) -> OneContextError:
        error = innermost(error)
        if isinstance(error, OneContextError):
            return error
        doubt = "; whether the call was carried out is not known" if in_doubt else ""
        if is_late(error):
            return ServerFailed(joined(f"{self._shown} did not {what} within {timeout_s:g} s{doubt}", self._told()))
        if isinstance(error, MCPError) and not is_closed(error):
            return ServerFailed(f"{self._shown} refused to {what}: {shortened(error.error.message)}")
        if isinstance(error, ValidationError | InvalidDocument):
            return ServerFailed(
                f"{self._shown} answered with something else than the protocol says: {first_fault(error)}"
            )
        if isinstance(error, httpx2.HTTPStatusError):
            return ServerFailed(f"{self._shown} answered with HTTP status {error.response.status_code}")
        if isinstance(error, httpx2.HTTPError | OSError) and "url" in self._launch:
            return ServerFailed(f"{self._shown} cannot be reached: {shortened(str(error)) or type(error).__name__}")
        self._diary.has_ended = True
        kind = CallInDoubt if in_doubt else ServerFailed
        return kind(joined(f"the connection to {self._shown} ended{doubt}", self._told()))

    def _told(self) -> str:
        return shortened(self._diary.told())

    @property
    def _shown(self) -> str:
        return f"the MCP server {self._launch['name']}"

    def _forget(self) -> None:
        self.close()
        self._diary, self._answers = Diary(), Answers()


def connect(launch: Mapping[str, Any], *, timeout_s: float, login: Login | None = None) -> Connection:
    """Start or reach a server.

    Args:
        launch: as :meth:`skills.mcp.start.Server.launch` returns it.
        timeout_s: seconds that it may take to answer.
        login: how a person logs in where the server asks for OAuth; None: then it is refused.

    Raises:
        NoServer: see :meth:`Connection.open`.
    """
    connection = Connection(launch)
    connection.open(timeout_s=timeout_s, login=login)
    return connection
