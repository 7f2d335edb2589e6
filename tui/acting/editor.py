"""The person's own editor: what it is, and a text edited with it.

Rule 1: as git does it: ``$VISUAL``, else ``$EDITOR``, is a shell command that is given the file's name.
Rule 2: what was typed is not lost: the file stays until :func:`forget`, whatever happens after it.
"""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MOST_BYTES = 10_000_000
"""A plan is no longer than that; what is belongs to another file that was written over it."""


class Edited(NamedTuple):
    """The text, the ``file`` it lies in, and in ``trouble`` why it is not to be taken, "" when it is."""

    text: str
    file: Path
    trouble: str = ""


def editor_of(env: Mapping[str, str]) -> str:
    """Return the person's editor as a shell command, "" where none is set."""
    return env.get("VISUAL", "").strip() or env.get("EDITOR", "").strip()


def edit(command: str, text: str, env: Mapping[str, str]) -> Edited:
    """Let the person edit ``text`` with ``command`` on this terminal, which nobody else may draw on meanwhile.

    Called in the main thread; ^C is the editor's own business while it runs. An editor that fails takes nothing back:
    its exit code is told in ``trouble``.

    Raises:
        OSError: there is no place for the file.
    """
    file = Path(tempfile.mkdtemp(prefix="onecontext-")) / "main.md"
    file.write_text(text, encoding="utf-8")
    # A handler that does nothing, and not "ignore": that one the editor would inherit.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(["/bin/sh", "-c", f'{command} "$@"', command, str(file)], env=dict(env)).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        typed = _read(file)
    except (OSError, ValueError) as error:
        return Edited("", file, f"what {command!r} left cannot be read: {error}")
    return Edited(typed, file, f"{command!r} ended with exit code {code}" if code else "")


def forget(edited: Edited) -> None:
    """Remove the file, and what the editor left beside it."""
    shutil.rmtree(edited.file.parent, ignore_errors=True)


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    return data.decode("utf-8")
