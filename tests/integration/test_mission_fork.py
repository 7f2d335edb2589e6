"""A fork begins as a mission was at a checkpoint: what was done is done, the rest open, the original untouched."""

from pathlib import Path
from typing import Any

import pytest

from onecontext import Memory
from teams.engine.journal import Journal
from tests.support.missions import Ran, git, make_repository, onecontext, plan, says, verdict, work, write_script

KEYS = ("a", "b", "c")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {f"{key}.txt": "?\n" for key in KEYS})


@pytest.fixture
def script(tmp_path: Path) -> str:
    assertions = [{"id": f"VAL-{k.upper()}-001", "text": k, "command": says("yes", f"{k}.txt")} for k in KEYS]
    tasks = [{"key": key, "subject": key, "assertions": [f"VAL-{key.upper()}-001"]} for key in KEYS]
    tasks[1]["after"], tasks[2]["after"] = ["a"], ["b"]
    workers = [work(key, ("write_file", {"path": f"{key}.txt", "text": "yes\n"})) for key in KEYS]
    return write_script(tmp_path, [plan(assertions, tasks), *workers, verdict()])


@pytest.fixture
def mission(repository: Path, script: str) -> str:
    """A mission that is done."""
    ran = onecontext(repository, "run", "Say yes", "--model", script, "--json")
    assert ran.data["ending"] == "done"
    return str(ran.data["mission"])


def forked(repository: Path, *arguments: str) -> Ran:
    ran = onecontext(repository, "fork", *arguments, "--json")
    assert ran.code == 0, ran.stderr
    return ran


def events(repository: Path, mission: str, *types: str) -> list[Any]:
    journal = Journal(repository / ".onecontext" / "teams" / mission / "onecontext", team=mission)
    return [event for event in journal.read() if not types or event.type in types]


def everything(repository: Path, mission: str) -> dict[str, bytes]:
    """Return every file of the mission's team and board, and its refs."""
    folders = [repository / ".onecontext" / kind / mission for kind in ("teams", "tasks")]
    files = {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    refs = git(
        repository, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", f"refs/onecontext/{mission}"
    )
    kept = [line for line in refs.splitlines() if mission in line or line.startswith("refs/heads/main ")]
    return files | {"refs": "\n".join(kept).encode()}


def test_the_checkpoints_are_the_plan_and_each_task_that_was_done(repository: Path, mission: str) -> None:
    listed = forked(repository, mission, "--list").data["checkpoints"]

    assert [one["what"] for one in listed] == ["planned", "a", "b", "c"]
    assert [one["done"] for one in listed] == [[], ["a"], ["a", "b"], ["a", "b", "c"]]
    assert listed[0]["commit"] is None
    assert [one["commit"] for one in listed[1:]] == [
        e.data["commit"] for e in events(repository, mission, "work.merged")
    ]


@pytest.mark.parametrize(
    ("at", "done"),
    [("planned", []), ("a", ["a"]), ("#2", ["a", "b"])],
)
def test_a_fork_goes_on_from_its_checkpoint_and_the_original_is_untouched(
    repository: Path, mission: str, at: str, done: list[str]
) -> None:
    before = everything(repository, mission)

    made = forked(repository, mission, "--at", at, "--name", "second").data
    tasks = {
        task["key"]: task["state"]
        for task in onecontext(repository, "task", "list", "--team", "second", "--json").data["tasks"]
    }
    ran = onecontext(repository, "resume", "second", "--json")

    assert made["done"] == done
    assert [key for key, state in tasks.items() if state == "done"] == done
    assert ran.data["ending"] == "done", ran.stderr
    assert ran.data["branch"] == "onecontext/second"
    worked = {event.task for event in events(repository, "second", "attempt.started") if event.task}
    assert len(worked) == len(KEYS) - len(done)
    for key in KEYS:
        assert git(repository, "show", f"onecontext/second:{key}.txt") == "yes"
    assert everything(repository, mission) == before


def test_what_is_taken_over_says_where_it_comes_from_in_journal_evidence_and_memory(
    repository: Path, mission: str
) -> None:
    forked(repository, mission, "--at", "b", "--name", "second")

    (event,) = events(repository, "second", "mission.forked")
    assert event.data["from"] == mission
    (second,) = [
        t for t in onecontext(repository, "board", "--team", "second", "--json").data["tasks"] if t["key"] == "b"
    ]
    assert second["evidence"]["forked"]["mission"] == mission
    assert second["evidence"]["handoff"]["commit"]
    assert second["author"].startswith("worker-")
    merged = [event.data["commit"] for event in events(repository, "second", "work.merged")]
    assert merged == [event.data["commit"] for event in events(repository, mission, "work.merged")][:2]
    words = [one.contribution for one in Memory.open(repository, branch="second").milestones()]
    assert any(word.startswith(f"Forked from {mission}") for word in words)


def test_the_memory_of_a_fork_is_that_of_the_checkpoint_on_a_branch_of_its_own(repository: Path, mission: str) -> None:
    told = events(repository, mission, "memory.committed", "task.completed")
    done = next(event.seq for event in told if event.type == "task.completed" and event.task == "1")
    then = [e.data["commit"] for e in told if e.seq < done and e.data.get("branch") == "main"][-1]
    memory = repository / ".onecontext"
    main = Memory.open(repository, branch="main").show("main").commit

    forked(repository, mission, "--at", "a", "--name", "second")
    onecontext(repository, "resume", "second")

    assert git(memory, "merge-base", "main", "second") == then
    assert Memory.open(repository, branch="main").show("main").commit == main != then
    words = [one.contribution for one in Memory.open(repository, branch="second").milestones()]
    assert any("Say yes: done" in word for word in words)
    git(memory, "fsck", "--strict")


def test_a_fork_of_a_mission_that_was_stopped_runs_at_once(repository: Path, script: str, mission: str) -> None:
    forked(repository, mission, "--at", "a", "--name", "halted")
    assert onecontext(repository, "stop", "halted").code == 0

    ran = forked(repository, "halted", "--name", "third", "--run")

    assert ran.data["ending"] == "done"
    assert {task["key"]: task["state"] for task in ran.data["tasks"]} == dict.fromkeys(KEYS, "done")


def test_a_fork_that_was_cut_short_is_finished_by_resume(
    repository: Path, mission: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from teams.mission.forks import forking

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forking, "take_over", killed)
        onecontext(repository, "fork", mission, "--at", "b", "--name", "second")
    ran = onecontext(repository, "resume", "second", "--json")

    assert ran.data["ending"] == "done", ran.stderr
    assert [event.task for event in events(repository, "second", "attempt.started") if event.task] == ["3"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--at", "nonsense"), "there is no checkpoint 'nonsense'; there are"),
        (("--at", "1"), "there is no checkpoint '1'"),
        (("--name", "Not A Name"), "cannot name a mission"),
        (("--name", "main"), "main"),
        (("--at", "#"), "there is no checkpoint '#'"),
    ],
)
def test_what_cannot_be_forked_is_told_in_a_sentence(
    repository: Path, mission: str, arguments: tuple[str, ...], told: str
) -> None:
    ran = onecontext(repository, "fork", mission, *arguments)

    assert ran.code == 2
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_name_that_is_taken_is_refused(repository: Path, mission: str) -> None:
    forked(repository, mission, "--name", "second")

    ran = onecontext(repository, "fork", mission, "--name", "second")

    assert ran.code == 2
    assert "second" in ran.stderr


def test_a_fork_whose_beginning_was_cut_off_is_told_so_and_plans_nothing_anew(repository: Path, mission: str) -> None:
    forked(repository, mission, "--at", "a", "--name", "second")
    path = repository / ".onecontext" / "teams" / "second" / "onecontext" / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    last = next(n for n, line in enumerate(lines) if b'"type":"mission.started"' in line)
    path.write_bytes(b"".join(lines[: last + 1]))

    ran = onecontext(repository, "resume", "second")

    assert ran.code == 2
    assert "was cut short" in ran.stderr


def test_what_was_given_up_by_then_is_said_in_the_forks_ending_too(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text("[run]\nmax_attempts = 1\n")
    assertions = [{"id": f"VAL-{k.upper()}-001", "text": k, "command": says("yes", f"{k}.txt")} for k in "ab"]
    tasks = [{"key": key, "subject": key, "assertions": [f"VAL-{key.upper()}-001"]} for key in "ab"]
    less = {"choice": "shrink", "reason": "b is the law", "drop_tasks": ["b"], "drop_assertions": ["VAL-B-001"]}
    pivot = {
        "role": "orchestrator",
        "attempt": 2,
        "turns": [{"call": [{"tool": "change_plan", "args": less}]}],
    }
    right, wrong = (
        ("write_file", {"path": f"{key}.txt", "text": f"{word}\n"}) for key, word in (("a", "yes"), ("b", "no"))
    )
    script = write_script(tmp_path, [pivot, plan(assertions, tasks), work("a", right), work("b", wrong), verdict()])
    ran = onecontext(repository, "run", "Say yes", "--model", script, "--json")
    assert "given up: VAL-B-001 (b is the law)" in ran.data["reason"], ran.stderr

    forked(repository, ran.data["mission"], "--name", "less-1")
    again = onecontext(repository, "resume", "less-1", "--json")

    assert again.code == 0, again.stderr
    assert "given up: VAL-B-001 (b is the law)" in again.data["reason"]
