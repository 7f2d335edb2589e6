"""What bounds a served board: how many work at once, what they may spend, and what the monitor shows of it."""

from pathlib import Path

import pytest

from tests.support.missions import events_of, git, make_repository, work, write_script
from tests.support.serving import accepted, make_board, put, serve, serving, tasks, told, workflow
from tests.support.waiting import until
from tui.projection.state import Monitor

QUICK = "backoff: {base_s: 0.05, max_s: 0.2}\npoll_s: 0.5\n"
ALONE = QUICK + "review: false\nchecks: ['true']\n"
SLOW = ("run", {"command": "sleep 0.6"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "repository", {"README.md": "kept\n", "a.txt": "?\n"})
    make_board(made)
    return made


def most_at_once(repository: Path) -> int:
    """Return how many attempts were under way at the same time, at the most."""
    now = most = 0
    for event in events_of(repository, "attempt.started", "attempt.ended"):
        now += 1 if event.type == "attempt.started" else -1
        most = max(most, now)
    return most


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_work_at_once_than_the_workflow_says(repository: Path, tmp_path: Path, concurrency: int) -> None:
    workflow(repository, ALONE + f"concurrency: {concurrency}")
    for number in range(5):
        put(repository, f"Do {number}", f"t{number}")
    conversation = {"role": "worker", "turns": work("x", SLOW)["turns"]}

    ran = serve(repository, write_script(tmp_path, [conversation]), "--until-empty")

    assert ran.code == 0, ran.stderr
    assert most_at_once(repository) == concurrency
    assert len({event.agent for event in events_of(repository, "attempt.started")}) <= concurrency


def test_a_budget_of_the_board_ends_it_and_counts_over_all_its_runs(repository: Path, tmp_path: Path) -> None:
    workflow(repository, ALONE)
    first, second = put(repository, "Do one", "one"), put(repository, "Do two", "two", "--after", "1")
    conversation = {"role": "worker", "turns": work("x", SLOW)["turns"]}
    model = write_script(tmp_path, [conversation])

    ran = serve(repository, model, "--until-empty", "--budget-calls", "3")

    assert (ran.code, ran.data["ending"]) == (10, "budget_exhausted")
    assert [event.task for event in events_of(repository, "task.completed")] == [first]
    assert len(events_of(repository, "model.called")) == 3
    again = serve(repository, model, "--until-empty", "--budget-calls", "3")
    assert (again.code, again.data["ending"]) == (10, "budget_exhausted")
    assert len(events_of(repository, "model.called")) == 3
    assert serve(repository, model, "--until-empty", "--budget-calls", "9").code == 0
    assert {event.task for event in events_of(repository, "task.completed")} == {first, second}


def test_a_budget_of_a_task_blocks_that_task_alone(repository: Path, tmp_path: Path) -> None:
    workflow(repository, ALONE)
    (repository / "onecontext.toml").write_text("[budget.task]\ncalls = 2\n")
    put(repository, "Do much", "much")
    put(repository, "Do little", "little")
    model = write_script(
        tmp_path, [work("little"), {**work("much", SLOW), "turns": [*work("much", SLOW)["turns"][:1]] * 4}]
    )

    ran = serve(repository, model, "--until-empty")

    assert ran.code == 10
    assert "task 1 much is blocked: the budget of task much has no room" in ran.data["reason"]
    assert tasks(repository)["little"].state == "done"


def test_what_was_handed_over_is_judged_though_the_workflow_is_for_others_by_now(
    repository: Path, tmp_path: Path
) -> None:
    workflow(repository, ALONE)
    put(repository, "web: do it", "a")
    model = write_script(tmp_path, [work("a", SLOW, SLOW)])
    with serving(repository, model):
        until(lambda: told(repository, "tool.intent"))
        workflow(repository, ALONE + "only: {subject: 'desk:'}")
        until(lambda: len(told(repository, "workflow.loaded")) == 2)
        until(lambda: tasks(repository)["a"].state == "done")

    assert [event.data["outcome"] for event in events_of(repository, "attempt.ended")] == ["submitted"]
    assert len(events_of(repository, "task.completed")) == 1


def test_who_gives_no_sign_is_given_up_and_the_task_rests_before_it_is_tried_again(
    repository: Path, tmp_path: Path
) -> None:
    workflow(repository, ALONE + "silence_s: 0.5\nmax_attempts: 1")
    put(repository, "Do it", "a")
    stuck = work("a", SLOW, wait_s=3.0)

    ran = serve(repository, write_script(tmp_path, [stuck]), "--until-empty")

    # Forgiven once; the second time it is what the attempt came to, and the checks say what that is worth.
    assert ran.code == 0, ran.stderr
    assert [event.attempt for event in events_of(repository, "agent.stalled")] == [1, 1]
    (delayed,) = events_of(repository, "attempt.delayed")
    assert not delayed.data["rejected"]
    assert "stalled" in delayed.data["reason"]
    assert [event.data["outcome"] for event in events_of(repository, "attempt.ended")] == ["interrupted", "failed"]


def test_the_monitor_shows_a_board_that_is_served(repository: Path, tmp_path: Path) -> None:
    put(repository, "Let a say yes", "a")
    model = write_script(tmp_path, [work("a", ("write_file", {"path": "a.txt", "text": "yes\n"})), accepted()])
    assert serve(repository, model, "--until-empty").code == 0

    monitor, phases = Monitor(), []
    for event in events_of(repository):
        monitor.apply(event)
        if (mission := monitor.snapshot().mission) and mission.phase not in phases[-1:]:
            phases.append(mission.phase)

    assert phases == ["serving", "working", "validating", "serving", "done"]
    mission = monitor.snapshot().mission
    assert mission is not None
    assert mission.goal == "Serve the board board"
    assert monitor.snapshot().unknown_types == {}
    assert git(repository, "show", "onecontext/board/_integration:a.txt") == "yes"
