"""A holder that is killed is followed at once; one that is stopped is never robbed."""

import signal
import time
from pathlib import Path

from tests.support.locks import crowd_at, ended_well, till

STOPPED_S = 31.0


def test_a_killed_holder_is_followed_in_under_two_seconds(tmp_path: Path) -> None:
    with crowd_at(tmp_path) as crowd:
        holder = crowd.holder("holder")
        first, second = crowd.waiter("first", stays=True), crowd.waiter("second")

        holder.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        till(lambda: "first" in crowd.landed())
        assert time.monotonic() - killed < 2

        # So is one that had to wait for the lock itself.
        first.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        till(lambda: "second" in crowd.landed())
        assert time.monotonic() - killed < 2
        assert ended_well(second)


def test_a_stopped_holder_is_never_robbed(tmp_path: Path) -> None:
    with crowd_at(tmp_path) as crowd:
        holder = crowd.holder("holder")
        waiters = [crowd.waiter("first"), crowd.waiter("second")]
        hasty = crowd.waiter("hasty", wait_s=2)

        holder.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_S)
        assert crowd.landed() == ["holder"]
        assert "LockTimeout" in hasty.communicate()[1]
        assert len(crowd.tickets()) == 2

        holder.send_signal(signal.SIGCONT)
        assert ended_well(holder)
        assert all(ended_well(waiter) for waiter in waiters)
        assert crowd.landed() == ["holder", "first", "second"]
