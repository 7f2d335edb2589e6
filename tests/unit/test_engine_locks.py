import os
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from onecontext.errors import LockTimeout
from teams.engine import locks
from teams.engine.locks import file_lock, mkdir_lock
from tests.support.locks import till


def test_a_lock_is_a_directory_beside_the_file_while_it_is_held(tmp_path: Path) -> None:
    with mkdir_lock(tmp_path / "a.json"):
        assert (tmp_path / "a.json.lock").is_dir()

    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_program_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json.lock").mkdir()

    with pytest.raises(LockTimeout), mkdir_lock(tmp_path / "a.json", wait_s=0.05):
        pass

    assert (tmp_path / "a.json.lock").is_dir()


def test_a_lock_that_nobody_touched_for_ten_seconds_is_taken_over(tmp_path: Path) -> None:
    _leave_behind(tmp_path / "a.json.lock", age_s=11)

    with mkdir_lock(tmp_path / "a.json", wait_s=0.5):
        assert time.time() - (tmp_path / "a.json.lock").stat().st_mtime < 5

    assert list(tmp_path.iterdir()) == []


def test_a_lock_touched_nine_seconds_ago_is_left_alone(tmp_path: Path) -> None:
    _leave_behind(tmp_path / "a.json.lock", age_s=9)

    with pytest.raises(LockTimeout), mkdir_lock(tmp_path / "a.json", wait_s=0.1):
        pass


def test_a_long_holder_keeps_its_lock_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "REFRESH_S", 0.02)
    monkeypatch.setattr(locks, "_keeper", locks._Keeper())
    with mkdir_lock(tmp_path / "a.json") as held:
        os.utime(tmp_path / "a.json.lock", (0, 0))
        held._identity = locks._identity(held.path)

        time.sleep(0.2)

        assert time.time() - (tmp_path / "a.json.lock").stat().st_mtime < 5
        assert held.is_ours()


def test_a_holder_that_slept_knows_it_and_leaves_the_lock_of_its_successor(tmp_path: Path) -> None:
    with mkdir_lock(tmp_path / "a.json") as sleeper:
        os.utime(tmp_path / "a.json.lock", (0, 0))
        # The sleeper's keeper has not run since: as after SIGSTOP.
        with mkdir_lock(tmp_path / "a.json", wait_s=0.5) as successor:
            assert not sleeper.is_ours()
            sleeper.release()

            assert successor.is_ours()


def test_of_many_takers_of_a_stale_lock_one_at_a_time_has_it(tmp_path: Path) -> None:
    _leave_behind(tmp_path / "a.json.lock", age_s=60)
    inside, most = 0, 0

    def take() -> None:
        nonlocal inside, most
        with mkdir_lock(tmp_path / "a.json", wait_s=10):
            inside += 1
            most = max(most, inside)
            time.sleep(0.002)
            inside -= 1

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_a_taker_that_comes_too_late_leaves_the_lock_of_the_one_before_it(tmp_path: Path) -> None:
    # It saw the lock stale; by the time it acts, somebody else has taken it over.
    with mkdir_lock(tmp_path / "a.json") as first:
        assert not locks._take_over(first.path, 10.0)
        assert first.is_ours()


def test_one_thread_keeps_all_locks_fresh_and_goes_when_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "REFRESH_S", 0.02)
    monkeypatch.setattr(locks, "_keeper", locks._Keeper())
    threads = [thread.name for thread in threading.enumerate()].count("keeps locks fresh")
    with ExitStack() as stack:
        held = [stack.enter_context(mkdir_lock(tmp_path / f"{n}.json")) for n in range(20)]
        before = [lock._identity for lock in held]

        till(lambda: all(lock._identity != was for lock, was in zip(held, before, strict=True)))
        assert [thread.name for thread in threading.enumerate()].count("keeps locks fresh") <= threads + 1
        assert all(lock.is_ours() for lock in held)
    keeper = locks._keeper
    till(lambda: not keeper._runs)
    with mkdir_lock(tmp_path / "again.json") as later:
        was = later._identity
        till(lambda: later._identity != was)


def test_flock_excludes_threads_of_one_process(tmp_path: Path) -> None:
    with (
        file_lock(tmp_path / "run.lock", wait_s=0),
        pytest.raises(LockTimeout),
        file_lock(tmp_path / "run.lock", wait_s=0),
    ):
        pass

    with file_lock(tmp_path / "run.lock", wait_s=0):
        pass


def _leave_behind(lock: Path, *, age_s: float) -> None:
    lock.mkdir()
    os.utime(lock, (time.time() - age_s, time.time() - age_s))
