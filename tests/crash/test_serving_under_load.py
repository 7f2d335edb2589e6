"""A server that has several tasks in hand: killed again and again, and begun by several at once."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.support.missions import events_of, git, make_repository, start_onecontext, work, write_script
from tests.support.serving import accepted, make_board, put, serve, serving, tasks, told, workflow
from tests.support.waiting import until

MANY = [f"t{number}" for number in range(8)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"README.md": "kept\n"})
    make_board(made)
    workflow(made, "concurrency: 4\nbackoff: {base_s: 0.2, jitter: 0}\npoll_s: 0.5\nchecks: ['! grep -q no *.txt']")
    for key in MANY:
        put(made, f"Write {key}", key)
    return made


def script(folder: Path) -> str:
    def writes(key: str) -> tuple[str, dict[str, str]]:
        return "run", {"command": f"sleep 0.2; echo {key} >> {key}.txt"}

    return write_script(folder, [*(work(key, writes(key)) for key in MANY), accepted()])


def assert_each_is_done_once(repository: Path) -> None:
    branch = "onecontext/board/_integration"
    assert {key: git(repository, "show", f"{branch}:{key}.txt") for key in MANY} == {key: key for key in MANY}
    assert {key: str(task.state) for key, task in tasks(repository).items()} == dict.fromkeys(MANY, "done")
    assert {key: task.attempt for key, task in tasks(repository).items()} == dict.fromkeys(MANY, 1)
    for once in ("task.completed", "work.merged"):
        assert sorted(Counter(event.task for event in events_of(repository, once)).values()) == [1] * len(MANY), once
    assert int(git(repository, "rev-list", "--merges", "--count", f"main..{branch}")) == len(MANY)
    git(repository, "fsck", "--strict")


def test_a_server_with_many_tasks_in_hand_may_be_killed_again_and_again(repository: Path, tmp_path: Path) -> None:
    model = script(tmp_path)
    for moment, count in (("tool.intent", 3), ("task.submitted", 3), ("verdict.given", 3), ("work.merged", 5)):
        with serving(repository, model, "--sandbox", "bubblewrap") as process:
            until(lambda m=moment, c=count: len(told(repository, m)) >= c or None, within_s=120)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()

    ran = serve(repository, model, "--until-empty", "--sandbox", "bubblewrap")

    assert ran.code == 0, ran.stderr
    assert_each_is_done_once(repository)


def test_of_several_servers_that_begin_at_once_one_serves(repository: Path, tmp_path: Path) -> None:
    words = ["serve", "--board", "--model", script(tmp_path), "--sandbox", "bubblewrap", "--until-empty"]
    processes = [start_onecontext(repository, *words) for _ in range(3)]
    try:
        codes = sorted(process.wait(timeout=240) for process in processes)
    finally:
        for process in processes:
            process.kill()

    assert codes == [0, 4, 4]
    assert_each_is_done_once(repository)
