"""What a validator says: a finding with a test that fails stops work, everything else is advice; and not for ever."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.missions import (
    Ran,
    events_of,
    failing,
    git,
    make_repository,
    onecontext,
    plan,
    quote,
    verdict,
    work,
    write_script,
)
from tests.support.yes import YES_A

ONE = plan(
    [{"id": "VAL-A-001", "text": "a says yes", "command": "grep -q yes a.txt"}],
    [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
)
LOUD = ("write_file", {"path": "a.txt", "text": "yes!\n"})
ELSEWHERE = ("write_file", {"path": "b.txt", "text": "tidied\n"})
TOO_QUIET = failing("it is too quiet", "check.sh", "grep -q 'yes!' a.txt\n", "bash check.sh", "a.txt")
PASSES = failing("it says nothing", "check.sh", "grep -q yes a.txt\n", "bash check.sh", "a.txt")
DOES_NOT_RUN = failing("it says nothing", "check.sh", "", "./check.sh", "a.txt")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"a.txt": "?\n", "b.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\n"}
    return make_repository(tmp_path / "repository", files)


def run(repository: Path, *conversations: dict[str, Any], planned: dict[str, Any] = ONE, attempts: int = 3) -> Ran:
    script = write_script(repository.parent, [planned, *conversations])
    return onecontext(repository, "run", "Say yes", "--model", script, "--max-attempts", str(attempts), "--json")


def verdicts(repository: Path) -> list[str]:
    return [event.data["verdict"] for event in events_of(repository, "verdict.given")]


def evidence(repository: Path) -> dict[str, Any]:
    (done,) = events_of(repository, "task.completed")
    found: dict[str, Any] = done.data["task"]["metadata"]["onecontext"]["evidence"]
    return found


# --- findings --------------------------------------------------------------------------------------------------------


def test_a_finding_whose_test_fails_sends_the_work_back_and_must_pass_after(repository: Path) -> None:
    picky = verdict(accept=False, findings=[TOO_QUIET], attempt=1)

    ran = run(repository, work("a", YES_A, attempt=1), work("a", LOUD), picky, verdict())

    assert ran.code == 0, ran.stderr
    assert verdicts(repository) == ["rejected", "accepted"]
    first, _ = events_of(repository, "verdict.given")
    assert "Write this to check.sh" in first.data["findings"][0]
    tests = [event.data for event in events_of(repository, "verify.command") if event.data["assertion"] == "finding 1"]
    # Seen to fail by the host, and run first when the work came again.
    assert [test["exit_code"] for test in tests] == [1, 0]


def test_work_that_comes_back_unmended_is_sent_back_without_asking_anybody(repository: Path) -> None:
    picky = verdict(accept=False, findings=[TOO_QUIET], attempt=1)

    ran = run(repository, work("a", YES_A, attempt=1), work("a", YES_A, attempt=2), work("a", LOUD), picky, verdict())

    assert ran.code == 0, ran.stderr
    assert verdicts(repository) == ["rejected", "rejected", "accepted"]
    asked = {event.attempt for event in events_of(repository, "model.called") if event.agent == "validator-1"}
    assert asked == {1, 3}


@pytest.mark.parametrize("finding", ["a.txt: say it louder", PASSES, DOES_NOT_RUN], ids=["none", "passes", "no test"])
def test_a_finding_without_a_test_that_fails_is_advice(repository: Path, finding: str | dict[str, Any]) -> None:
    ran = run(repository, work("a", YES_A), verdict(accept=False, findings=[finding]))

    assert ran.code == 0, ran.stderr
    told = [event for event in events_of(repository, "tool.result") if event.data["tool"] == "give_verdict"]
    assert [event.data["ok"] for event in told] == [False, True]
    assert "nothing in that stops the work" in told[0].data["output"]
    (advice,) = evidence(repository)["advice"]
    assert advice.startswith(finding if isinstance(finding, str) else finding["text"])
    assert any(advice in event.data["text"] for event in events_of(repository, "message.sent"))


def test_findings_alone_send_work_back_only_so_often(repository: Path) -> None:
    picky = verdict(accept=False, findings=[TOO_QUIET])

    ran = run(repository, work("a", YES_A), picky, attempts=9)

    assert ran.code == 0, ran.stderr
    assert verdicts(repository) == ["rejected", "rejected", "accepted"]
    assert any("it is too quiet" in advice for advice in evidence(repository)["advice"])


def test_a_fix_that_goes_beyond_what_was_found_is_refused(repository: Path) -> None:
    picky = verdict(accept=False, findings=[TOO_QUIET], attempt=1)
    beyond = work("a", LOUD, ELSEWHERE, attempt=2)
    done = ("finish", {"summary": "louder", "discovered": ["b.txt is untidy"]})
    mends = ("write_file", {"path": "b.txt", "text": "?\n"})
    beyond["turns"] += [{"call": [{"tool": tool, "args": args}]} for tool, args in (mends, done)]

    ran = run(repository, work("a", YES_A, attempt=1), beyond, picky, verdict())

    assert ran.code == 0, ran.stderr
    refused = [event for event in events_of(repository, "tool.result") if not event.data["ok"] and event.attempt == 2]
    assert ["b.txt: no finding is about that" in event.data["output"] for event in refused] == [True]
    assert git(repository, "show", f"{ran.data['branch']}:b.txt") == "?"
    assert ran.data["discovered"] == ["a: b.txt is untidy"]
    assert any("b.txt is untidy" in event.data["text"] for event in events_of(repository, "message.sent"))
    assert "b.txt is untidy" in onecontext(repository, "log", "--json").stdout


def test_what_the_work_prints_lets_no_fix_go_further(repository: Path) -> None:
    """The test of a finding runs the author's code, which can print the name of any file."""
    says = failing("it is too quiet", "check.sh", "cat a.txt; grep -q 'yes!' a.txt\n", "bash check.sh", "a.txt")
    picky = verdict(accept=False, findings=[says], attempt=1)
    prints = ("write_file", {"path": "a.txt", "text": "yes\nb.txt tests/data/b.txt\n"})
    beyond = work("a", LOUD, ELSEWHERE, attempt=2)
    beyond["turns"] += [
        {"call": [{"tool": tool, "args": args}]}
        for tool, args in (
            ("write_file", {"path": "b.txt", "text": "?\n"}),
            ("write_file", {"path": "tests/data/b.txt", "text": "new\n"}),
            ("finish", {"summary": "louder"}),
            ("run", {"command": "rm -r tests; mkdir tests; touch tests/test_a.py"}),
            ("finish", {"summary": "louder"}),
        )
    ]

    ran = run(repository, work("a", prints, attempt=1), beyond, picky, verdict())

    assert ran.code == 0, ran.stderr
    refused = [event for event in events_of(repository, "tool.result") if not event.data["ok"] and event.attempt == 2]
    told = [event.data["output"].split(": no finding")[0] for event in refused]
    assert told == ["error: UsageError: b.txt", "error: UsageError: tests/data/b.txt"]
    assert git(repository, "ls-tree", "-r", "--name-only", ran.data["branch"], "tests") == "tests/test_a.py"


def test_a_fix_may_touch_what_the_task_has_changed_before(repository: Path) -> None:
    picky = verdict(accept=False, findings=[TOO_QUIET], attempt=1)

    ran = run(repository, work("a", YES_A, ELSEWHERE, attempt=1), work("a", LOUD, attempt=2), picky, verdict())

    assert ran.code == 0, ran.stderr
    first, _ = events_of(repository, "verdict.given")
    assert first.data["evidence"]["review"]["scope"]["paths"] == ["a.txt", "b.txt", "check.sh"]


# --- judged, asked, claimed ------------------------------------------------------------------------------------------

JUDGED = plan(
    [{"id": "VAL-A-001", "text": "a says yes", "judge": "quote it"}],
    [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
)


@pytest.mark.parametrize(
    "wrong", [[], [quote("VAL-A-001", "a.txt", 1, "no")], [quote("VAL-A-001", "c.txt", 1, "yes")]], ids=len
)
def test_what_is_judged_is_accepted_only_with_a_quote_that_is_there(
    repository: Path, wrong: list[dict[str, Any]]
) -> None:
    judge = verdict(quotes=wrong)
    judge["turns"] += verdict(quotes=[quote("VAL-A-001", "a.txt", 1, "yes")])["turns"]

    ran = run(repository, work("a", YES_A), judge, planned=JUDGED)

    assert ran.code == 0, ran.stderr
    told = [event for event in events_of(repository, "tool.result") if event.data["tool"] == "give_verdict"]
    assert [event.data["ok"] for event in told] == [False, True]
    assert evidence(repository)["quotes"] == [quote("VAL-A-001", "a.txt", 1, "yes")]


def test_what_is_judged_is_rejected_with_a_quote(repository: Path) -> None:
    no = quote("VAL-A-001", "a.txt", 1, "?")
    picky = verdict(accept=False, findings=[{"text": "it asks", "about": ["VAL-A-001"]}], quotes=[no], attempt=1)
    yes = verdict(quotes=[quote("VAL-A-001", "a.txt", 1, "yes")])

    ran = run(repository, work("a", attempt=1), work("a", YES_A), picky, yes, planned=JUDGED)

    assert ran.code == 0, ran.stderr
    assert verdicts(repository) == ["rejected", "accepted"]


def test_what_could_make_tests_pass_is_asked_about_and_must_be_answered(repository: Path) -> None:
    code = "class A:\n    def __eq__(self, other):\n        return self is other\n"
    silent = verdict()
    silent["turns"] += verdict(answers=["it compares identities"])["turns"]
    silent["turns"][0]["expect"] = "lib.py:2 defines __eq__"

    ran = run(repository, work("a", YES_A, ("write_file", {"path": "lib.py", "text": code})), silent)

    assert ran.code == 0, ran.stderr
    assert evidence(repository)["answers"] == ["it compares identities"]
    assert evidence(repository)["asked"] == ["lib.py:2 defines __eq__"]


def test_a_claim_without_its_command_is_refused_until_it_ran(repository: Path) -> None:
    def finish(*claims: str) -> dict[str, Any]:
        return {"call": [{"tool": "finish", "args": {"summary": "did it", "claims": [*claims]}}]}

    def ran_(command: str) -> dict[str, Any]:
        return {"call": [{"tool": "run", "args": {"command": command}}]}

    turns = [
        finish("VAL-A-001"),
        ran_("grep -q yes a.txt"),
        finish("VAL-A-001"),
        ran_("echo yes > a.txt"),
        ran_("grep -q  yes a.txt"),
        finish("VAL-A-001", "VAL-B-001"),
        finish("VAL-A-001"),
    ]

    ran = run(repository, {"role": "worker", "turns": turns}, verdict())

    assert ran.code == 0, ran.stderr
    told = [event.data for event in events_of(repository, "tool.result") if event.data["tool"] == "finish"]
    assert [one["ok"] for one in told] == [False, False, False, True]
    words = ["was not run as it stands", "did not exit 0", "VAL-B-001 is no assertion of this task"]
    assert all(word in one["output"] for word, one in zip(words, told, strict=False))
    assert evidence(repository)["handoff"]["claims"] == ["VAL-A-001"]
