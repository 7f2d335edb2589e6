"""A program that is none of ours and rewrites a team's files, told what to write on its command line.

``python -m tests.tui.rewriting ROOT VERSION`` plays what a recorded client wrote: inboxes by rename, tasks and
``config.json`` in place and in two halves, as the client does, with a garbled file in between; it says ``done``.
"""

import sys
import time
from pathlib import Path

from tests.integration.test_protocol_foreign_states import put, writes

HALF_S = 0.004


def rewrite(path: Path, content: bytes) -> None:
    """Write in place, in two halves: whoever reads meanwhile sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb", buffering=0) as file:
        file.write(content[: len(content) // 2])
        time.sleep(HALF_S)
        file.write(content[len(content) // 2 :])


def play(root: Path, version: str) -> None:
    """Play all that the client wrote, in order."""
    for name, content in writes(version):
        if "/inboxes/" in name:
            put(root, name, content)
        else:
            rewrite(root / name, content)
        time.sleep(0.01)


if __name__ == "__main__":
    play(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write("done\n")
