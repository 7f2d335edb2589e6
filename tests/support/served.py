"""``onecontext monitor --serve`` as a real process, and requests to it."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path
from urllib.parse import urlsplit

import psutil

PATIENCE_S = 60.0


@dataclass
class Served:
    """A server: what it printed, and how to ask it."""

    process: "subprocess.Popen[str]"
    address: str
    port: int = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.address)
        assert parts.port
        self.port, self.token = parts.port, parts.query.removeprefix("token=")

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, HTTPMessage, str]:
        """Return status, headers and text of the answer; the path goes as it is, with all its dots."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def enter(self) -> tuple[str, dict[str, str]]:
        """Come in as a browser does: return the path of the page and the headers with the cookie."""
        status, headers, text = self.get(f"/?token={self.token}")
        assert status == 200
        cookie = headers["Set-Cookie"].split(";")[0]
        return text.partition("url=")[2].partition('"')[0], {"Cookie": cookie}

    def screens(self) -> list[psutil.Process]:
        """Return the processes that draw."""
        return psutil.Process(self.process.pid).children()


@contextmanager
def serving(cwd: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve for as long as the block takes; then ^C, which must be enough."""
    process = subprocess.Popen(
        [sys.executable, "-m", "onecontext", "monitor", "--serve", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), process.communicate(timeout=PATIENCE_S)
        assert process.stdout.readline().startswith("Whoever has this address")
        yield Served(process, address)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def gone(processes: list[psutil.Process]) -> bool:
    """Say whether all of them end in time."""
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    return not alive


def soon(there: Callable[[], bool]) -> bool:
    """Say whether something becomes true in time; ``there`` is called again and again."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if there():
            return True
        time.sleep(0.05)
    return False
