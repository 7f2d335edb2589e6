"""Words that come when they are least expected: while a mission comes back, ends, is measured, or has nothing left."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from teams.mission.control.halt import Halt
from teams.protocol.care import Care
from tests.integration.test_mission_halt import count, is_quiet
from tests.support.missions import (
    Ran,
    events_of,
    journal_of,
    make_repository,
    onecontext,
    plan,
    says,
    start_onecontext,
    verdict,
    work,
    write_script,
)
from tests.support.waiting import until

RUN = ("run", "Say yes", "--sandbox", "none")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop", {"a.txt": "no\n", "b.txt": "no\n"})


def script(folder: Path, *, before: str = "true", checks: tuple[str, ...] = ()) -> str:
    """One task; its worker runs ``before`` first, and the contract has these commands besides its own."""
    commands = [says("yes", "a.txt"), *checks]
    assertions = [
        {"id": f"VAL-A-{number:03}", "text": "a says yes", "command": command}
        for number, command in enumerate(commands, start=1)
    ]
    tasks = [{"key": "a", "subject": "Let a say yes", "assertions": [one["id"] for one in assertions]}]
    worker = work("a", ("run", {"command": before}), ("write_file", {"path": "a.txt", "text": "yes\n"}))
    return write_script(folder, [plan(assertions, tasks), worker, verdict(task="a")])


@contextmanager
def running(repository: Path, model: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    process = start_onecontext(repository, *RUN, "--model", model, *arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def cut_off(repository: Path, model: str) -> None:
    """Begin a mission and kill it at work, in a sandbox: outside one a person would be asked what the kill cut off."""
    with running(repository, model, "--sandbox", "bubblewrap"):
        until(lambda: count(repository, "tool.intent") > 1)


def endings(repository: Path) -> list[tuple[str, str]]:
    return [(event.data["ending"], event.data["reason"]) for event in events_of(repository, "mission.ended")]


def halt_of(repository: Path) -> Halt:
    return Halt(journal_of(repository))


def mission_of(repository: Path) -> str:
    return events_of(repository, "mission.started")[0].mission or ""


def test_a_stop_while_a_mission_comes_back_is_obeyed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(repository, script(tmp_path, before="sleep 1"))
    said: list[Ran] = []
    look = Care.look

    def look_and_stop(care: Care) -> Any:
        if not said:
            said.append(onecontext(repository, "stop", "--as", "ann", "--json"))
        return look(care)

    monkeypatch.setattr(Care, "look", look_and_stop)
    resumed = onecontext(repository, "resume")

    assert (said[0].code, said[0].data["running"]) == (0, True)
    assert resumed.code == 130
    assert endings(repository) == [("stopped", "stopped by ann")]


def test_a_stop_after_an_interrupt_is_the_last_word(repository: Path, tmp_path: Path) -> None:
    with running(repository, script(tmp_path, before="sleep 3")) as process:
        until(lambda: count(repository, "tool.intent") > 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert onecontext(repository, "stop", "--as", "ann", "--json").data["running"] is True
        assert process.wait(timeout=30) == 130

    assert endings(repository) == [("stopped", "stopped by ann")]
    assert halt_of(repository).order() is None


def test_an_interrupt_ends_a_pause_and_resume_takes_it_back(repository: Path, tmp_path: Path) -> None:
    with running(repository, script(tmp_path, before="sleep 1")) as process:
        until(lambda: count(repository, "tool.intent") > 1)
        onecontext(repository, "pause")
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert count(repository, "mission.interrupted") == 1

    assert onecontext(repository, "resume", "--sandbox", "none").code == 0
    assert count(repository, "mission.released") == 1


def test_a_stop_that_is_too_late_does_not_take_back_that_it_is_done(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(repository, script(tmp_path, before="sleep 1"))
    name = mission_of(repository)
    give = Halt.give

    def give_when_done(halt: Halt, *arguments: Any, **words: Any) -> Any:
        data = {"ending": "done", "reason": "all is done", "branch": "b", "commit": None}
        journal_of(repository).append("mission.ended", data, mission=name)
        return give(halt, *arguments, **words)

    monkeypatch.setattr(Halt, "give", give_when_done)
    ran = onecontext(repository, "stop")

    assert ran.code == 0
    assert "came to its end: done: all is done" in ran.stdout
    assert endings(repository) == [("done", "all is done")]
    assert halt_of(repository).order() is None


def test_what_was_stopped_is_not_stopped_again(repository: Path, tmp_path: Path) -> None:
    cut_off(repository, script(tmp_path, before="sleep 1"))
    assert onecontext(repository, "stop", "--as", "ann").code == 0
    states = {task["state"] for task in onecontext(repository, "board", "--json").data["tasks"]}
    assert states == {"ready"}, "what was in hand is given back"
    again = onecontext(repository, "stop", "--json")

    assert (again.code, again.data["running"]) == (0, False)
    assert len(endings(repository)) == count(repository, "mission.halted") == 1
    assert "has ended before: stopped by ann" in onecontext(repository, "stop").stdout


KILLED = """
import os, pathlib, signal
from onecontext.cli.main import entry
unlink = pathlib.Path.unlink
def unlink_or_die(path, **more):
    if path.name == "halt":
        os.kill(os.getpid(), signal.SIGKILL)
    unlink(path, **more)
pathlib.Path.unlink = unlink_or_die
entry()
"""


def test_a_kill_between_an_ending_and_its_word_costs_nothing(repository: Path, tmp_path: Path) -> None:
    cut_off(repository, script(tmp_path, before="sleep 1"))
    ran = subprocess.run([sys.executable, "-c", KILLED, "stop", "--as", "ann"], cwd=repository, check=False)
    assert ran.returncode == -signal.SIGKILL
    assert halt_of(repository).path.exists()

    assert onecontext(repository, "stop").code == 0
    assert endings(repository) == [("stopped", "stopped by ann")]
    assert onecontext(repository, "resume", "--sandbox", "none").code == 0
    assert not halt_of(repository).path.exists()
    assert [ending for ending, _ in endings(repository)] == ["stopped", "done"]


def test_of_two_that_resume_at_once_one_does_and_the_other_says_so(repository: Path, tmp_path: Path) -> None:
    cut_off(repository, script(tmp_path, before="sleep 2"))
    onecontext(repository, "pause")
    both = [start_onecontext(repository, "resume", "--sandbox", "none") for _ in range(2)]

    assert sorted(process.wait(timeout=60) for process in both) in ([0, 0], [0, 4])
    assert [ending for ending, _ in endings(repository)] == ["done"]
    assert count(repository, "mission.resumed") == count(repository, "mission.released") == 1


def test_a_pause_holds_the_commands_of_a_contract_and_a_stop_ends_them(repository: Path, tmp_path: Path) -> None:
    checks = tuple(f"sleep 0.{number}" for number in range(501, 512))
    with running(repository, script(tmp_path, checks=checks)) as process:
        until(lambda: count(repository, "verify.command") > 0)
        onecontext(repository, "pause")
        assert is_quiet(repository)
        before = count(repository, "verify.command")
        onecontext(repository, "stop", "--as", "ann")
        assert process.wait(timeout=30) == 130

    assert before < len(checks)
    assert count(repository, "verify.command") == before
    assert endings(repository) == [("stopped", "stopped by ann")]
    # What was not measured to the end is measured again.
    assert onecontext(repository, "resume", "--sandbox", "none").code == 0


def test_the_final_check_is_held_and_stopped_too(repository: Path, tmp_path: Path) -> None:
    checks = tuple(f"sleep 0.{number}" for number in range(301, 306))
    with running(repository, script(tmp_path, checks=checks)) as process:
        until(lambda: count(repository, "verify.command") == len(checks) + 2, within_s=60)
        onecontext(repository, "pause")
        assert is_quiet(repository)
        assert process.poll() is None
        onecontext(repository, "resume")
        assert process.wait(timeout=30) == 0


def test_a_budget_that_ends_is_told_as_that_in_a_pause_too(repository: Path, tmp_path: Path) -> None:
    assertions = [
        {"id": f"VAL-{name.upper()}-001", "text": f"{name} says yes", "command": says("yes", f"{name}.txt")}
        for name in "ab"
    ]
    tasks = [{"key": n, "subject": f"Let {n} say yes", "assertions": [f"VAL-{n.upper()}-001"]} for n in "ab"]
    slow, quick = work("a", ("run", {"command": "sleep 5"})), work("b", ("run", {"command": "true"}))
    model = write_script(tmp_path, [plan(assertions, tasks), slow, quick])
    with running(repository, model, "--workers", "2", "--budget-calls", "3") as process:
        until(lambda: count(repository, "task.released") > 0)
        onecontext(repository, "pause")
        assert process.wait(timeout=30) == 10

    assert [ending for ending, _ in endings(repository)] == ["budget_exhausted"]


def test_a_task_is_allowed_more_where_its_budget_stands(repository: Path, tmp_path: Path) -> None:
    toml = repository / "onecontext.toml"
    toml.write_text("[budget.task]\ncalls = 2\n")
    model = script(tmp_path)
    ran = onecontext(repository, *RUN, "--model", model, "--budget-calls", "50")
    assert ran.code == 10
    toml.write_text("[budget.task]\ncalls = 20\n")
    assert onecontext(repository, "retry", "a").code == 0

    done = onecontext(repository, "resume", "--sandbox", "none")

    assert done.code == 0, done.stderr


@pytest.mark.parametrize("amount", ["nan", "inf", "1e400", "-inf", "0", "-1"])
def test_a_budget_is_an_amount(repository: Path, tmp_path: Path, amount: str) -> None:
    ran = onecontext(repository, *RUN, "--model", script(tmp_path), f"--budget-usd={amount}")

    assert ran.code == 2
    assert "Traceback" not in ran.stderr
    assert "--budget-usd" in ran.stderr
    assert not (repository / ".onecontext").exists()


def test_nothing_of_a_halt_reaches_a_terminal_that_it_would_obey(repository: Path, tmp_path: Path) -> None:
    with running(repository, script(tmp_path, before="sleep 1")):
        until(lambda: count(repository, "tool.intent") > 1)
        halt_of(repository).path.write_text(r'{"word": "pause", "by": "\u001b[2J", "reason": "\u001b]0;x\u0007"}')
        time.sleep(0.6)
        ran = onecontext(repository, "resume")

    assert ran.code == 0
    assert "goes on" in ran.stdout
    assert "\x1b" not in ran.stdout + ran.stderr


DEAF = """
import sys
from onecontext.cli.main import entry
from teams.mission.control.halt import Heed
look, looks = Heed.look, iter(range(1000))
def look_and_fail(heed):
    number = next(looks)
    if number == 0:
        heed._halt.give("pause", mission=heed._mission, by="ann")
    elif number > 3:
        raise OSError(28, "No space left on device")
    return look(heed)
Heed.look = look_and_fail
entry()
"""


def test_who_is_held_is_let_go_when_nobody_looks_for_words_any_more(repository: Path, tmp_path: Path) -> None:
    # While it plans: no scheduler is there that looks after the held.
    command = [sys.executable, "-c", DEAF, *RUN, "--model", script(tmp_path)]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=30, check=False)

    assert ran.returncode == 6
    assert "No space left on device" in ran.stderr
    assert endings(repository) == []


def test_what_a_running_process_cannot_be_told_is_refused_and_it_stays_held(repository: Path, tmp_path: Path) -> None:
    with running(repository, script(tmp_path, before="sleep 1")):
        until(lambda: count(repository, "tool.intent") > 1)
        onecontext(repository, "pause")
        ran = onecontext(repository, "resume", "--budget-calls", "9")

        assert ran.code == 4
        assert "--budget-calls" in ran.stderr
        assert halt_of(repository).order() is not None


def test_a_halt_that_cannot_be_taken_away_is_one_sentence(repository: Path, tmp_path: Path) -> None:
    cut_off(repository, script(tmp_path, before="sleep 1"))
    halt_of(repository).path.mkdir()

    ran = onecontext(repository, "resume")

    assert ran.code == 6
    assert "halt" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_name_that_no_file_can_carry_is_no_traceback(repository: Path, tmp_path: Path) -> None:
    toml = repository / "onecontext.toml"
    toml.write_text("[budget.task]\ncalls = 2\n")
    assert onecontext(repository, *RUN, "--model", script(tmp_path)).code == 10

    for words in (["retry", "a"], ["pause"], ["stop"]):
        ran = onecontext(repository, *words, "--as", "ann\udcff\n\x1b[2J", "--json")
        assert ran.code == 0, ran.stderr
    assert {event.agent for event in events_of(repository, "task.unblocked", "mission.halted")} == {
        "ann\\udcff \\x1b[2J"
    }


def test_who_asks_whether_it_runs_is_in_nobodys_way(repository: Path, tmp_path: Path) -> None:
    cut_off(repository, script(tmp_path, before="sleep 1"))
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            onecontext(repository, "retry", "a")

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        assert onecontext(repository, "resume").code == 0
    finally:
        over.set()
        for asker in askers:
            asker.join()
