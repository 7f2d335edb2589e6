"""A team whose folder is removed by another process, as a live client does at its end: what is kept, what is said."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from teams.protocol.heartbeat import BEAT_S
from tests.support.foreign_lead import ForeignLead
from tests.support.missions import onecontext

Join = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def lead(tmp_path: Path) -> ForeignLead:
    return ForeignLead(tmp_path / ".claude")


@pytest.fixture
def join(lead: ForeignLead, root: Path, tmp_path: Path) -> Iterator[Join]:
    """Start ``onecontext team join crew --name ann`` and wait until it has answered a message."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> "subprocess.Popen[str]":
        words = ["team", "join", "crew", "--name", "ann", "--command", "echo heard", "--json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "onecontext", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        lead.until(lambda: "ann" in lead.names())
        lead.send("ann", "hello")
        lead.until(lambda: any(entry["text"] == "heard" for entry in lead.inbox()))
        lead.until(lambda: not lead.inbox("ann"))
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def remove(lead: ForeignLead) -> None:
    """Remove the team as another program does: from a process of its own."""
    subprocess.run(["rm", "-rf", str(lead.folder)], check=True)


def events(cwd: Path, *words: str) -> Any:
    ran = onecontext(cwd, "events", "--json", *words)
    assert ran.code == 0, ran.stderr
    return ran.data["events"]


def test_the_journal_is_read_after_the_team_is_gone_and_nothing_is_made_again(
    lead: ForeignLead, join: Join, tmp_path: Path
) -> None:
    process = join()
    before = [event.id for event in lead.team.journal.read()]

    remove(lead)
    out, err = process.communicate(timeout=30)

    assert (process.returncode, json.loads(out)["data"]["ending"]) == (0, "gone"), err
    read = onecontext(tmp_path, "events", "--team", "crew", "--json")
    assert [event["id"] for event in read.data["events"]][: len(before)] == before
    assert "the team crew is gone; this is its journal, kept at " in read.stderr
    kinds = [event["type"] for event in read.data["events"]]
    assert {"member.joined", "message.sent", "turn.ended", "message.delivered"} <= {*kinds}
    time.sleep(BEAT_S + 0.5)
    assert not lead.folder.exists()


def test_a_member_that_is_killed_before_it_notices_keeps_the_journal_all_the_same(
    lead: ForeignLead, join: Join, tmp_path: Path
) -> None:
    process = join()
    os.kill(process.pid, signal.SIGSTOP)
    remove(lead)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    assert "turn.ended" in [event["type"] for event in events(tmp_path, "--team", "crew")]


def test_it_is_listed_and_replayed(lead: ForeignLead, join: Join, tmp_path: Path) -> None:
    process = join()
    lead.folder.with_name("other").mkdir()
    assert onecontext(tmp_path, "team", "list", "--json").data["ended"] == []
    remove(lead)
    process.wait(30)
    ids = [event["id"] for event in events(tmp_path, "--team", "crew")]

    listed = onecontext(tmp_path, "team", "list", "--json").data
    replayed = onecontext(tmp_path, "replay", "crew", "--into", str(tmp_path / "again"), "--speed", "max", "--json")

    (one,) = listed["ended"]
    assert (listed["teams"], one["team"], one["root"]) == ([], "crew", str(lead.root))
    assert "crew  gone; its journal is kept: " in onecontext(tmp_path, "team", "list").stdout
    assert replayed.code == 0, replayed.stderr
    assert [event["id"] for event in events(tmp_path, "--root", str(tmp_path / "again"))] == ids


def test_of_several_the_last_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    kept = []
    for number in range(3):
        lead = ForeignLead(tmp_path / ".claude")
        lead.team.join(f"ann-{number}")
        kept.append(lead.team.journal.keep())
        remove(lead)
        shutil.rmtree(lead.tasks)

    newest = onecontext(tmp_path, "events", "--team", "crew", "--json")
    listed = onecontext(tmp_path, "events", "--ended", "--json").data["ended"]

    assert [event["agent"] for event in newest.data["events"]] == ["ann-2"]
    assert "(2 older: 'onecontext events --ended --team crew')" in newest.stderr
    assert [row["journal"] for row in listed] == [str(path) for path in reversed(kept)]
    oldest = onecontext(tmp_path, "events", "--journal", str(kept[0]), "--json").data
    assert (oldest["team"], [event["agent"] for event in oldest["events"]]) == ("crew", ["ann-0"])


def test_a_journal_that_is_named_and_damaged_is_read_up_to_there(tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / ".claude")
    lead.team.join("ann")
    lead.team.join("bob")
    first, second = lead.team.journal.path.read_bytes().splitlines(keepends=True)
    for number, content in enumerate((first + second.replace(b"bob", b"eve"), first.replace(b"ann", b"eve"))):
        (tmp_path / f"{number}.jsonl").write_bytes(content)

    after_one, at_once = (onecontext(tmp_path, "events", "--json", "--journal", f"{n}.jsonl") for n in range(2))

    assert (after_one.code, at_once.code) == (5, 5)
    assert (after_one.data["team"], len(after_one.data["events"])) == ("crew", 1)
    assert (at_once.data["team"], at_once.data["events"]) == ("1", [])
    assert "at byte 0" in at_once.data["damage"]


def test_following_tells_what_is_kept_and_ends(tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / ".claude")
    lead.team.join("ann")
    lead.team.journal.keep()
    remove(lead)

    ran = onecontext(tmp_path, "events", "--follow", "--team", "crew")

    assert (ran.code, ran.stdout.count("\n")) == (0, 1)
    assert "is gone" in ran.stderr


@pytest.mark.parametrize(("words", "code"), [(("--team", "nobody"), 3), (("--journal", "nothing.jsonl"), 2)])
def test_what_is_not_kept_is_said_in_a_sentence(words: tuple[str, str], code: int, tmp_path: Path) -> None:
    lead = ForeignLead(tmp_path / ".claude")
    lead.team.join("ann")
    lead.team.journal.keep()
    remove(lead)

    ran = onecontext(tmp_path, "events", *words)

    assert ran.code == code
    assert words[1] in ran.stderr
    assert "Traceback" not in ran.stderr
