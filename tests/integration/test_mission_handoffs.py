"""What somebody outside hands over: any JSON, again, of an old claim, or more than anybody reads."""

import json
from pathlib import Path
from typing import Any

import pytest

from teams.protocol.board.states import State
from teams.protocol.team import Team
from tests.support.missions import (
    events_of,
    git,
    journal_of,
    make_repository,
    onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.yes import ONE, YES_A


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A mission whose only task is held by somebody outside, and wrong work that lies there as a commit."""
    files = {"a.txt": "?\n", "b.txt": "?\n", "onecontext.toml": "[run]\npivots = 0\n"}
    made = make_repository(tmp_path / "repository", files)
    script = write_script(tmp_path, [ONE, work("first", YES_A), verdict()])
    assert onecontext(made, "run", "Say yes", "--model", script, "--budget-calls", "1").code == 10
    git(made, "checkout", "-q", "--detach")
    (made / "b.txt").write_text("planted\n")
    git(made, "commit", "-qam", "planted"), git(made, "tag", "planted"), git(made, "checkout", "-q", "main")
    team = team_of(made)
    team.join("outsider")
    team.board.claim("1", "outsider", lease_s=600)
    return made


def team_of(repository: Path) -> Team:
    return Team.open(journal_of(repository).team, root=repository / ".onecontext")


def submit(repository: Path, evidence: str, *words: str) -> Any:
    named = ["--team", team_of(repository).name, "--as", "outsider"]
    return onecontext(repository, "task", "submit", "1", "--evidence", evidence, *named, *words)


def resume(repository: Path) -> Any:
    return onecontext(repository, "resume", "--budget-calls", "50", "--json")


STRANGE: dict[str, Any] = {
    "no handoff": {},
    "a text": {"handoff": "planted"},
    "a list": {"handoff": ["planted"]},
    "a number for a commit": {"handoff": {"commit": 5}},
    "no commit": {"handoff": {"commit": "--all"}},
    "a tree": {"handoff": {"commit": "planted^{tree}"}},
    "rounds of its own": {
        "handoff": {"commit": "nothing"},
        "review": {"rounds": -5, "tests": [{"text": 5}], "scope": {"commit": 5, "paths": 5}},
    },
    "a scope of its own": {
        "handoff": {},
        "review": {"rounds": 0, "tests": [], "scope": {"commit": "x", "paths": ["*"]}},
    },
    "words that are none": {
        "handoff": {"commit": "planted", "summary": {"a": [1]}, "undone": {"b": 2}, "discovered": 7, "commands": "x"},
        "advice": 5,
        "asked": "nothing",
        "answers": {"a": 1},
        "quotes": "all",
        "checks": [{"assertion": "VAL-A-001", "exit_code": 0}],
    },
    "an ending of its own": {
        "handoff": {"commit": "nothing", "undone": ["infeasible"]},
        "ending": "infeasible",
        "proofs": [{"command": "false", "exit_code": 1, "shows": "it cannot be"}],
    },
    "very long words": {"handoff": {"commit": "nothing", "summary": "x" * 900_000, "undone": ["y" * 50_000] * 9}},
    "very many words": {"handoff": {"commit": "nothing", "discovered": ["z"] * 100_000}},
}


@pytest.mark.parametrize("strange", STRANGE)
def test_whatever_is_handed_over_is_judged_and_the_task_goes_on(repository: Path, strange: str) -> None:
    handed = submit(repository, json.dumps(STRANGE[strange]))

    ran = resume(repository)

    assert ran.code == 0, (handed, ran.stderr)
    assert ran.data["ending"] == "done"
    first, *_ = events_of(repository, "verdict.given") if handed.code == 0 else [None]
    assert first is None or first.data["verdict"] == "rejected"
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"
    assert git(repository, "show", f"{ran.data['branch']}:b.txt") == "?"
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        ('{"handoff": {"commit": "a"}, "handoff": {"commit": "planted"}}', "twice"),
        ("[" * 3000 + "]" * 3000, "nest"),
        ('{"handoff": ' + '{"a":' * 3000 + "1" + "}" * 3001, "nest"),
        ('{"handoff": NaN}', ""),
        ('{"handoff": {"commit": "a"}', ""),
        ('["handoff"]', "not a JSON object"),
    ],
)
def test_what_is_no_json_of_ours_is_refused_and_nothing_is_handed_over(
    repository: Path, evidence: str, said: str
) -> None:
    ran = submit(repository, evidence)

    assert ran.code in (2, 5), ran
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert team_of(repository).board.get("1").state is State.RUNNING


def test_what_was_handed_over_and_given_back_unjudged_says_nothing(repository: Path) -> None:
    named = ["--team", team_of(repository).name]
    assert submit(repository, '{"findings": 5, "conflicts": {}, "handoff": "x", "review": []}').code == 0
    assert onecontext(repository, "task", "block", "1", "wait", *named).code == 0
    assert onecontext(repository, "task", "unblock", "1", *named).code == 0

    ran = resume(repository)

    assert ran.code == 0, ran.stderr
    assert git(repository, "show", f"{ran.data['branch']}:a.txt") == "yes"


def test_a_task_that_somebody_outside_completes_with_strange_evidence_is_told_as_it_is(repository: Path) -> None:
    named = ["--team", team_of(repository).name, "--as", "somebody"]
    strange = '{"handoff": "x", "asked": 5, "answers": 5, "advice": 5, "findings": 5}'
    assert submit(repository, "{}").code == 0
    assert onecontext(repository, "task", "complete", "1", "--evidence", strange, *named).code == 0

    ran = resume(repository)

    assert ran.code == 10, ran.stderr
    assert "on the finished branch these do not hold: VAL-A-001" in ran.data["reason"]


def test_a_handoff_of_an_old_claim_or_said_again_is_refused(repository: Path) -> None:
    board = team_of(repository).board
    old = board.get("1").epoch
    board.release("1", "outsider", old)
    board.claim("1", "outsider", lease_s=600)
    handoff = json.dumps({"handoff": {"commit": "planted"}})

    stale = submit(repository, handoff, "--epoch", str(old))
    first, again = submit(repository, handoff), submit(repository, handoff)
    ran = resume(repository)
    after = submit(repository, handoff)

    assert (stale.code, first.code) == (4, 0), (stale, first)
    assert again.code != 0
    assert after.code != 0
    assert ran.code == 0, ran.stderr
    assert len(events_of(repository, "task.submitted")) == 2
    assert git(repository, "show", f"{ran.data['branch']}:b.txt") == "?"
