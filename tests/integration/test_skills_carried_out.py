"""Agents of a mission open a bundled skill with their tool ``skill`` and do what it says, to a result in git.

The model's words are scripted, so this shows that a skill reaches an agent, that its commands run where agents run them
and that their work lands. It does not show that a model would choose the skill, or follow it.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onecontext.api import Memory
from skills.activation.activate import activate
from tests.support.lessons import (
    BILL_FILES,
    REPORT_FILES,
    ROWS,
    ROWS_MENDED,
    SHARES,
    SHARES_MENDED,
    bundled,
)
from tests.support.missions import events_of, git, make_repository, onecontext, plan, verdict, write_script
from tests.support.plays import play, says
from tests.support.taught import File, taught

Call = tuple[str, dict[str, Any]]
pytestmark = pytest.mark.timeout(300)
A_SAYS_YES = plan(
    [{"id": "VAL-A-001", "text": "a says yes", "command": "grep -qx yes a.txt"}],
    [{"key": "first", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}],
)


def worker(task: str, *turns: tuple[str | None, list[Call]]) -> dict[str, Any]:
    """Return the conversation of a worker: of each turn what the result before it must contain, and its calls."""
    return {
        "role": "worker",
        "task": task,
        "turns": [
            {**({"expect": expect} if expect else {}), "call": [{"tool": tool, "args": args} for tool, args in calls]}
            for expect, calls in turns
        ],
    }


def opens(skill: str) -> Call:
    return "skill", {"name": skill}


def runs(command: str) -> Call:
    return "run", {"command": command}


def writes(path: str, text: str) -> Call:
    return "write_file", {"path": path, "text": text}


def hands_over(summary: str) -> Call:
    return "finish", {"summary": summary}


def mission(repository: Path, goal: str, conversations: list[dict[str, Any]]) -> str:
    """Run a mission to its end and return its branch."""
    ran = onecontext(repository, "run", goal, "--model", write_script(repository.parent, conversations), "--json")
    assert ran.code == 0, f"{ran.stderr}\n{ran.stdout}"
    return str(ran.data["branch"])


def opened(repository: Path) -> list[str]:
    """Return the names of the skills that were opened, from the record."""
    calls = [event.data for event in events_of(repository, "tool.intent") if event.data["tool"] == "skill"]
    return [json.loads(call["arguments"])["name"] for call in calls]


def passes_at(repository: Path, revision: str, command: list[str], folder: Path) -> bool:
    """Say whether a command exits 0 in the files of a commit."""
    folder.mkdir()
    files = subprocess.run(["git", "archive", revision], cwd=repository, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=files, check=True)
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, check=False).returncode == 0


def test_a_finding_lands_as_a_red_test_and_turns_green_with_the_fix(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", BILL_FILES)
    skill = activate(bundled("review-to-tests"))
    (example,) = [one for one in taught(skill) if isinstance(one, File)]
    run_test = f"python -m pytest -q -p no:cacheprovider {example.path}"
    script = [
        plan(
            [
                {"id": "VAL-TEST-001", "text": "there is a test", "command": f"test -s {example.path}"},
                {"id": "VAL-BILL-001", "text": "shares add up", "command": run_test},
            ],
            [
                {"key": "review", "subject": "Review the bill; show a finding", "assertions": ["VAL-TEST-001"]},
                {"key": "mend", "subject": "Mend it", "assertions": ["VAL-BILL-001"], "after": ["review"]},
            ],
        ),
        worker(
            "review",
            (None, [opens("review-to-tests")]),
            ("A review whose findings are tests", [writes(example.path, example.text), runs(run_test)]),
            ("exit code 1", [hands_over("shares of 100.00 sum to 99.99; the test is red")]),
        ),
        worker(
            "mend",
            (None, [opens("review-to-tests"), runs(run_test)]),
            ("exit code 1", [("edit_file", {"path": "till/bill.py", "old": SHARES, "new": SHARES_MENDED})]),
            (None, [runs(run_test)]),
            ("exit code 0", [hands_over("the last share takes the cents that are left; green")]),
        ),
        verdict(),
    ]

    branch = mission(repository, "The shares of a bill must add up", script)

    green, red = git(repository, "log", "--first-parent", "--format=%H", f"main..{branch}").splitlines()
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", example.path]
    assert not passes_at(repository, red, command, tmp_path / "red")
    assert passes_at(repository, green, command, tmp_path / "green")
    assert git(repository, "diff", "--name-only", "main", red) == example.path
    assert git(repository, "diff", "--name-only", red, green) == "till/bill.py"
    assert opened(repository) == ["review-to-tests"] * 2


def test_rival_theories_find_the_planted_fault(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", REPORT_FILES)
    theories = {
        "ann": ("the second read finds the end of the open file", "a second call of rows gives nothing"),
        "bob": ("rows are cached under the wrong key", "there is a cache"),
        "cy": ("the count uses up the generator", "a list in its place mends it"),
    }
    twice = "python -c \"from report import rows; assert [len([*rows('orders.csv')]) for _ in 'ab'] == [3, 3]\""
    found = {
        "ann": [{"theory": "2", "command": "! grep -q cache report.py", "why": "nothing is cached"}],
        "bob": [{"theory": "1", "command": twice, "why": "a second call gives all rows"}],
        "cy": [],
    }
    talk: list[Any] = []
    for n, (name, (theory, predicts)) in enumerate(theories.items(), start=1):
        given = {"theory": theory, "predicts": predicts}
        talk.append(says(name, given, task=f"theorise/{n}/suppose", before=(opens("debug-by-hypotheses"),)))
        result = {"refutations": found[name], "message": f"{name} struck {len(found[name])}"}
        talk.append(says(name, result, task=f"trial/1/attack/{n}/refute"))
    test = "from report import report\n\n\ndef test_rows() -> None:\n    assert report('orders.csv')[1:]\n"
    proof = {"path": "tests/test_rows.py", "command": "python -m pytest -q -p no:cacheprovider tests/test_rows.py"}
    mend = ("edit_file", {"path": "report.py", "old": ROWS, "new": ROWS_MENDED})
    talk += [
        says("arbiter", {"struck": ["1", "2"], "reasons": "the commands show it"}),
        says("cy", proof, task="prove", before=(writes("tests/test_rows.py", test),)),
        says("cy", {"summary": "rows are listed before they are counted"}, task="mend", before=(mend,)),
    ]
    reproduce = "reproduce=python -m pytest -q -p no:cacheprovider tests/test_report.py"
    script = write_script(tmp_path, talk)

    ran = play(repository, "hypotheses", "fault=the report has no lines", reproduce, script=script)

    assert ran.code == 0, f"{ran.stderr}\n{ran.data['reason']}"
    outputs = ran.data["outputs"]
    assert (outputs["cause"], outputs["by"]) == ("the count uses up the generator", ["cy"])
    assert len(outputs["struck"]) == 2
    assert ROWS_MENDED in git(repository, "show", f"{outputs['branch']}:report.py")
    assert opened(repository) == ["debug-by-hypotheses"] * 3
    told = [event.data["text"] for event in events_of(repository, "message.sent")]
    assert any("My theory: the count uses up the generator" in text for text in told), "criticism by broadcast"


def test_what_a_worker_learned_by_the_skill_is_in_the_memory_of_the_next_session(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    learned = "a.txt is read by the printer: no umlauts in it"
    script = [
        A_SAYS_YES,
        worker(
            "first",
            (None, [opens("onecontext-memory")]),
            ("An agent in a mission has tools", [opens("onecontext-memory/references/more.md")]),
            ("Go back", [writes("a.txt", "yes\n"), ("remember", {"text": learned})]),
            ("remembered", [hands_over("a says yes")]),
        ),
        verdict(),
    ]

    mission(repository, "Say yes", script)

    assert learned in Memory.open(repository).context().text
    assert opened(repository) == ["onecontext-memory", "onecontext-memory/references/more.md"]


def test_a_worker_asks_its_team_by_the_skill(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    script = [
        A_SAYS_YES,
        worker(
            "first",
            (None, [opens("onecontext-team")]),
            ("In a mission you have tools instead", [("message", {"to": "team-lead", "text": "I take a.txt"})]),
            ("sent", [writes("a.txt", "yes\n"), hands_over("a says yes")]),
        ),
        verdict(),
    ]

    mission(repository, "Say yes", script)

    (sent,) = [event for event in events_of(repository, "message.sent") if event.data["text"] == "I take a.txt"]
    assert (sent.data["from"], sent.data["to"]) == ("worker-1", "team-lead")


def test_a_worker_writes_a_skill_by_the_skill_and_the_next_one_finds_it(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.txt": "?\n"})
    path = ".agents/skills/spell-yes/SKILL.md"
    front = "name: spell-yes\ndescription: How yes is spelled here. Use before writing a.txt.\n"
    text = f"---\n{front}---\nIn small letters.\n"
    script = [
        plan(
            [{"id": "VAL-A-001", "text": "there is a skill", "command": f"grep -q '^name: spell-yes$' {path}"}],
            [{"key": "first", "subject": "Write down how yes is spelled", "assertions": ["VAL-A-001"]}],
        ),
        worker(
            "first",
            (None, [opens("writing-skills")]),
            ("The description decides", [writes(path, text), hands_over("a skill says how yes is spelled")]),
        ),
        verdict(),
    ]

    branch = mission(repository, "Keep how yes is spelled", script)

    git(repository, "checkout", "--quiet", branch)
    assert onecontext(repository, "skill", "validate", path).code == 0
    found = onecontext(repository, "skill", "search", "spelling of yes", "--k", "1", "--json")
    assert [one["name"] for one in found.data["skills"]] == ["spell-yes"], found.stdout
