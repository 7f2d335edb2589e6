"""A live Claude Code client as the lead of a team, at a terminal of its own.

Rule 1: the client is the published program; nothing in it is replaced. Its model is :mod:`tests.live.model_server`.
Rule 2: it has a HOME of its own and reaches nothing but this machine.
Rule 3: it is at a terminal because without one (``-p``) it leads no team: it makes no config.json and reads no inbox.
"""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.live.model_server import ModelServer

KEY = "sk-ant-api03-none-of-anybody-0123456789"
Call = tuple[str, dict[str, Any]]


class Client:
    """A running client. ``root`` is its configuration folder; ``screen`` what it printed, for when it does not do."""

    def __init__(self, terminal: int, root: Path, server: ModelServer) -> None:
        self._terminal = terminal
        self.root = root
        self.server = server
        self.screen = b""
        threading.Thread(target=self._read, name="client's screen", daemon=True).start()

    @property
    def team(self) -> str:
        """The name that the client gave its team."""
        configs = until(lambda: list((self.root / "teams").glob("*/config.json")), "the client makes its team", self)
        return str(configs[0].parent.name)

    def say(self, text: str) -> None:
        """Type a prompt and press enter, as a person would; again if the client missed it."""
        os.write(self._terminal, text.encode())
        time.sleep(0.1)  # a return that comes with the text is a line of it
        self.press_enter()

    def press_enter(self) -> None:
        """Send what stands in the prompt; nothing happens where nothing does."""
        os.write(self._terminal, b"\r")

    def do(self, *calls: Call, timeout_s: float = 40.0) -> list[str]:
        """Let the lead call tools and return what each of them answered."""
        prompt, ids = self.server.plan(*calls)
        self.say(prompt)
        results = self.server.results
        pressed = time.monotonic()

        def done() -> bool:
            nonlocal pressed
            if prompt not in self.server.orders and time.monotonic() - pressed > 2:
                self.press_enter()
                pressed = time.monotonic()
            return all(name in results for name in ids)

        until(done, f"the lead does {calls[:3]}", self, timeout_s=timeout_s)
        return [results[name] for name in ids]

    def saw(self, text: str, *, timeout_s: float = 40.0) -> str:
        """Wait until the lead's model was shown ``text`` and return all that stood around it."""
        found = until(
            lambda: [seen for seen in list(self.server.seen) if text in seen],
            f"the lead's model sees {text!r}",
            self,
            timeout_s=timeout_s,
        )
        return str(found[0])

    def config(self) -> dict[str, Any]:
        """The roster as the client's file has it."""
        document: dict[str, Any] = json.loads((self.root / "teams" / self.team / "config.json").read_text())
        return document

    def names(self) -> list[str]:
        """Who is in the roster."""
        return [member["name"] for member in self.config()["members"]]

    def shown(self) -> str:
        """The end of what the client printed, without the codes that move and colour it."""
        text = re.sub(r"\x1b(\[[0-9;?>]*[A-Za-z]|\].*?\x07|[78])", " ", self.screen.decode("utf-8", "replace"))
        return re.sub(r"[\s─]+", " ", text)[-800:]

    def _read(self) -> None:
        with suppress(OSError):  # EIO: the terminal's other side is gone
            while chunk := os.read(self._terminal, 65536):
                self.screen = (self.screen + chunk)[-20_000:]


def until(holds: Callable[[], Any], what: str, client: Client | None = None, *, timeout_s: float = 40.0) -> Any:
    """Wait until ``holds()`` is true and return it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.05)
    shown = f"; the client's screen: {client.shown()}" if client else ""
    raise AssertionError(f"not within {timeout_s:g} s: {what}{shown}")


@contextmanager
def live_client(program: Path, folder: Path) -> Iterator[Client]:
    """Start a client in ``folder`` and end it, with all it started, afterwards."""
    home, project = folder / "home", folder / "project"
    root = home / ".claude"
    for path in (root, project):
        path.mkdir(parents=True)
    (root / ".claude.json").write_text(json.dumps(_answered(project)))
    with ModelServer().running() as server:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        process = subprocess.Popen(
            [str(program), "--dangerously-skip-permissions", "--model", "claude-opus-4-7"],
            cwd=project,
            env=_environment(home, root, server.address),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        client = Client(ours, root, server)
        try:
            until(lambda: "bypass permissions on" in client.shown(), "the client shows its prompt", client)
            yield client
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            os.close(ours)


def _environment(home: Path, root: Path, url: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "CLAUDE_CONFIG_DIR": str(root),
        "CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS": "1",
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        # It refuses to skip its questions as root unless it is told that it stands in a sandbox.
        "IS_SANDBOX": "1",
    }


def _answered(project: Path) -> dict[str, Any]:
    """Return what the client remembers of a person who has answered its questions at the first start."""
    return {
        "numStartups": 3,
        "theme": "dark",
        "hasCompletedOnboarding": True,
        "lastOnboardingVersion": "2.1.330",
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": [KEY[-20:]], "rejected": []},
        "projects": {str(project): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}},
    }
