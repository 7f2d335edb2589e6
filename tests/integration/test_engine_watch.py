import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from teams.engine import watch as module
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

    def after(self, what: Callable[[], object], *, within_s: float = 5.0) -> bool:
        """Do ``what`` and say whether a call came within so many seconds of it."""
        with self._called:
            before = self.count
            what()
            return self._called.wait_for(lambda: self.count > before, timeout=within_s)


@pytest.fixture(params=["inotify", "polling"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "polling":
        monkeypatch.setattr(module, "_speaks_up", lambda _folder: False)
    return str(request.param)


def test_a_change_in_a_folder_is_noticed(tmp_path: Path, kind: str) -> None:
    calls = Calls()
    watching = watch([tmp_path], calls, poll_s=0.05)
    try:
        assert watching.kind == kind
        assert calls.after(lambda: (tmp_path / "a").write_text("x"))
        assert calls.after(lambda: (tmp_path / "a").write_text("longer"))
        assert calls.after((tmp_path / "a").unlink)
    finally:
        watching.close()


def test_a_folder_that_is_not_there_yet_is_waited_for_and_not_made(tmp_path: Path, kind: str) -> None:
    calls, folder = Calls(), tmp_path / "a" / "b"
    watching = watch([folder], calls, poll_s=0.05)
    try:
        assert not (tmp_path / "a").exists()
        assert calls.after(lambda: folder.mkdir(parents=True))
        time.sleep(0.3)
        assert calls.after(lambda: (folder / "f").write_text("x"))
        shutil.rmtree(tmp_path / "a")
        time.sleep(0.3)
        folder.mkdir(parents=True)
        time.sleep(0.3)
        assert calls.after(lambda: (folder / "f").write_text("x"))
    finally:
        watching.close()


def test_a_burst_of_changes_is_gathered(tmp_path: Path) -> None:
    calls = Calls()
    watching = watch([tmp_path], calls)
    try:
        began = time.monotonic()
        for number in range(300):
            (tmp_path / "a").write_text(str(number))
            time.sleep(0.001)
        time.sleep(0.2)
        took_s = time.monotonic() - began
    finally:
        watching.close()

    assert 1 <= calls.count <= took_s * 16 + 2


def test_reading_wakes_nobody_and_a_closed_watch_is_silent(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    calls = Calls()
    watching = watch([tmp_path], calls)

    assert not calls.after(lambda: [(tmp_path / "a").read_text(), *tmp_path.iterdir()], within_s=0.3)
    watching.close()
    assert not calls.after(lambda: (tmp_path / "a").write_text("y"), within_s=0.2)
