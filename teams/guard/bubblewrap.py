"""Tier "bubblewrap": each command in namespaces of its own, without network, seeing only what it needs.

Rule 1: bwrap itself is started with the command's small environment: what we have in ours would stay readable
        in the /proc/1/environ of the sandbox, whatever --clearenv says.
Rule 2: a sandbox that cannot be set up is an error; it never falls back to running unconfined.
Rule 3: when we are root, the command is not: it runs as a user id that owns nothing else on the machine. Then limits
        on processes hold, which the kernel does not apply to root.
"""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import NoSandbox
from teams.guard import mounts
from teams.guard.environment import command_env, interpreter_folders
from teams.guard.limits import Limits, limited
from teams.guard.ownership import hand_over
from teams.guard.port import CommandResult
from teams.guard.process import OUTPUT_LIMIT_BYTES, Finished, run_process

# Unassigned on Linux: above 16-bit ids, below what /etc/subuid hands out.
ROOTS_STAND_IN_UID = 70017
_NAMESPACE_UID = 1000
SETPRIV = "/usr/bin/setpriv"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a command is.

    ``stand_in``: the real user id was dropped by setpriv, possible only for root. Otherwise a user namespace maps
    ``uid`` to our own real one.
    """

    uid: int
    stand_in: bool


class Bubblewrap:
    """Runs commands in bubblewrap. See :class:`teams.guard.port.Sandbox`; made by :func:`teams.guard.open_sandbox`."""

    tier = "bubblewrap"

    def __init__(
        self,
        bwrap: Path,
        *,
        identity: Identity | None = None,
        readable: Sequence[Path] = (),
        tools: Sequence[Path] = (),
        limits: Limits | None = None,
        output_limit_bytes: int = OUTPUT_LIMIT_BYTES,
    ) -> None:
        """
        Args:
            bwrap: the program.
            identity: None: a user namespace.
            readable: more folders or files that commands may read, at their own paths.
            tools: folders put first on the PATH of commands; they are readable too.
            limits: None: the defaults of :class:`Limits`.
        """
        self.identity = identity or Identity(_NAMESPACE_UID, stand_in=False)
        self.readable = tuple(dict.fromkeys([*interpreter_folders(), *tools, *readable]))
        self._bwrap = bwrap
        self._tools = tuple(tools)
        self._limits = limits or Limits()
        self._output_limit_bytes = output_limit_bytes
        self._version = bwrap_version(bwrap)

    def take_over(self, workspace: Path) -> None:
        """Hand the workspace over to the user id of commands (all but .git), when we are root; see the port."""
        if self.identity.stand_in:
            hand_over(workspace, self.identity.uid)

    def run(
        self,
        argv: Sequence[str],
        *,
        workspace: Path,
        writable: bool = True,
        timeout_s: float = 120.0,
        env: Mapping[str, str] | None = None,
        text: str | None = None,
        stop: threading.Event | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> CommandResult:
        """Run ``argv`` in ``workspace``, which it sees as /workspace; see the port.

        A writable workspace is taken over first.
        """
        if writable:
            self.take_over(workspace)
        reading, writing = os.pipe()
        try:
            with ExitStack() as held:
                texts = mounts.synthetic_files(self.identity.uid)
                files = [(held.enter_context(_holding(text.encode())), path) for path, text in texts.items()]
                options = self._options(workspace, writable=writable, status=writing, files=files)
                # Options go through a descriptor: /proc/1/cmdline in the sandbox shows no path of the host.
                given = held.enter_context(_holding("\0".join(options).encode()))
                finished = run_process(
                    [str(self._bwrap), "--args", str(given), "--", *self._inner(argv)],
                    env=command_env(mounts.HOME, tools=self._tools, last=mounts.FALLBACK) | dict(env or {}),
                    cwd=Path("/"),
                    timeout_s=timeout_s,
                    end=_kill,
                    pass_fds=[writing, given, *(descriptor for descriptor, _ in files)],
                    limit_bytes=self._output_limit_bytes,
                    text=text,
                    stop=stop,
                    on_output=on_output,
                )
            exit_code = None if finished.timed_out or finished.stopped else _exit_code(reading, finished)
        except FileNotFoundError as error:
            raise NoSandbox(f"{self._bwrap} is gone: {error.strerror}") from error
        finally:
            os.close(reading)
            os.close(writing)
        return CommandResult(
            tuple(argv), exit_code, finished.output, finished.omitted_bytes, finished.duration_s, finished.stopped
        )

    def _options(self, workspace: Path, *, writable: bool, status: int, files: Sequence[tuple[int, str]]) -> list[str]:
        return [
            *self._namespaces(),
            *mounts.system_mounts(sizes=self._version >= (0, 7)),
            *mounts.readable_mounts(self.readable),
            *mounts.file_mounts(files),
            *mounts.workspace_mounts(workspace, writable=writable),
            *("--remount-ro", "/", "--chdir", "/", "--json-status-fd", str(status)),
        ]

    def _inner(self, argv: Sequence[str]) -> list[str]:
        command = limited(argv, self._limits, folder=mounts.WORKSPACE)
        return [*_setpriv(self.identity.uid), *command] if self.identity.stand_in else command

    def _namespaces(self) -> list[str]:
        common = ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL"]
        if self.identity.stand_in:
            # Root makes the mounts without a user namespace, keeps what setpriv needs for one moment, and is gone.
            kept = [word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}")]
            separate = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
            return [*separate, *common, *kept]
        mapped = ["--unshare-user", "--uid", str(self.identity.uid), "--gid", str(self.identity.uid)]
        # A user namespace inside ours would open much of the kernel to the command.
        inner = ["--disable-userns"] if self._version >= (0, 8) else []
        return ["--unshare-all", *mapped, *inner, *common]


def bwrap_version(bwrap: Path) -> tuple[int, ...]:
    """Return the version of ``bwrap`` as numbers, such as (0, 8, 0).

    Raises:
        NoSandbox: it does not run.
    """
    try:
        answer = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10, env={}, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoSandbox(f"{bwrap} does not run: {error}") from error
    return tuple(int(number) for number in re.findall(r"\d+", answer.stdout)[:3])


def _setpriv(uid: int) -> list[str]:
    identity = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
    return [SETPRIV, *identity, "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"]


def _kill(process: "subprocess.Popen[bytes]") -> None:
    # The namespace's first process dies with bwrap (--die-with-parent), and with it everything in the namespace.
    process.kill()


@contextmanager
def _holding(content: bytes) -> Iterator[int]:
    """Hold a descriptor from which ``content`` can be read."""
    descriptor = os.memfd_create("onecontext")
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _exit_code(status: int, finished: Finished) -> int:
    """Return the command's exit code from bwrap's status documents (bwrap(1), --json-status-fd).

    Raises:
        NoSandbox: there is none: the sandbox itself was not set up.
    """
    os.set_blocking(status, False)
    documents = b""
    with suppress(BlockingIOError):
        documents = os.read(status, 64 * 1024)
    for line in documents.splitlines():
        with suppress(ValueError):
            code = json.loads(line).get("exit-code")
            if isinstance(code, int):
                return code
    said = finished.output.strip().splitlines()
    raise NoSandbox(f"bubblewrap could not make a sandbox: {said[-1] if said else 'it said nothing'}")
