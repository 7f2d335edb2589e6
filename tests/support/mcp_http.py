"""An MCP server over streamable HTTP, and the authorization server that guards it, on the loopback, byte for byte."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


class Shop(ThreadingHTTPServer):
    """What is served, and what came in: ``asked`` are the methods, ``grants`` how tokens were asked for."""

    daemon_threads = True

    def __init__(
        self, tools: Sequence[str], *, events: bool = False, guarded: bool = False, ends_in_s: int = 3600
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tools, self.events, self.guarded, self.ends_in_s = list(tools), events, guarded, ends_in_s
        self.asked: list[str] = []
        self.grants: list[str] = []
        self.headers_seen: list[dict[str, str]] = []
        self.challenges: dict[str, str] = {}
        self.access: set[str] = set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.base}/mcp"

    def answer(self, message: dict[str, Any]) -> str:
        """Return the text of the answer to a message."""
        method, params = message["method"], message.get("params", {})
        self.asked.append(method)
        if method == "initialize":
            about = {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "shop", "version": "1"},
            }
            rest = f'"result":{json.dumps(about)}'
        elif method == "tools/list":
            rest = f'"result": {{ "tools" : [{",".join(self.tools)}] }}'
        else:
            content = [{"type": "text", "text": json.dumps(params.get("arguments"))}]
            rest = f'"result":{json.dumps({"content": content})}'
        return f'{{"jsonrpc":"2.0","id":{json.dumps(message["id"])},{rest}}}'

    def tokens(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Return tokens for a code with its verifier (RFC 7636), or for a refresh token; None refuses."""
        self.grants.append(form.get("grant_type", ""))
        if form.get("grant_type") == "authorization_code":
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.challenges.pop(form["code"], None):
                return None
        elif form.get("refresh_token") != "refresh-me":
            return None
        token = f"access-{len(self.grants)}"
        self.access.add(token)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.ends_in_s,
            "refresh_token": "refresh-me",
        }


@contextmanager
def serving(shop: Shop) -> Iterator[Shop]:
    """Serve until the block ends."""
    thread = threading.Thread(target=shop.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shop
    finally:
        shop.shutdown()
        thread.join()
        shop.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        shop, parts = self.server, urlsplit(self.path)
        if parts.path.startswith("/.well-known/oauth-protected-resource") and shop.guarded:
            return self._json(200, {"resource": shop.url, "authorization_servers": [shop.base]})
        if parts.path == "/.well-known/oauth-authorization-server" and shop.guarded:
            return self._json(200, self._metadata())
        if parts.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            code = f"code-{len(shop.challenges)}"
            shop.challenges[code] = asked["code_challenge"]
            back = urlencode({"code": code, "state": asked["state"]})
            return self._send(302, b"", {"Location": f"{asked['redirect_uri']}?{back}"})
        return self._send(405 if parts.path == "/mcp" else 404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/register":
            return self._json(201, {**json.loads(body), "client_id": "client-1"})
        if self.path == "/token":
            tokens = self.server.tokens({name: values[0] for name, values in parse_qs(body.decode()).items()})
            return self._json(200, tokens) if tokens else self._json(400, {"error": "invalid_grant"})
        return self._message(json.loads(body))

    def do_DELETE(self) -> None:
        self._send(200, b"")

    def _message(self, message: dict[str, Any]) -> None:
        shop = self.server
        shop.headers_seen.append(dict(self.headers))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if shop.guarded and token not in shop.access:
            about = f'Bearer resource_metadata="{shop.base}/.well-known/oauth-protected-resource/mcp"'
            return self._send(401, b"", {"WWW-Authenticate": about})
        if "id" not in message:
            return self._send(202, b"")
        text = shop.answer(message)
        if shop.events:
            body = f": hello\r\n\r\nevent: message\r\ndata: {text}\r\n\r\n".encode()
            return self._send(200, body, {"Content-Type": "text/event-stream"})
        return self._send(200, text.encode(), {"Content-Type": "application/json"})

    def _metadata(self) -> dict[str, Any]:
        base = self.server.base
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "registration_endpoint": f"{base}/register",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def _json(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
