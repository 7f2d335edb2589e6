"""When the host is killed, nothing it started goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.guard import bubblewrap_or_skip

HOST = """
import sys
from pathlib import Path
from teams.guard.registry import open_sandbox
sandbox = open_sandbox(sys.argv[1])
beat = "(setsid bash -c 'trap \\"\\" TERM HUP; while :; do echo x >> beat; sleep 0.05; done' &); sleep 60"
sandbox.run(["bash", "-c", beat], workspace=Path(sys.argv[2]))
"""


@pytest.mark.parametrize("tier", ["bubblewrap", "none"])
def test_children_die_with_a_host_that_is_killed(tier: str, tmp_path: Path) -> None:
    if tier == "bubblewrap":
        bubblewrap_or_skip()
    beat = tmp_path / "beat"
    with subprocess.Popen([sys.executable, "-c", HOST, tier, str(tmp_path)]) as host:
        _wait_until_it_beats(beat)

        os.kill(host.pid, signal.SIGKILL)
        host.wait()

    time.sleep(0.3)
    size = beat.stat().st_size
    time.sleep(0.4)
    assert beat.stat().st_size == size


def _wait_until_it_beats(beat: Path) -> None:
    deadline = time.monotonic() + 20
    while not (beat.exists() and beat.stat().st_size > 4):
        assert time.monotonic() < deadline, "the command did not start"
        time.sleep(0.02)
