"""A web server on this machine, for as long as a test talks to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Loopback:
    """A server whose requests ``handler`` answers; each handler's ``server.owner`` is this.

    ``released`` is set at the end: it lets go who was kept waiting.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self.released = threading.Event()
        self._http = _Http(("127.0.0.1", 0), handler)
        self._http.owner = self

    @property
    def address(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Answer while this lasts."""
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join(5)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    owner: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that hang up are what some tests are about


class QuietHandler(BaseHTTPRequestHandler):
    """A handler that writes no log, and reads what came with a request."""

    def content(self) -> bytes:
        """Return the body of the request."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class calls it so
        pass
