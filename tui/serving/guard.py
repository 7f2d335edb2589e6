"""Who may look: whoever has the printed address, on this machine, in a page that this server gave them.

Rule 1: the token in the address is exchanged for a cookie that no script reads and that goes to one path of this
        server alone, itself random: cookies do not tell ports apart (RFC 6265, 8.5), so on ``/`` any other server of
        this machine would be sent it, too.
Rule 2: the Host must be ours (else a name that is made to point here could read us: DNS rebinding), and the Origin of a
        websocket must be our own page (else any page could open one: websockets know no same-origin policy).
Rule 3: whatever is wrong gets the same answer, which says nothing but how to come in. Secrets are compared in constant
        time, and stand in no log, argument or Referer.
"""

import secrets
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

LOOPBACK = "127.0.0.1"
SECRET_BYTES = 32
_REFUSED_PAGE = Path(__file__).parent / "refused.html"
REFUSED = "This page needs the address that 'onecontext monitor --serve' printed, opened in this browser.\n"


class Guard:
    """The secrets of one server at ``port``, and what it answers to whom."""

    def __init__(self, port: int) -> None:
        self.host = f"{LOOPBACK}:{port}"
        self.origin = f"http://{self.host}"
        self.place = f"/{secrets.token_urlsafe(16)}"
        self._token = secrets.token_urlsafe(SECRET_BYTES)
        self._cookie = secrets.token_urlsafe(SECRET_BYTES)

    @property
    def address(self) -> str:
        """What is printed: whoever opens it may look."""
        return f"{self.origin}/?token={self._token}"

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every answer. Styles are written by the terminal's script, so they may stand in the page."""
        rules = (
            *("default-src 'none'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:"),
            *("font-src 'self'", f"connect-src 'self' ws://{self.host}", "base-uri 'none'", "form-action 'none'"),
            "frame-ancestors 'none'",
        )
        return {
            "Content-Security-Policy": "; ".join(rules),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }

    async def stamp(self, request: web.Request, response: web.StreamResponse) -> None:
        """Put the headers on an answer, also on one that refuses."""
        response.headers.update(self.headers)
        response.headers["Server"] = "onecontext"

    async def enter(self, request: web.Request) -> web.Response:
        """Exchange the token for the cookie, and lead to the page.

        The page leads there itself: after a redirect that began on another site, a strict cookie would not be sent.
        """
        if not _same(request.query.get("token"), self._token):
            return refused(request)
        head = '<!DOCTYPE html><title>onecontext monitor</title><link rel="icon" href="data:,">'
        text = f'{head}<meta http-equiv="refresh" content="0;url={self.place}/">'
        response = web.Response(text=text, content_type="text/html")
        response.set_cookie("onecontext", self._cookie, path=f"{self.place}/", httponly=True, samesite="Strict")
        return response

    def allows(self, request: web.Request) -> bool:
        """Say whether a request may be answered; where it goes to ``/`` its token is looked at by :meth:`enter`."""
        if request.headers.getall("Host", []) != [self.host]:
            return False
        origin = request.headers.get("Origin")
        if origin not in (None, self.origin):
            return False
        if request.path == "/":
            return True
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return False
        if request.path == f"{self.place}/ws" and origin is None:
            return False
        return _same(request.cookies.get("onecontext"), self._cookie)

    @property
    def middleware(self) -> Middleware:
        """What every request goes through first."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await handler(request) if self.allows(request) else refused(request)

        return check


def refused(request: web.Request) -> web.Response:
    """Return the answer to whoever may not look: a page for a browser, a line for anything else."""
    if "text/html" not in request.headers.get("Accept", ""):
        return web.Response(status=403, text=REFUSED)
    text = _REFUSED_PAGE.read_text(encoding="utf-8").replace("REFUSED", REFUSED)
    return web.Response(status=403, text=text, content_type="text/html")


def _same(given: str | None, secret: str) -> bool:
    return secrets.compare_digest((given or "").encode("utf-8", "replace"), secret.encode())
