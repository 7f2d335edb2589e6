"""A process that watches a folder, for tests that stop it, take its limits away or write behind its back.

``python -m tests.support.watching FOLDER …`` prints a line of JSON when it begins and whenever it is called; a line on
stdin ends it.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from teams.engine.watch import watch


class Calls:
    """Counts calls, and waits for the next."""

    def __init__(self) -> None:
        self.count = 0
        self._called = threading.Condition()

    def __call__(self) -> None:
        with self._called:
            self.count += 1
            self._called.notify_all()

    def after(self, what: Callable[[], object], *, within_s: float = 10.0) -> bool:
        """Do ``what`` and say whether a call came within so many seconds of it."""
        with self._called:
            before = self.count
            what()
            return self._called.wait_for(lambda: self.count > before, timeout=within_s)


def until(condition: Callable[[], object], *, within_s: float = 20.0) -> bool:
    """Say whether ``condition`` came true within so many seconds."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def main(*folders: str) -> None:
    calls = Calls()

    def tell() -> None:
        calls()
        line = {"calls": calls.count, "kind": watching.kind, "why": watching.why}
        print(json.dumps(line), flush=True)  # noqa: T201 - the parent reads it

    watching = watch([Path(folder) for folder in folders], tell, poll_s=0.2)
    print(json.dumps({"calls": 0, "kind": watching.kind, "why": watching.why}), flush=True)  # noqa: T201
    sys.stdin.readline()
    watching.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
