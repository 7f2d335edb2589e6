"""SIGKILL of a server at each kind of moment, then another server: nothing is done twice, nothing stays held."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.missions import events_of, git, make_repository, work, write_script
from tests.support.serving import accepted, make_board, put, serve, serving, tasks, told, workflow
from tests.support.waiting import until

MOMENTS = [
    "workflow.loaded",
    "task.claimed",
    "attempt.started",
    "tool.intent",
    "task.submitted",
    "verify.command",
    "verdict.given",
    "work.merged",
    "task.completed",
    "attempt.delayed",
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"README.md": "kept\n", "a.txt": "?\n", "b.txt": "?\n"})
    make_board(made)
    workflow(made, "backoff: {base_s: 0.3, jitter: 0}\npoll_s: 0.5\nchecks: ['! grep -q no a.txt b.txt']")
    put(made, "Let a say yes", "a")
    put(made, "Let b say yes", "b", "--after", "1")
    return made


def script(folder: Path) -> str:
    def writes(file: str, word: str) -> tuple[str, dict[str, str]]:
        return "run", {"command": f"sleep 0.1; echo {word} > {file}"}

    return write_script(
        folder,
        [
            work("a", writes("a.txt", "no"), attempt=1),
            work("a", writes("a.txt", "yes"), attempt=2),
            work("b", writes("b.txt", "yes")),
            accepted(),
        ],
    )


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_next_server_goes_on_where_a_killed_one_was(repository: Path, tmp_path: Path, moment: str) -> None:
    model = script(tmp_path)
    with serving(repository, model, "--sandbox", "bubblewrap") as process:
        until(lambda: told(repository, moment))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done_before = {event.task for event in events_of(repository, "task.completed")}
    last = events_of(repository)[-1].seq

    ran = serve(repository, model, "--until-empty", "--sandbox", "bubblewrap")

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", "onecontext/board/_integration:a.txt") == "yes"
    assert git(repository, "show", "onecontext/board/_integration:b.txt") == "yes"
    assert {key: task.attempt for key, task in tasks(repository).items()} == {"a": 2, "b": 1}
    begun_after = {event.task for event in events_of(repository, "attempt.started") if event.seq > last}
    assert not begun_after & done_before
    assert len(events_of(repository, "task.completed")) == 2
    merges = git(repository, "rev-list", "--merges", "--count", "main..onecontext/board/_integration")
    assert int(merges) == 2
    git(repository, "fsck", "--strict")


def test_a_rest_outlives_the_server_that_was_killed(repository: Path, tmp_path: Path) -> None:
    workflow(repository, "backoff: {base_s: 4, jitter: 0}\npoll_s: 0.5\nchecks: ['! grep -q no a.txt b.txt']")
    model = script(tmp_path)
    with serving(repository, model) as process:
        (delayed,) = until(lambda: told(repository, "attempt.delayed"))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    assert serve(repository, model, "--until-empty").code == 0

    again = [event for event in events_of(repository, "task.claimed") if event.attempt == 2]
    assert again[0].at.isoformat() >= delayed.data["until"]
    assert [event.attempt for event in events_of(repository, "attempt.delayed")] == [1]
