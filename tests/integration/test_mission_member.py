"""A member from outside as the worker of a mission: another process that joined the team and hands over commits."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from teams.mission.handoff import Handoff
from tests.support.missions import (
    events_of,
    git,
    journal_of,
    make_repository,
    onecontext,
    start_onecontext,
    verdict,
    write_script,
)
from tests.support.waiting import until
from tests.support.yes import ONE

Process = subprocess.Popen[bytes]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"a.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\nlease_s = 5\n"}
    return make_repository(tmp_path / "repository", files)


def worktree_that_says(word: str, repository: Path, folder: Path) -> str:
    """A command that commits the word in a worktree of its own and names the commit."""
    return (
        f"git -C {repository} worktree add --quiet --force --detach {folder} && cd {folder} && echo {word} > a.txt"
        " && git -c user.name=ann -c user.email=ann@example.org commit --quiet -am done"
        ' && echo "a says so." && echo "Commit: $(git rev-parse HEAD)"'
    )


@contextmanager
def mission(repository: Path, tmp_path: Path, *options: str) -> Iterator[tuple[Process, str]]:
    """A running mission whose worker is the member ann, and the name of its team."""
    script = write_script(tmp_path, [ONE, verdict()])
    told = ["run", "Say yes", "--model", script, "--worker", "member:ann", *options]
    process = start_onecontext(repository, *told)
    try:
        until(lambda: bool(list((repository / ".onecontext" / "teams").glob("*/onecontext/contract.yaml"))))
        yield process, journal_of(repository).path.parents[1].name
    finally:
        process.kill()
        process.wait()


@contextmanager
def joined(repository: Path, team: str, command: str) -> Iterator[Process]:
    process = start_onecontext(repository, "team", "join", team, "--name", "ann", "--command", command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ended(repository: Path) -> dict[str, Any]:
    return dict(events_of(repository, "mission.ended")[-1].data)


def test_a_member_hands_over_commits_and_they_are_judged_until_one_lands(repository: Path, tmp_path: Path) -> None:
    no, yes = (worktree_that_says(word, repository, tmp_path / word) for word in ("no", "yes"))
    command = f"if grep -q 'was rejected'; then {yes}; else {no}; fi"

    with mission(repository, tmp_path) as (run, team), joined(repository, team, command):
        assert run.wait(90) == 0

    assert ended(repository)["ending"] == "done"
    assert git(repository, "show", f"{ended(repository)['branch']}:a.txt") == "yes"
    submitted = [e.data["task"]["metadata"]["onecontext"] for e in events_of(repository, "task.submitted")]
    assert [(task["author"], task["attempt"]) for task in submitted] == [("ann", 1), ("ann", 2)]
    handoff = Handoff.model_validate(submitted[-1]["evidence"]["handoff"])
    assert handoff.commit == git(tmp_path / "yes", "rev-parse", "HEAD")
    attempts = [e.data for e in events_of(repository, "attempt.ended") if e.agent == "ann"]
    assert attempts == [{"outcome": "submitted"}] * 2
    assert git(repository, "status", "--short") == ""


def test_what_a_member_gives_back_is_not_asked_of_it_again(repository: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    command = f"echo x >> {asked}; echo 'I have no idea' >&2; exit 1"

    with mission(repository, tmp_path) as (run, team), joined(repository, team, command):
        assert run.wait(60) == 10

    assert ended(repository)["ending"] == "blocked"
    assert "ann gave it back" in ended(repository)["reason"]
    assert asked.read_text() == "x\n"


def test_a_member_that_does_not_come_is_waited_for_and_then_named(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nmember_wait_s = 1\n")
    script = write_script(tmp_path, [ONE, verdict()])

    ran = onecontext(repository, "run", "Say yes", "--model", script, "--worker", "member:ann", "--json")

    assert (ran.code, ran.data["ending"]) == (10, "blocked")
    assert "ann is not there" in ran.data["reason"]
    assert "--name ann" in ran.data["reason"]


def test_a_stop_takes_the_task_back_from_the_member(repository: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"

    with (
        mission(repository, tmp_path) as (run, team),
        joined(repository, team, f"touch {begun}; sleep 300; echo late"),
    ):
        until(begun.exists)
        assert onecontext(repository, "stop").code == 0
        assert run.wait(30) == 130

    (task,) = json.loads(onecontext(repository, "board", "--json").stdout)["data"]["tasks"]
    assert task["state"] == "ready"
    assert [e.data["outcome"] for e in events_of(repository, "attempt.ended") if e.agent == "ann"] == ["interrupted"]


def test_the_task_of_a_member_that_is_killed_is_free_and_the_next_ann_does_it(repository: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    yes = worktree_that_says("yes", repository, tmp_path / "yes")

    with mission(repository, tmp_path) as (run, team):
        with joined(repository, team, f"echo $$ > {begun}; exec sleep 300") as first:
            until(lambda: begun.exists() and bool(begun.read_text().strip()))
            first.kill()
            until(lambda: not Path("/proc", begun.read_text().strip()).exists())
        until(lambda: any(e.type == "attempt.ended" and e.agent == "ann" for e in journal_of(repository).read()))
        with joined(repository, team, yes):
            assert run.wait(90) == 0

    assert git(repository, "show", f"{ended(repository)['branch']}:a.txt") == "yes"
