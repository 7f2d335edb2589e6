"""What a command is given on its stdin, what is seen of it as it runs, and that it can be stopped: in each tier."""

import threading
import time
from pathlib import Path

import pytest

from teams.guard.port import Sandbox
from teams.guard.unconfined import Unconfined
from tests.support.guard import bash, bubblewrap_or_skip


@pytest.fixture(params=["none", "bubblewrap"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return Unconfined() if request.param == "none" else bubblewrap_or_skip()


def test_a_text_is_read_on_stdin_also_a_long_one_that_nobody_reads(sandbox: Sandbox, tmp_path: Path) -> None:
    long = "x" * 1_000_000

    assert bash(sandbox, "cat", tmp_path, text="grüße\n").output == "grüße\n"
    assert bash(sandbox, "wc -c", tmp_path, text=long).output.strip() == "1000000"
    assert bash(sandbox, "exit 3", tmp_path, text=long).exit_code == 3
    assert bash(sandbox, "cat", tmp_path).output == ""


def test_what_it_prints_is_seen_whole_though_only_head_and_tail_are_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    seen = bytearray()

    result = bash(sandbox, "seq 1 100000", tmp_path, on_output=seen.extend)

    assert bytes(seen).split() == [str(number).encode() for number in range(1, 100_001)]
    assert result.omitted_bytes > 0


def test_told_to_stop_it_dies_with_all_it_started_and_did_not_time_out(sandbox: Sandbox, tmp_path: Path) -> None:
    stop, beat = threading.Event(), tmp_path / "beat"

    def stop_when_it_runs(_: bytes) -> None:
        stop.set()

    command = "(setsid bash -c 'while :; do echo x >> beat; sleep 0.05; done' &); sleep 0.2; echo up; sleep 300"
    result = bash(sandbox, command, tmp_path, stop=stop, on_output=stop_when_it_runs, timeout_s=60)
    size = beat.stat().st_size
    time.sleep(0.3)

    assert (result.stopped, result.exit_code) == (True, None)
    assert result.duration_s < 30
    assert beat.stat().st_size == size
