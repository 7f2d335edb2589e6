"""Doing an act: the command line itself, in this process, or apart where it takes long.

Rule 1: messages, checks, permissions and errors are the command's own; what it said in a sentence is handed on.
Rule 2: who does it is said on the line: ``$ONECONTEXT_AGENT`` named this screen's person, whom the commands of mail
    would take for a member that sends.
Rule 3: what is done apart outlives the screen: a session of its own, nothing on its streams that could break.
"""

import io
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import partial

from onecontext.cli.main import main
from onecontext.errors import OneContextError, StorageError
from tui.acting.control import Control
from tui.acting.line import Line
from tui.acting.roadmap import together

SETTLED_S = 8.0
"""What fails at its beginning has failed by then."""
_LOOK_S = 0.1
_SAID_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: ``code`` is the command's exit code (None: it goes on apart), ``said`` what it said."""

    code: int | None
    said: str
    out: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.code in (0, None)


def attempt(line: Line, control: Control, *, apart: bool, leaving: threading.Event) -> Done:
    """Run a command line, ``apart`` or to its end, and return what came of it, whatever that is.

    Args:
        leaving: as of :func:`do_apart`.
    """
    try:
        if line.base is not None:
            return together(line, partial(do, control=control))
        return do_apart(line, control, leaving=leaving) if apart else do(line, control)
    except OSError as error:
        return Done(StorageError.exit_code, f"it could not be begun: {error}")
    # The screen must not end by a fault of ours in a command: it is left open all day, and shows more than this.
    except Exception as error:  # noqa: BLE001
        return Done(OneContextError.exit_code, f"it failed by a fault of ours: {type(error).__name__}: {error}")


def do(line: Line, control: Control) -> Done:
    """Run a command line to its end and return what came of it."""
    out, err = io.StringIO(), io.StringIO()
    code = main(line.argv, env=_env(control), cwd=line.folder, stdin=io.StringIO(line.stdin), stdout=out, stderr=err)
    return Done(code, _said(out.getvalue() if code == 0 else err.getvalue()), out.getvalue())


def do_apart(
    line: Line, control: Control, *, settled_s: float = SETTLED_S, leaving: threading.Event | None = None
) -> Done:
    """Begin a command line as a process of its own; return what came of it, where it ends within ``settled_s``.

    What it says goes to a file without a name, which is gone with the process; the journal tells what it does.

    Args:
        leaving: set from another thread: nobody waits any more for what comes of it. None: nobody leaves.

    Raises:
        OSError: it could not be begun: its folder is gone, or the machine has no room for a process.
    """
    ended, leaving = threading.Event(), leaving or threading.Event()
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            # -P: the project's own folder is no place for modules of ours.
            [sys.executable, "-P", "-m", "onecontext", *line.argv],
            cwd=line.folder,
            env=_env(control),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
        threading.Thread(target=_wait, args=(process, ended), name="acting-apart", daemon=True).start()
        until = time.monotonic() + settled_s
        while not ended.wait(_LOOK_S) and not leaving.is_set() and time.monotonic() < until:
            pass
        if not ended.is_set():
            return Done(None, f"it goes on in a process of its own ({process.pid}), also when this screen is left")
        words.seek(0)
        return Done(process.returncode, _said(words.read().decode("utf-8", "replace")))


def _env(control: Control) -> dict[str, str]:
    return {name: value for name, value in control.env.items() if name != "ONECONTEXT_AGENT"}


def _wait(process: "subprocess.Popen[bytes]", ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _said(text: str) -> str:
    """Return what a command said as a sentence or two."""
    lines = [" ".join(line.split()).removeprefix("onecontext: ") for line in text.splitlines() if line.strip()]
    told = " · ".join(lines)
    return told if len(told) <= _SAID_CHARACTERS else told[: _SAID_CHARACTERS - 1] + "…"
