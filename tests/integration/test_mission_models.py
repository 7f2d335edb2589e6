"""A mission with several models: one for each role, and others where one cannot answer."""

import itertools
from pathlib import Path

import pytest

from tests.integration.asking import MARKS
from tests.integration.openai_server import OpenAIServer, refused
from tests.support.missions import events_of, git, make_repository, onecontext, plan, says, verdict, work, write_script

pytestmark = MARKS
KEY = {"OPENAI_API_KEY": "sk-local-key-of-a-test-0123456789"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"a.txt": "no\n"})


def script(folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    assertions = [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}]
    tasks = [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}]
    yes = work("a", ("write_file", {"path": "a.txt", "text": "yes\n"}))
    return write_script(folder, [plan(assertions, tasks), yes, verdict()])


def models_of(repository: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event in events_of(repository, "model.called"):
        found.setdefault(event.agent or "", set()).add(event.data["model"])
    return found


def test_each_role_is_answered_by_its_own_model(repository: Path, tmp_path: Path) -> None:
    first, judge = script(tmp_path / "first"), script(tmp_path / "judge")
    (repository / "onecontext.toml").write_text(f'[model]\nroles = {{ validator = "{judge}" }}\n')

    ran = onecontext(repository, "run", "Say yes", "--model", first, "--sandbox", "none", "--json")

    assert ran.code == 0, ran.stderr
    assert models_of(repository) == {"team-lead": {first}, "worker-1": {first}, "validator-1": {judge}}


def test_another_model_carries_on_where_one_cannot_be_reached(repository: Path, tmp_path: Path) -> None:
    other = script(tmp_path / "other")
    (repository / "onecontext.toml").write_text(f'[model]\nretries = 0\nfallback = ["{other}"]\n')
    with OpenAIServer().running() as server:
        server.plan(refused(503, "overloaded"))
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--json", env=KEY)

        assert ran.code == 0, ran.stderr
        # Asked once by the orchestrator; then it rested for all.
        assert len(server.requests) == 1
    (fell,) = events_of(repository, "model.fallback")
    assert (fell.agent, fell.data["from"], fell.data["to"]) == ("team-lead", "openai/local", other)
    assert fell.data["reason"].startswith("ModelUnavailable: ")
    assert set().union(*models_of(repository).values()) == {other}


def test_a_wrong_key_goes_to_no_other_model(repository: Path, tmp_path: Path) -> None:
    other = script(tmp_path / "other")
    (repository / "onecontext.toml").write_text(f'[model]\nfallback = ["{other}"]\n')
    with OpenAIServer().running() as server:
        server.plan(refused(401, "Incorrect API key provided"))
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, env=KEY)

    assert ran.code == 7
    assert events_of(repository, "model.fallback") == []


def test_a_model_that_nobody_knows_is_said_before_anything_is_made(repository: Path, tmp_path: Path) -> None:
    (repository / "onecontext.toml").write_text('[model]\nfallback = ["nobody/knows"]\n')

    ran = onecontext(repository, "run", "Say yes", "--model", script(tmp_path / "first"), "--sandbox", "none")

    assert ran.code == 3
    assert "nobody" in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_a_worker_whose_window_is_full_goes_on_from_its_memory(repository: Path, tmp_path: Path) -> None:
    for number in range(8):
        (repository / f"part{number}.txt").write_text(" ".join(f"word{number}x{n}" for n in range(600)))
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=parts")
    assertions = [{"id": "VAL-A-001", "text": "a says yes", "command": says("yes", "a.txt")}]
    tasks = [{"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"]}]
    worker = work("a", ("write_file", {"path": "a.txt", "text": "yes\n"}))
    worker["turns"] = [
        *({"call": [{"tool": "read_file", "args": {"path": f"part{n}.txt"}}]} for n in range(8)),
        *worker["turns"],
    ]
    model = write_script(tmp_path, [plan(assertions, tasks), worker, verdict()])
    (repository / "onecontext.toml").write_text("[run]\nwindow_tokens = 8000\n")

    ran = onecontext(repository, "run", "Say yes", "--model", model, "--sandbox", "none", "--json")

    assert ran.code == 0, ran.stderr
    told = [event.data["contribution"] for event in events_of(repository, "memory.committed")]
    assert any(words.startswith("The window was full after") for words in told)
    sizes = [e.data["tokens_in"] for e in events_of(repository, "model.called") if e.agent == "worker-1"]
    assert max(sizes) < 8000
    assert any(later < earlier for earlier, later in itertools.pairwise(sizes))


def test_a_hard_task_and_one_that_was_rejected_are_answered_by_the_model_for_hard_ones(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "b.txt").write_text("no\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=b")
    assertions = [
        {"id": f"VAL-{n.upper()}-001", "text": f"{n} says yes", "command": says("yes", f"{n}.txt")} for n in "ab"
    ]
    tasks = [
        {"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"], "difficulty": "hard"},
        {"key": "b", "subject": "Let b say yes", "assertions": ["VAL-B-001"]},
    ]
    (tmp_path / "first").mkdir()
    (tmp_path / "hard").mkdir()
    small = write_script(
        tmp_path / "first", [plan(assertions, tasks), work("b", ("list_files", {}), attempt=1), verdict()]
    )
    large = write_script(
        tmp_path / "hard",
        [
            work("a", ("write_file", {"path": "a.txt", "text": "yes\n"})),
            work("b", ("write_file", {"path": "b.txt", "text": "yes\n"}), attempt=2),
        ],
    )
    (repository / "onecontext.toml").write_text(f'[model.difficulty]\nhard = "{large}"\n')

    ran = onecontext(repository, "run", "Say yes", "--model", small, "--sandbox", "none", "--json")

    assert ran.code == 0, ran.stderr
    began = {
        (event.task, event.attempt): event.data["model"]
        for event in events_of(repository, "attempt.started")
        if event.data["role"] == "worker"
    }
    assert began == {("1", 1): large, ("2", 1): small, ("2", 2): large}


def test_a_task_that_fits_no_window_is_blocked_and_the_others_are_done(repository: Path, tmp_path: Path) -> None:
    (repository / "b.txt").write_text("no\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=b")
    assertions = [
        {"id": f"VAL-{n.upper()}-001", "text": f"{n} says yes", "command": says("yes", f"{n}.txt")} for n in "ab"
    ]
    tasks = [
        {"key": "a", "subject": "Let a say yes", "assertions": ["VAL-A-001"], "difficulty": "hard"},
        {"key": "b", "subject": "Let b say yes", "assertions": ["VAL-B-001"]},
    ]
    yes = work("b", ("write_file", {"path": "b.txt", "text": "yes\n"}))
    model = write_script(tmp_path, [plan(assertions, tasks), yes, verdict()])
    with OpenAIServer().running() as server:
        server.plan(refused(400, "This model's maximum context length is 10 tokens", code="context_length_exceeded"))
        (repository / "onecontext.toml").write_text('[model.difficulty]\nhard = "openai/local"\n[run]\npivots = 0\n')
        command = ["run", "Say yes", "--model", model, "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--max-attempts", "1", "--json", env=KEY)

    assert ran.code == 10, ran.stderr
    assert {task["key"]: task["state"] for task in ran.data["tasks"]} == {"a": "blocked", "b": "done"}
    (failed,) = [event for event in events_of(repository, "attempt.ended") if event.data["outcome"] == "failed"]
    assert failed.data["reason"].startswith("it does not fit in the window: openai/local: ")


def test_a_task_that_is_too_long_for_one_goes_to_a_larger_window(repository: Path, tmp_path: Path) -> None:
    large = script(tmp_path / "large")
    with OpenAIServer().running() as server:
        server.plan(refused(400, "This model's maximum context length is 10 tokens", code="context_length_exceeded"))
        (repository / "onecontext.toml").write_text(f'[model]\noverflow = ["{large}"]\n')
        command = ["run", "Say yes", "--model", "openai/local", "--api-base", server.url, "--sandbox", "none"]
        ran = onecontext(repository, *command, "--json", env=KEY)

        assert ran.code == 0, ran.stderr
        # Each conversation asks it once: the plan, the work, the judgement.
        assert len(server.requests) == 3
    assert {event.data["to"] for event in events_of(repository, "model.fallback")} == {large}
