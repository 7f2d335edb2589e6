"""Logging in to a server that asks for OAuth 2.1: the SDK's flow, a browser on this machine, a vault for tokens.

Rule 1: tokens and what a client was registered as go to the vault and nowhere else (:mod:`skills.mcp.vault`).
Rule 2: the person is shown the address; the answer comes to a socket on the loopback, once, and the SDK checks the
        state, the PKCE verifier and the issuer.
Rule 3: where nobody can be asked, nothing is opened: it is refused with what to do.

Sources: Model Context Protocol, revision 2025-11-25, basic/authorization; RFC 7636 (PKCE), RFC 8252 (native apps, 7.3).
"""

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import httpx2
from mcp.client.auth.oauth2 import OAuthClientProvider
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthMetadata,
    OAuthToken,
)
from pydantic import AnyUrl, ValidationError

from skills.mcp.faults import NeedsLogin
from skills.mcp.vault import Vault

_PAGE = "<!doctype html><meta charset=utf-8><title>onecontext</title><p>{}. You can close this window.</p>"
_MAX_REQUEST = 64 * 1024


@dataclass(frozen=True)
class Login:
    """How a person logs in.

    Attributes:
        name: what the server is called, for words. key: under what its tokens lie in the vault.
        show: is given the address that the person must open; None: nobody can be asked.
        timeout_s: seconds to wait for the person.
    """

    name: str
    key: str
    vault: Vault
    show: Callable[[str], None] | None = None
    timeout_s: float = 300.0


def authorization(url: str, login: Login) -> httpx2.Auth:
    """Return what adds the token to each request to ``url``, and gets or renews one when it must."""
    kept = _Kept(login)
    answer = _Answer(kept.port())
    metadata = OAuthClientMetadata(
        client_name="onecontext",
        redirect_uris=[AnyUrl(answer.address)],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
    )

    async def redirect(address: str) -> None:
        if login.show is None:
            raise NeedsLogin(
                f"the MCP server {login.name} wants you to log in",
                hint=f"'onecontext call {login.name} --login' opens the page",
            )
        answer.listen()
        login.show(address)

    async def come_back() -> AuthorizationCodeResult:
        return await anyio.to_thread.run_sync(answer.wait, login.timeout_s, abandon_on_cancel=True)

    provider = OAuthClientProvider(url, metadata, kept, redirect_handler=redirect, callback_handler=come_back)
    kept.fill(provider)
    return provider


class _Kept:
    """The vault, in the form that the SDK stores tokens: one entry, and never a file of ours."""

    def __init__(self, login: Login) -> None:
        self._vault, self._key = login.vault, login.key
        self._provider: OAuthClientProvider | None = None
        self._entry: dict[str, object] = {}
        with suppress(ValueError):  # an entry that somebody changed is none
            value = json.loads(self._vault.get(self._key) or "{}")
            self._entry = value if isinstance(value, dict) else {}

    def port(self) -> int:
        """Return the port that this client was registered with; 0 when it was not."""
        info = self._client()
        addresses = info.redirect_uris if info else None
        return (urlsplit(str(addresses[0])).port or 0) if addresses else 0

    def fill(self, provider: OAuthClientProvider) -> None:
        """Give the SDK what it does not ask for: when the token ends, and where to renew it."""
        self._provider = provider
        ends = self._entry.get("expires_at")
        provider.context.token_expiry_time = float(ends) if isinstance(ends, int | float) else None
        with suppress(ValidationError):
            provider.context.oauth_metadata = OAuthMetadata.model_validate(self._entry.get("metadata"))

    async def get_tokens(self) -> OAuthToken | None:
        """Return the tokens; None when there are none."""
        with suppress(ValidationError):
            return OAuthToken.model_validate(self._entry.get("tokens"))
        return None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Store tokens, with when they end and where they are renewed."""
        self._entry["tokens"] = tokens.model_dump(mode="json", exclude_none=True)
        self._entry["expires_at"] = time.time() + tokens.expires_in if tokens.expires_in else None
        found = self._provider.context.oauth_metadata if self._provider else None
        if found is not None:
            self._entry["metadata"] = found.model_dump(mode="json", exclude_none=True)
        self._store()

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """Return what this client was registered as; None when it was not."""
        return self._client()

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Store what this client was registered as."""
        self._entry["client"] = client_info.model_dump(mode="json", exclude_none=True)
        self._store()

    def _client(self) -> OAuthClientInformationFull | None:
        with suppress(ValidationError):
            return OAuthClientInformationFull.model_validate(self._entry.get("client"))
        return None

    def _store(self) -> None:
        self._vault.set(self._key, json.dumps(self._entry))


class _Answer:
    """A socket on the loopback that waits for the browser to come back."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            # RFC 8252, 7.3: a server must allow any port of the loopback.
            self._socket.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/callback"

    def listen(self) -> None:
        """Begin to take connections."""
        self._socket.listen(8)

    def wait(self, timeout_s: float) -> AuthorizationCodeResult:
        """Return what the browser brought; raises NeedsLogin when it brought nothing in time, or a refusal."""
        ends = time.monotonic() + timeout_s
        while (left := ends - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                break
            with connection:
                found = self._answered(connection)
            if found is not None:
                return found
        raise NeedsLogin(f"nobody logged in within {timeout_s:g} s", hint="run it again when you are at the browser")

    def _answered(self, connection: socket.socket) -> AuthorizationCodeResult | None:
        connection.settimeout(5.0)
        try:
            line = _first_line(connection)
        except OSError:
            return None
        parts = urlsplit(line.split(" ")[1] if line.startswith("GET ") and line.count(" ") >= 2 else "")
        values = {name: found[0] for name, found in parse_qs(parts.query).items()}
        if parts.path != "/callback" or not ({"code", "error"} & set(values)):
            _reply(connection, "404 Not Found", "There is nothing here")
            return None
        if "code" not in values:
            _reply(connection, "200 OK", "You were not logged in")
            raise NeedsLogin(f"the login was refused: {values['error'][:200]}")
        _reply(connection, "200 OK", "You are logged in")
        return AuthorizationCodeResult(code=values["code"], state=values.get("state"), iss=values.get("iss"))

    def __del__(self) -> None:
        self._socket.close()


def _first_line(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MAX_REQUEST:
        chunk = connection.recv(4096)
        if not chunk:
            break
        head += chunk
    return head.split(b"\r\n", 1)[0].decode("latin-1")


def _reply(connection: socket.socket, status: str, words: str) -> None:
    body = _PAGE.format(words).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    with suppress(OSError):
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
