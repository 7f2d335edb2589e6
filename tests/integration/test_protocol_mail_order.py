"""Many senders in processes of their own, one of them killed: a reader that knows only its array gets all in order."""

import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from teams.engine.locks import mkdir_lock
from teams.protocol.team import Team
from tests.support.crew import befriend, start

SENDERS = 4
SENT = 40


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team.create("crew", root=tmp_path)
    for number in range(SENDERS):
        team.join(f"w{number}")
    befriend(team, "zoe")
    return team


class Reader:
    """Takes out of zoe's array what is there, again and again, as a late client does."""

    def __init__(self, team: Team) -> None:
        self.path = team.folder / "inboxes" / "zoe.json"
        self.texts: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()

    def take(self) -> None:
        with mkdir_lock(self.path, wait_s=20):
            if self.path.exists():
                self.texts += [entry["text"] for entry in json.loads(self.path.read_text())]
                self.path.write_text("[]")

    def _run(self) -> None:
        while not self._over.wait(0.02):
            self.take()


def test_what_many_send_comes_once_and_in_the_order_of_the_journal(team: Team, tmp_path: Path) -> None:
    processes = [start("send_to_zoe", tmp_path, f"w{number}", str(SENT)) for number in range(SENDERS)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    with Reader(team) as reader:
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        victim = processes[0]
        deadline = time.monotonic() + 30
        while sum(text.startswith("w0 ") for text in reader.texts) < 5:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        victim.send_signal(signal.SIGKILL)
        for process in processes:
            process.communicate(timeout=60)
    # What the killed one recorded and did not post goes before what anybody sends after it.
    team.send("zoe", "the last", sender="w1")
    reader.take()

    sent = [event.data["text"] for event in team.journal.read() if event.type == "message.sent"]
    assert victim.returncode == -signal.SIGKILL
    assert [process.returncode for process in processes[1:]] == [0] * (SENDERS - 1)
    assert len(sent) >= (SENDERS - 1) * SENT + 5
    # Killed between the entry and its record, one message is there twice (docs/teams.md): the second time counts not.
    assert [*dict.fromkeys(reader.texts)] == sent
    assert len(reader.texts) - len(sent) in (0, 1)
