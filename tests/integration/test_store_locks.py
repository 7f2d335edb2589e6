"""Locks: who waits lands in order of arrival, who sleeps is passed over, and no line makes a lock worse than none."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from onecontext.errors import LockTimeout
from onecontext.store import locks, waiting
from onecontext.store.locks import held
from tests.support.locks import PATIENCE_S, Crowd, crowd_at, ended_well, till


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    with crowd_at(tmp_path) as crowd:
        yield crowd


# --- order ------------------------------------------------------------------------------------------------------------


def test_waiters_land_in_the_order_in_which_they_came(crowd: Crowd) -> None:
    names = [f"w{number}" for number in range(6)]

    with held(crowd.lock):
        waiters = [crowd.waiter(name) for name in names]

    assert all(ended_well(waiter) for waiter in waiters)
    assert crowd.landed() == names
    assert not crowd.line.exists()


def test_who_gives_the_lock_back_and_wants_it_again_gets_in_line(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    # A waiter that a busy machine does not run for a second is not what this is about.
    monkeypatch.setattr(locks, "PASSED_OVER_AFTER_S", 60.0)
    for number in range(1, 6):
        with held(crowd.lock):
            waiter = crowd.waiter(f"w{number}")

        with held(crowd.lock):
            assert len(crowd.landed()) == number
        assert ended_well(waiter)


def test_threads_take_turns_and_never_meet(tmp_path: Path) -> None:
    lock, inside, order = tmp_path / "some.lock", [0], []

    def work(name: int) -> None:
        for _ in range(40):
            with held(lock):
                inside[0] += 1
                assert inside[0] == 1
                time.sleep(0)
                order.append(name)
                inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert sorted(order) == sorted(list(range(8)) * 40)
    assert not (tmp_path / "some.lock.queue").exists()


# --- who sleeps, or is dead -------------------------------------------------------------------------------------------


def test_a_stopped_waiter_is_passed_over_and_lands_when_it_goes_on(crowd: Crowd) -> None:
    with held(crowd.lock):
        sleeper, second = crowd.waiter("sleeper"), crowd.waiter("second")
        sleeper.send_signal(signal.SIGSTOP)
    free_since = time.monotonic()

    assert ended_well(second)
    assert time.monotonic() - free_since < 10
    third = crowd.start("third")
    assert ended_well(third)
    assert crowd.landed() == ["second", "third"]
    assert crowd.tickets() == set(), "the ticket of a sleeper would cost everybody a second"

    sleeper.send_signal(signal.SIGCONT)
    assert ended_well(sleeper)
    assert crowd.landed() == ["second", "third", "sleeper"]


def test_a_waiter_that_was_passed_over_is_first_again_when_it_goes_on(crowd: Crowd) -> None:
    with held(crowd.lock):
        sleeper, second = crowd.waiter("sleeper"), crowd.waiter("second", stays=True)
        sleeper.send_signal(signal.SIGSTOP)
    till(lambda: crowd.landed() == ["second"])
    third = crowd.waiter("third")

    sleeper.send_signal(signal.SIGCONT)
    till(lambda: len(crowd.tickets()) == 2)
    assert crowd.landed() == ["second"], "the lock is held: waking up does not open it"

    assert ended_well(second)
    assert ended_well(sleeper)
    assert ended_well(third)
    assert crowd.landed() == ["second", "sleeper", "third"]


def test_several_that_sleep_are_passed_over_one_by_one(crowd: Crowd) -> None:
    with held(crowd.lock):
        sleepers = [crowd.waiter("a"), crowd.waiter("b")]
        last = crowd.waiter("last")
        for sleeper in sleepers:
            sleeper.send_signal(signal.SIGSTOP)

    assert ended_well(last)
    for sleeper in sleepers:
        sleeper.send_signal(signal.SIGCONT)
    assert all(ended_well(sleeper) for sleeper in sleepers)


def test_the_time_for_which_a_waiter_was_stopped_is_not_counted(crowd: Crowd) -> None:
    with held(crowd.lock):
        waiter = crowd.waiter("waiter", wait_s=3)
        waiter.send_signal(signal.SIGSTOP)
        time.sleep(4)
        waiter.send_signal(signal.SIGCONT)
        time.sleep(0.3)

    assert ended_well(waiter)


def test_the_dead_do_not_count_and_are_swept(crowd: Crowd) -> None:
    with held(crowd.lock):
        dead = [crowd.waiter("a"), crowd.waiter("b")]
        for process in dead:
            process.kill()
            process.wait()
        assert len(crowd.tickets()) == 2

        with waiting.ticket(str(crowd.line)) as ticket:
            assert ticket.first() == ticket.name
        till(lambda: waiting.call_first(str(crowd.line)) or not crowd.line.exists())

    assert ended_well(crowd.start("later"))


def test_a_pipe_that_is_about_to_be_opened_is_not_taken_for_a_dead_ones(tmp_path: Path) -> None:
    line = tmp_path / "some.lock.queue"
    line.mkdir()
    young = line / f"{time.monotonic_ns():020d}-00000000"
    os.mkfifo(young)

    waiting.call_first(str(line))

    assert young.exists()


def test_a_waiter_that_is_interrupted_leaves_the_line(crowd: Crowd) -> None:
    with held(crowd.lock):
        waiter = crowd.waiter("waiter")
        waiter.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in waiter.communicate(timeout=PATIENCE_S)[1]

        assert not crowd.line.exists()


def test_a_first_that_gives_up_does_not_hold_up_the_next(crowd: Crowd) -> None:
    with held(crowd.lock):
        first, second = crowd.waiter("first", wait_s=1), crowd.waiter("second")
        assert "LockTimeout" in first.communicate(timeout=PATIENCE_S)[1]

    assert ended_well(second)


# --- how long ---------------------------------------------------------------------------------------------------------


def test_waiting_in_line_has_an_end_and_leaves_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"

    with held(lock):
        began = time.monotonic()
        with pytest.raises(LockTimeout), held(lock, wait_s=0.3):
            pass
        assert time.monotonic() - began >= 0.3
        assert list(tmp_path.iterdir()) == [lock]


@pytest.mark.parametrize("wait_s", [0, 0.2])
def test_a_free_lock_is_not_refused_for_the_sake_of_one_who_waits(tmp_path: Path, wait_s: float) -> None:
    with waiting.ticket(str(tmp_path / "some.lock.queue")) as ticket:
        ticket.first()

        with held(tmp_path / "some.lock", wait_s=wait_s):
            assert ticket.first() == ticket.name


# --- where there can be no line ---------------------------------------------------------------------------------------


def _contend(lock: Path) -> None:
    """Have threads take the lock so that they wait for each other; each gets it, and never two at once."""
    inside: list[int] = []
    had = []

    def work(number: int) -> None:
        with held(lock):
            inside.append(number)
            assert len(inside) == 1
            time.sleep(0.005)
            had.append(inside.pop())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert sorted(had) == list(range(12))


def _give_up(lock: Path) -> None:
    """Wait in vain."""
    with held(lock), pytest.raises(LockTimeout), held(lock, wait_s=0.05):
        pass


def test_a_link_planted_in_place_of_the_line_is_not_followed(tmp_path: Path) -> None:
    lock, elsewhere = tmp_path / "some.lock", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "theirs").touch()
    before = elsewhere.stat().st_mtime_ns
    (tmp_path / "some.lock.queue").symlink_to(elsewhere)

    _contend(lock)

    assert [path.name for path in elsewhere.iterdir()] == ["theirs"]
    assert elsewhere.stat().st_mtime_ns == before


def test_a_file_in_place_of_the_line_does_not_keep_the_lock_from_being_taken(tmp_path: Path) -> None:
    (tmp_path / "some.lock.queue").write_text("kept")

    _contend(tmp_path / "some.lock")

    assert (tmp_path / "some.lock.queue").read_text() == "kept"


@pytest.mark.parametrize("call", ["mkdir", "mkfifo"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_disk_that_takes_no_ticket_costs_the_order_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(f"onecontext.store.waiting.os.{call}", refuse)

    _contend(tmp_path / "some.lock")
    _give_up(tmp_path / "some.lock")

    line = tmp_path / "some.lock.queue"
    assert not list(line.iterdir() if line.exists() else [])


def test_what_is_planted_in_the_line_is_neither_written_nor_waited_for(tmp_path: Path) -> None:
    lock, line, victim = tmp_path / "some.lock", tmp_path / "some.lock.queue", tmp_path / "victim"
    line.mkdir()
    victim.write_text("theirs")
    (line / f"{0:020d}-00000000").hardlink_to(victim)
    (line / f"{0:020d}-00000001").symlink_to(victim)
    (line / f"{0:020d}-00000002").mkdir()
    (line / "note").touch()

    with waiting.ticket(str(line)) as ticket:
        assert ticket.first() == ticket.name
    _contend(lock)

    assert victim.read_text() == "theirs"
    assert len(list(line.iterdir())) == 4


def test_a_folder_is_locked_without_a_line(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    folder.mkdir()

    def wait() -> None:
        with pytest.raises(LockTimeout), held(folder, wait_s=0.2):
            pass

    with held(folder), ThreadPoolExecutor(1) as pool:
        waiting_thread, seen = pool.submit(wait), []
        while not waiting_thread.done():
            seen += [*tmp_path.iterdir(), *folder.iterdir()]
        waiting_thread.result()
    _contend(folder)

    assert set(seen) == {folder}


# --- descriptors ------------------------------------------------------------------------------------------------------


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from tests.integration.test_store_locks import _contend, _give_up
lock = Path(sys.argv[1])
_contend(lock)
counts = []
for _ in range(3):
    _contend(lock)
    _give_up(lock)
    counts.append(len(list(Path("/dev/fd").iterdir())))
lock.with_name("some.lock.queue").touch()
_contend(lock)
_give_up(lock)
counts.append(len(list(Path("/dev/fd").iterdir())))
assert len(set(counts)) == 1, counts
"""
    command = [sys.executable, "-c", code, str(tmp_path / "some.lock")]
    ran = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_child_forked_by_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from onecontext.store.locks import held
with held(Path(sys.argv[1])):
    if not os.fork():
        sys.stdin.read()
        os._exit(0)
print("given back", flush=True)
os.wait()
"""
    command = [sys.executable, "-c", code, str(tmp_path / "some.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "given back\n"

        with held(tmp_path / "some.lock", wait_s=0):
            pass
        process.communicate(timeout=PATIENCE_S)


def test_a_lock_taken_in_turn_is_given_back_when_the_block_fails(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    failed = threading.Event()

    def fail() -> None:
        with pytest.raises(RuntimeError), held(lock):
            raise RuntimeError
        failed.set()

    with held(lock):
        thread = threading.Thread(target=fail)
        thread.start()
        till((tmp_path / "some.lock.queue").exists)
    thread.join()

    assert failed.is_set()
    with held(lock, wait_s=0):
        pass
