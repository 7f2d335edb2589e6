"""Members of ours in the team of a live client: what the client itself does, and what its model is shown."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from teams import Team, Teammate
from tests.live.claude_client import Client, live_client, until

pytestmark = pytest.mark.timeout(90)
Join = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def join(client: Client, root: Path, tmp_path: Path) -> Iterator[Join]:
    """Start ``onecontext team join`` as a process of its own; whoever still runs at the end is killed."""
    started = []

    def begin(name: str, *mind: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "onecontext", "team", "join", client.team, "--name", name, "--json"]
        with (tmp_path / f"{name}.err").open("a") as told:
            process = subprocess.Popen(
                [*command, "--root", str(client.root), *mind],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(root)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
            )
        started.append(process)
        told_joined = tmp_path / f"{name}.err"
        until(lambda: process.poll() is not None or f"member   {name}" in told_joined.read_text(), f"{name} joins")
        assert process.poll() is None, told_joined.read_text()
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def message(to: str, text: str) -> tuple[str, dict[str, object]]:
    return "SendMessage", {"to": to, "summary": "a message", "message": text}


def shutdown(to: str) -> tuple[str, dict[str, object]]:
    return "SendMessage", {"to": to, "message": {"type": "shutdown_request", "reason": "the work is over"}}


def assign(client: Client, subject: str, owner: str) -> str:
    """Let the lead make a task and give it to ``owner``; return its id."""
    (made,) = client.do(("TaskCreate", {"subject": subject, "description": "do it"}))
    found = re.search(r"Task #(\d+) created", made)
    assert found, made
    client.do(("TaskUpdate", {"taskId": found[1], "owner": owner}))
    return found[1]


def ours(client: Client) -> Team:
    return Team.open(client.team, root=client.root)


def result(process: "subprocess.Popen[str]") -> dict[str, object]:
    out, _ = process.communicate(timeout=30)
    data: dict[str, object] = json.loads(out)["data"]
    return data


def test_the_lead_messages_a_command_and_gets_its_answer_as_from_a_teammate(client: Client, join: Join) -> None:
    join("ann", "--command", "grep -o 'fruit [a-z]*' | sed 's/fruit/A juicy/'")

    (sent,) = client.do(message("ann", "Which is it? fruit pear, please"))

    assert "Message sent to ann's inbox" in sent
    seen = client.saw("A juicy pear")
    assert re.search(r'<teammate-message teammate_id="ann" color="\w+"[^>]*>\nA juicy pear\n</teammate-message>', seen)
    client.saw('"type":"idle_notification","from":"ann"')


def test_a_task_is_assigned_done_and_completed_for_the_clients_own_list(client: Client, join: Join) -> None:
    join("tess", "--command", "grep -q 'Count the apples' && echo seven apples")

    task_id = assign(client, "Count the apples", "tess")

    assert "seven apples" in client.saw(f"Task #{task_id} (Count the apples) is done.")
    (listed,) = client.do(("TaskList", {}))
    assert f"#{task_id} [completed] Count the apples (tess)" in listed


def test_what_a_task_lacks_is_told_and_the_task_is_open_again(client: Client, join: Join) -> None:
    join("rob", "--command", "echo the press is broken >&2; exit 3")

    task_id = assign(client, "Press the apples", "rob")

    seen = client.saw(f"Task #{task_id} (Press the apples) is not done, and open again")
    assert "exit code 3" in seen
    assert "the press is broken" in seen
    (listed,) = client.do(("TaskList", {}))
    assert re.search(rf"#{task_id} \[pending\] Press the apples\n", listed + "\n")


def test_a_scripted_agent_answers_the_lead_and_writes_to_a_teammate_of_the_client(
    client: Client, join: Join, tmp_path: Path
) -> None:
    (tmp_path / "sam.yaml").write_text(
        """version: 1
conversations:
  - agent: sam
    turns:
      - call: [{tool: send_message, args: {to: bob, text: sam greets bob}}]
        expect: please greet
      - say: bob is greeted
"""
    )
    (tmp_path / ".claude" / "agents").mkdir(parents=True)
    (tmp_path / ".claude" / "agents" / "greeter.md").write_text("---\nname: greeter\ndescription: x\n---\nYou greet.\n")
    join("sam", "--agent", "greeter", "--model", f"scripted:{tmp_path / 'sam.yaml'}")

    client.do(message("sam", "please greet bob"))

    client.saw("bob is greeted")
    assert '<teammate-message teammate_id="sam"' in client.saw("sam greets bob")


def test_a_teammate_of_the_client_and_ours_talk_without_the_lead(client: Client, join: Join, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text("def answer(message):\n    return f'{message.sender} said {message.text}'\n")
    join("fay", "--python", "helpers:answer")
    order, ids = client.server.plan(message("fay", "hello from a colleague"))

    client.do(message("bob", order))

    until(lambda: all(name in client.server.results for name in ids), "bob writes to fay", client)
    assert '<teammate-message teammate_id="fay"' in client.saw("bob said hello from a colleague")


def test_a_message_for_everybody_reaches_everybody(client: Client, join: Join) -> None:
    join("uma", "--command", "grep -q 'to all' && echo uma heard it")
    join("vic", "--command", "grep -q 'to all' && echo vic heard it")

    # This client refuses to: "*" and asks for one message each.
    client.do(message("uma", "to all: hear"), message("vic", "to all: hear"), message("bob", "to all: hear"))
    for name in ("uma", "vic"):
        assert f'<teammate-message teammate_id="{name}"' in client.saw(f"{name} heard it")
    ours(client).broadcast("to all: uma speaks", sender="uma")

    until(lambda: sum("uma speaks" in seen for seen in client.server.seen) >= 2, "lead and bob see it", client)
    client.saw("vic heard it")


def test_a_request_to_shut_down_is_approved_and_the_member_leaves_the_roster(client: Client, join: Join) -> None:
    process = join("pia", "--command", "echo hello")

    (sent,) = client.do(shutdown("pia"))

    assert "Shutdown request sent to pia" in sent
    assert result(process)["ending"] == "shutdown"
    assert process.returncode == 0
    until(lambda: "pia" not in client.names(), "pia leaves the roster")
    client.saw('"type":"shutdown_approved"')


def test_a_member_at_work_refuses_first_and_finishes(client: Client, join: Join, tmp_path: Path) -> None:
    process = join("max", "--command", f"while ! test -e {tmp_path}/enough; do sleep 0.05; done; echo finished it all")
    assign(client, "Take your time", "max")
    until(lambda: ours(client).board.list()[-1].state == "running", "max takes the task")

    client.do(shutdown("max"))
    assert "max is at work and finishes that first" in client.saw('"type":"shutdown_rejected"')
    (tmp_path / "enough").touch()
    client.saw("finished it all")
    client.do(shutdown("max"))

    assert result(process) == {"team": client.team, "name": "max", "ending": "shutdown", "turns": 1}
    assert "max" not in client.names()


def test_a_signal_gives_the_task_back_tells_the_lead_and_leaves(client: Client, join: Join) -> None:
    process = join("ted", "--command", "sleep 60")
    task_id = assign(client, "Sleep", "ted")
    until(lambda: ours(client).board.get(task_id).state == "running", "ted takes the task")

    process.send_signal(signal.SIGTERM)

    assert result(process)["ending"] == "stopped"
    assert process.returncode == 130
    client.saw("ted was stopped and leaves the team")
    assert "ted" not in client.names()
    (listed,) = client.do(("TaskList", {}))
    assert re.search(rf"#{task_id} \[pending\] Sleep\n", listed + "\n")


def test_a_member_that_was_killed_comes_back_and_answers_once(client: Client, join: Join, tmp_path: Path) -> None:
    slow = ("--command", f"cat > {tmp_path}/prompt; test -e {tmp_path}/again || sleep 60; echo back again")
    first = join("kit", *slow)
    client.do(message("kit", "do not die"))
    until(lambda: (tmp_path / "prompt").exists() and (tmp_path / "prompt").read_text(), "kit is at work")
    first.kill()
    first.wait(10)
    (tmp_path / "again").touch()

    join("kit", *slow)
    client.saw("back again")

    assert "You were interrupted" in (tmp_path / "prompt").read_text()
    client.do(message("kit", "and this"))
    until(lambda: len(answers(client, "kit")) >= 2, "kit answers the second message", client)
    assert len(answers(client, "kit")) == 2
    assert client.names().count("kit") == 1


def test_when_the_client_ends_its_team_is_gone_the_member_with_it_and_the_journal_is_kept(
    client_program: Path, tmp_path_factory: pytest.TempPathFactory, root: Path
) -> None:
    with live_client(client_program, tmp_path_factory.mktemp("ending")) as ending:
        end = []
        member = Teammate(ours(ending), "ann", lambda asked: None)
        running = threading.Thread(target=lambda: end.append(member.run()), daemon=True)
        running.start()
        until(lambda: "ann" in ending.names(), "ann joins", ending)
        name, folder = ending.team, ending.root / "teams" / ending.team
        before = [event.id for event in ours(ending).journal.read()]

        ending.say("/exit")

        until(lambda: end, "ann ends", ending)
        until(lambda: not folder.exists(), "the client removes the team's folder", ending)
        words = ["events", "--team", name, "--root", str(ending.root), "--json"]
        told = subprocess.run(
            [sys.executable, "-m", "onecontext", *words],
            env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        )
    assert end[0].ending == "gone"
    assert f"the team {name} is gone; this is its journal, kept at " in told.stderr
    events = json.loads(told.stdout)["data"]["events"]
    assert [event["id"] for event in events][: len(before)] == before
    assert ("member.joined", "ann") in [(event["type"], event["agent"]) for event in events]


def answers(client: Client, name: str) -> list[str]:
    """Every answer of ``name`` that the lead's model was shown."""
    pattern = rf'<teammate-message teammate_id="{name}"[^>]*>\nback again\n</teammate-message>'
    return [found for seen in list(client.server.seen) for found in re.findall(pattern, seen)]


def insist(client: Client, calls: list[tuple[str, dict[str, object]]]) -> None:
    """Let the lead call tools, again where the client says that it did not get a lock in time and did nothing."""
    for _ in range(5):
        answered = client.do(*calls)
        wrong = [text for text in answered if "Message sent to" not in text and "created successfully" not in text]
        assert all("nothing was sent. Try again" in text for text in wrong), wrong
        calls = [call for call, text in zip(calls, answered, strict=True) if "nothing was sent" in text]
        if not calls:
            return
    raise AssertionError(f"refused five times: {calls}")


def test_when_both_write_at_the_same_time_nothing_is_lost(client: Client) -> None:
    team, heard = ours(client), []
    cat = Teammate(team, "cat", lambda asked: heard.append(asked.text))
    dot = team.join("dot")
    running = threading.Thread(target=cat.run, daemon=True)
    running.start()
    until(lambda: "cat" in client.names(), "cat joins")
    ours_made = []

    def write() -> None:
        for number in range(100):
            team.send("team-lead", f"<from-dot {number:03}>", sender=dot.name)
            if number % 4 == 0:
                ours_made.append(team.board.create(f"ours {number}", key=f"ours-{number}").id)

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    for start in range(0, 100, 20):
        numbers = range(start, start + 20)
        insist(
            client,
            [
                *(message("cat", f"<to-cat {number:03}>") for number in numbers),
                *(
                    ("TaskCreate", {"subject": f"client {number}", "description": "x"})
                    for number in numbers
                    if number % 4
                ),
            ],
        )
    writing.join(60)
    until(lambda: len(heard) >= 100 or not running.is_alive(), f"cat hears all, not {len(heard)}", timeout_s=20)
    cat.stop()
    running.join(20)

    assert sorted(heard) == [f"<to-cat {number:03}>" for number in range(100)]
    wanted = [f"<from-dot {number:03}>" for number in range(100)]
    until(lambda: all(any(text in seen for seen in list(client.server.seen)) for text in wanted), "the lead sees all")
    assert [sum(seen.count(text) for seen in client.server.seen) for text in wanted] == [1] * 100
    subjects = [task.subject for task in team.board.list()]
    assert {f"client {n}" for n in range(100) if n % 4} | {f"ours {n}" for n in range(0, 100, 4)} <= set(subjects)
    (listed,) = client.do(("TaskList", {}))
    assert all(f"#{task_id} [pending] ours " in listed for task_id in ours_made)
