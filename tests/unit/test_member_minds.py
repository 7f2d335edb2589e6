"""The minds of a member: a function, a command, a built-in agent with a scripted model."""

import os
import threading
import time
from pathlib import Path

import pytest

from onecontext.errors import StorageError, UsageError
from onecontext.text.tokens import default_counter
from teams.agent.prompt import prompt_tokens
from teams.member.mind import INTERRUPTED, Answer, Asked
from teams.member.minds.agent import MEMBER, AgentMind
from teams.member.minds.command import CommandMind
from teams.member.minds.function import FunctionMind, load_function
from teams.models.registry import open_models
from teams.protocol.mail.message import Message
from teams.protocol.team import Team


def asked(team: Team, text: str, *, to: str = "ann", interrupted: bool = False) -> Asked:
    return Asked(team.send(to, text, sender="team-lead"), interrupted=interrupted)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path / ".claude")
    for name in ("ann", "bob"):
        team.join(name)
    return team


def test_what_a_function_returns_is_the_answer_and_what_it_raises_is_told(team: Team) -> None:
    def half(message: Message) -> str | None:
        return str(int(message.text) / 2) if message.text != "-" else None

    mind = FunctionMind(half)

    assert mind.answer(asked(team, "8")) == Answer("4.0")
    assert mind.answer(asked(team, "-")) == Answer("")
    assert mind.answer(asked(team, "x")).missing.startswith("ValueError: invalid literal for int()")


def test_a_function_that_meets_a_full_disk_ends_the_member(team: Team) -> None:
    def fail(_: Message) -> str:
        raise StorageError("the disk is full")

    with pytest.raises(StorageError):
        FunctionMind(fail).answer(asked(team, "x"))


def test_a_function_that_returns_no_text_is_told_so(team: Team) -> None:
    mind = FunctionMind(lambda message: 7)  # type: ignore[arg-type,return-value]

    assert mind.answer(asked(team, "x")).missing == "the function returned int, which is no text"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing", "is not MODULE:FUNCTION"),
        ("not_there_at_all:f", "no module 'not_there_at_all'"),
        ("broken_one:f", "broken_one cannot be imported: ZeroDivisionError"),
        ("some_one:nobody", "has no function 'nobody'; there are known"),
    ],
)
def test_a_function_that_cannot_be_had_is_said_in_a_sentence(
    name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    (tmp_path / "broken_one.py").write_text("1 / 0\n")
    (tmp_path / "some_one.py").write_text("def known(message): pass\n")

    with pytest.raises(UsageError, match=told):
        load_function(name, tmp_path)


def command(line: str, folder: Path, **more: float) -> CommandMind:
    return CommandMind(line, env={"PATH": os.environ["PATH"]}, cwd=folder, **more)


def test_a_command_reads_the_message_in_its_frame(team: Team, tmp_path: Path) -> None:
    mind = command("cat", tmp_path)

    answer = mind.answer(asked(team, "close it </teammate-message> <b>", interrupted=True))

    assert answer.text == (
        '<teammate-message teammate_id="team-lead">\nclose it <\\/teammate-message> <b>\n</teammate-message>\n'
        + INTERRUPTED
    )


def test_a_command_knows_for_whom_it_answers(team: Team, tmp_path: Path) -> None:
    mind = command("printenv ONECONTEXT_AGENT", tmp_path)
    mind.begin(team.config.member("ann"))

    assert mind.answer(asked(team, "x")) == Answer("ann")


def test_a_command_that_fails_is_told_with_the_end_of_what_it_complained(team: Team, tmp_path: Path) -> None:
    answer = command("echo half; seq 5000 >&2; echo no ink >&2; exit 9", tmp_path).answer(asked(team, "x"))

    assert answer.text == "half"
    assert answer.missing.startswith("the command ended with exit code 9; the end of its stderr:\n")
    assert answer.missing.endswith("no ink")
    assert len(answer.missing) < 2200


def test_a_command_that_never_reads_and_prints_a_lot_cannot_block_us(team: Team, tmp_path: Path) -> None:
    answer = command("yes | head -c 3000000", tmp_path).answer(asked(team, "x" * 900_000))

    assert "bytes left out" in answer.text
    assert len(answer.text) <= 256 * 1024


def test_at_its_time_limit_a_command_dies_with_all_it_started(team: Team, tmp_path: Path) -> None:
    line = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 300' & sleep 300"
    started = time.monotonic()

    answer = command(line, tmp_path, timeout_s=1.0).answer(asked(team, "x"))

    assert answer.missing.startswith("the command took longer than 1 s and was killed")
    assert time.monotonic() - started < 20
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_command_is_stopped_from_another_thread(team: Team, tmp_path: Path) -> None:
    mind = command(f"touch {tmp_path}/begun; sleep 300", tmp_path)

    def stop() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        mind.stop()

    threading.Thread(target=stop, daemon=True).start()

    assert mind.answer(asked(team, "x")).missing == "the command was stopped before its end"


def scripted(team: Team, tmp_path: Path, turns: str) -> AgentMind:
    (tmp_path / "script.yaml").write_text(f"version: 1\nconversations:\n  - agent: ann\n    turns:\n{turns}")
    mind = AgentMind(team, open_model=open_models(f"scripted:{tmp_path / 'script.yaml'}", env={}))
    mind.begin(team.config.member("ann"))
    return mind


def test_an_agent_goes_on_with_its_conversation(team: Team, tmp_path: Path) -> None:
    mind = scripted(team, tmp_path, "      - {say: one, expect: first}\n      - {say: two, expect: second}\n")

    assert mind.answer(asked(team, "the first")) == Answer("one")
    assert mind.answer(asked(team, "the second")) == Answer("two")
    assert [message.content for message in mind._said if message.role == "assistant"] == ["one", "two"]


def test_an_agent_that_has_no_words_left_says_so_and_lives(team: Team, tmp_path: Path) -> None:
    mind = scripted(team, tmp_path, "      - say: only this\n")
    mind.answer(asked(team, "x"))

    answer = mind.answer(asked(team, "y"))

    assert "ends after 1 turns" in answer.missing
    assert mind.stay(asked(team, "z")) == ""


def test_an_agent_says_what_is_missing_and_why_it_stays(team: Team, tmp_path: Path) -> None:
    turns = """      - call: [{tool: not_done, args: {missing: the key of the cellar}}]
      - call: [{tool: stay, args: {reason: the oven is on}}]
      - say: bye
"""
    mind = scripted(team, tmp_path, turns)

    assert mind.answer(asked(team, "x")) == Answer(missing="the key of the cellar")
    assert mind.stay(asked(team, "leave")) == "the oven is on"
    assert mind.stay(asked(team, "leave now")) == ""


def test_a_message_that_an_agent_sends_again_after_a_kill_is_sent_once(team: Team, tmp_path: Path) -> None:
    turns = "      - call: [{tool: send_message, args: {to: bob, text: look here}}]\n      - say: done\n"
    question = asked(team, "tell bob")

    for _ in range(2):
        scripted(team, tmp_path, turns).answer(question)

    assert [message.text for message in team.receive("bob")] == ["look here"]


def test_an_agent_reads_the_board_and_who_is_there(team: Team, tmp_path: Path) -> None:
    task = team.board.create("Bake", "a loaf", key="bake")
    turns = f"""      - call:
          - tool: list_tasks
          - {{tool: show_task, args: {{task_id: "#{task.id}"}}}}
          - tool: list_members
      - say: read
"""
    mind = scripted(team, tmp_path, turns)

    mind.answer(asked(team, "what is to do?"))

    listed, shown, members = (message.content for message in mind._said if message.role == "tool")
    assert f"#{task.id} [ready] Bake" in listed
    assert '"description":"a loaf"' in shown
    assert "ann (worker)" in members


def test_what_a_member_adds_to_every_request_is_small(team: Team) -> None:
    mind = AgentMind(team, open_model=lambda whose: None)  # type: ignore[arg-type,return-value]

    assert prompt_tokens(MEMBER, [tool.spec for tool in mind._tools()]) < 700
    assert default_counter().count(MEMBER) < 120
