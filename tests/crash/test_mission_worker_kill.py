"""A mission is killed while a program works on its task: the program dies with it, and resume does the task anew."""

import signal
import time
from pathlib import Path

import pytest

from tests.support.guard import bubblewrap_or_skip
from tests.support.missions import (
    events_of,
    git,
    make_repository,
    onecontext,
    start_onecontext,
    verdict,
    write_script,
)
from tests.support.waiting import until
from tests.support.yes import ONE


@pytest.mark.parametrize("sandbox", ["none", "bubblewrap"])
def test_the_program_dies_with_the_mission_and_resume_begins_it_anew(tmp_path: Path, sandbox: str) -> None:
    if sandbox == "bubblewrap":
        bubblewrap_or_skip()
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    script = write_script(tmp_path, [ONE, verdict()])
    command = "command:while :; do echo x >> beat; sleep 0.05; done"
    work = repository / ".onecontext" / "work"
    process = start_onecontext(
        repository, "run", "Say yes", "--model", script, "--sandbox", sandbox, "--worker", command
    )
    try:
        until(lambda: _begun(work))
        process.send_signal(signal.SIGKILL)
        process.wait()
    finally:
        process.kill()
        process.wait()
    (beat,) = work.rglob("beat")
    until(lambda: _is_still(beat))

    ran = onecontext(repository, "resume", "--sandbox", sandbox, "--worker", "command:echo yes > a.txt", "--json")

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    claims = [(e.attempt, e.epoch) for e in events_of(repository, "task.claimed")]
    assert claims == [(1, 1), (1, 2)]


def _begun(work: Path) -> bool:
    try:
        return bool(list(work.rglob("beat")))
    except FileNotFoundError:
        return False  # another copy was being taken away


def _is_still(path: Path) -> bool:
    size = path.stat().st_size
    time.sleep(1.0)
    return path.stat().st_size == size
