"""Side effects outside of the working copy, and a SIGKILL in the middle: what is on record is not done again, and what
is in doubt is a person's to decide.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.support.mission_kills import Warm
from tests.support.missions import events_of, git, make_repository, plan, verdict, work, write_script

COMMANDS = ("first", "second")
ASSERTION = {"id": "VAL-A-001", "text": "a says yes", "command": "grep -qx yes a.txt && test -f made.txt"}


@pytest.fixture
def warm(tmp_path: Path) -> Any:
    with Warm(tmp_path) as one:
        yield one


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "outside.log"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository", {"a.txt": "?\n"})


@pytest.fixture
def script(tmp_path: Path, outside: Path) -> str:
    """One task: two commands that write outside of the copy, an edit and a message, each of which counts."""
    calls = [
        ("run", {"command": f"echo first >> {outside}; echo made > made.txt"}),
        ("edit_file", {"path": "a.txt", "old": "?", "new": "yes"}),
        ("message", {"to": "team-lead", "text": "half way"}),
        ("run", {"command": f"echo second >> {outside}"}),
    ]
    planned = plan([ASSERTION], [{"key": "a", "subject": "a", "assertions": ["VAL-A-001"]}])
    return write_script(tmp_path, [planned, work("a", *calls), verdict()])


def killed(warm: Warm, repository: Path, script: str, *, after: str, tool: str, number: int = 1) -> None:
    """Run the mission without a sandbox and kill it right after the ``number``-th ``after`` of ``tool``."""
    options = ("--model", script, "--sandbox", "none", "--workers", "1")
    ended = warm.run(repository, "run", "Say yes", *options, dies_after=(after, tool, number))
    assert ended.code == -9
    last = [event for event in events_of(repository) if event.type == after and event.data["tool"] == tool]
    assert len(last) == number


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def test_what_has_a_result_on_record_is_not_done_again_and_the_copy_has_what_it_did(
    warm: Warm, repository: Path, script: str, outside: Path
) -> None:
    killed(warm, repository, script, after="tool.result", tool="message")

    ended = warm.run(repository, "resume", "--sandbox", "none")

    assert ended.data["ending"] == "done"
    assert lines(outside) == ["first", "second"]
    assert git(repository, "show", f"{ended.data['branch']}:made.txt") == "made"
    outputs = [e.data["output"] for e in events_of(repository, "tool.result") if (e.epoch, e.agent) == (2, "worker-1")]
    assert [output.startswith("[This was done before") for output in outputs] == [True, True, True, False, False]
    assert [e.data["text"] for e in events_of(repository, "message.sent")].count("half way") == 1
    assert list((repository / ".onecontext" / "work").glob("*/*")) == []


@pytest.mark.parametrize(
    ("answer", "then", "happened"), [("it did not", ["second"], False), ("Yes: I looked at the server.", [], True)]
)
def test_a_command_in_doubt_waits_for_a_person_who_says_whether_it_happened(
    warm: Warm, repository: Path, script: str, outside: Path, answer: str, then: list[str], happened: bool
) -> None:
    killed(warm, repository, script, after="tool.intent", tool="run", number=2)
    before = lines(outside)

    blocked = warm.run(repository, "resume", "--sandbox", "none")

    assert blocked.code == 10
    assert blocked.data["ending"] == "blocked"
    assert "In doubt: worker-1 was about to do run" in blocked.data["reason"]
    assert "echo second" in blocked.data["reason"]
    (task,) = warm.run(repository, "task", "list").data["tasks"]
    assert task["state"] == "needs_input"
    assert "In doubt" in task["reason"]
    assert warm.run(repository, "resume", "--sandbox", "none").code == 10
    assert lines(outside) == before

    assert warm.run(repository, "task", "answer", "1", answer, "--as", "pat").code == 0
    ended = warm.run(repository, "resume", "--sandbox", "none")

    assert ended.data["ending"] == "done"
    assert lines(outside) == [*before, *then]
    (settled,) = events_of(repository, "effect.settled")
    assert (settled.data["happened"], settled.data["by"], settled.data["answer"]) == (happened, "pat", answer)
    told = [event.data["output"] for event in events_of(repository, "tool.result") if event.data["tool"] == "run"][-1]
    assert (f"pat says: {answer}" in told) is happened
    assert ended.data["tasks"][0]["attempts"] == 1


def test_an_answer_that_is_neither_is_asked_about_again(warm: Warm, repository: Path, script: str) -> None:
    killed(warm, repository, script, after="tool.intent", tool="run", number=1)
    warm.run(repository, "resume", "--sandbox", "none")
    warm.run(repository, "task", "answer", "1", "perhaps", "--as", "pat")

    ended = warm.run(repository, "resume", "--sandbox", "none")

    assert ended.code == 10
    assert "pat said 'perhaps', which is neither of the two" in ended.data["reason"]
    assert events_of(repository, "effect.settled") == []


def test_a_message_in_doubt_is_looked_up_and_arrives_once(warm: Warm, repository: Path, script: str) -> None:
    options = ("--model", script, "--sandbox", "none", "--workers", "1")
    ended = warm.run(repository, "run", "Say yes", *options, dies_after=("message.sent", "half way", 1))
    assert ended.code == -9

    ended = warm.run(repository, "resume", "--sandbox", "none")

    assert ended.data["ending"] == "done"
    assert [e.data["text"] for e in events_of(repository, "message.sent")].count("half way") == 1


def test_in_the_sandbox_a_command_is_simply_begun_anew_with_its_copy(
    warm: Warm, tmp_path: Path, repository: Path
) -> None:
    planned = plan(
        [{**ASSERTION, "command": "grep -qx yes a.txt"}], [{"key": "a", "subject": "a", "assertions": ["VAL-A-001"]}]
    )
    script = write_script(tmp_path, [planned, work("a", ("run", {"command": "echo yes > a.txt"})), verdict()])
    ended = warm.run(repository, "run", "Say yes", "--model", script, dies_after=("tool.intent", "run", 1))
    assert ended.code == -9

    assert warm.run(repository, "resume", "--sandbox", "none").data["ending"] == "done"
    assert events_of(repository, "task.asked") == []
