"""Power cuts under a team: a disk that has only what was fsynced, and any part of the rest.

Writers of one journal share their fsyncs (three threads here), so what one acknowledged may have been written before
what another still waits for.
"""

import os
import random
import shutil
from pathlib import Path

import pytest

from onecontext.errors import NoTeam
from teams.protocol.team import Team
from tests.support.power import LOSSES, Call, Disk, emptied, is_real_disk, traced

POINTS = 60
MARK = "acknowledged.txt"
RUN = """
import os, sys, threading
from teams.protocol.team import Team
root, report = sys.argv[1:]
out = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def ack(words): os.write(out, (words + "\\n").encode())
os.mkdir(root)
os.fsync(os.open(os.path.dirname(root), os.O_RDONLY))
team = Team.create("crew", root=root)
for name in ("ann", "bob", "cat"): team.join(name)
ack("team")
def work(name):
    for n in range(6):
        key = f"{name}-{n}"
        task = team.board.create(key, key=key)
        ack(f"made {key}")
        epoch = team.board.claim(task.id, name, lease_s=600).epoch
        ack(f"claimed {key} {name}")
        team.broadcast(key, sender=name)
        ack(f"sent {key}")
        team.board.submit(task.id, name, epoch, {"n": n})
        ack(f"submitted {key}")
threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "bob", "cat")]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def test_what_a_team_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    if not is_real_disk(tmp_path):
        pytest.skip(f"{tmp_path} is no real disk")
    top, report = tmp_path / "disk", tmp_path / MARK
    top.mkdir()
    calls = traced(RUN, str(top / "root"), str(report), report=tmp_path / "strace")
    assert len(report.read_text().splitlines()) == 1 + 3 * 6 * 4
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    walk = Disk(top)
    points = [n for n, call in enumerate(calls, 1) if walk.apply(call) or _acknowledges(call)]

    disk, done = Disk(top), 0
    for point in sorted(chance.sample(points, POINTS)):
        for call in calls[done:point]:
            disk.apply(call)
        done = point
        loss = chance.choice(LOSSES)
        emptied(top)
        disk.lose_power(loss, chance)
        told = _told(calls[:point])
        try:
            _verify(top / "root", told)
        except BaseException as error:
            error.add_note(f"cut after call {point} of {len(calls)}, {loss}, seed {seed}, acknowledged {told[-3:]}")
            raise


def _verify(root: Path, told: list[str]) -> None:
    if not told:
        return
    for lock in root.glob("t*/**/*.lock"):
        # Nobody starts a machine again within the ten seconds after which a lock is old.
        os.utime(lock, (0, 0))
    team = Team.open("crew", root=root)
    events = list(team.journal.read())
    team.board.repair()
    tasks = {task.key: task for task in team.board.list()}
    sent = [event.data["text"] for event in events if event.type == "message.sent"]
    for words in told[1:]:
        what, key, *who = words.split()
        if what == "sent":
            assert sent.count(key) == 3
        elif what == "claimed":
            assert tasks[key].author == who[0]
        else:
            assert tasks[key].attempt == 1 if what == "submitted" else key in tasks
            assert what == "made" or tasks[key].state == "review"
    assert team.board.create("after", key="after").id not in {task.id for task in tasks.values()}
    assert team.journal.append("tick", {}).seq == len(list(team.journal.read()))


def _acknowledges(call: Call) -> bool:
    return call.name == "write" and MARK.encode().hex(" ").replace(" ", "\\x") in call.args[0]


def _told(calls: list[Call]) -> list[str]:
    told = b"".join(bytes.fromhex(c.args[1].strip('"').replace("\\x", "")) for c in calls if _acknowledges(c))
    return told.decode().splitlines()


def test_without_the_fsync_the_same_check_fails(tmp_path: Path) -> None:
    """Proof that the check above can fail: a journal that acknowledges before the disk has it."""
    if not is_real_disk(tmp_path):
        pytest.skip(f"{tmp_path} is no real disk")
    top = tmp_path / "disk"
    top.mkdir()
    code = "from teams.engine.journal import Journal\nJournal._sync = lambda *_: None\n" + RUN
    calls = traced(code, str(top / "root"), str(tmp_path / MARK), report=tmp_path / "strace")
    disk = Disk(top)
    for call in calls:
        disk.apply(call)
    emptied(top)
    disk.lose_power(LOSSES[0], random.Random(1))

    with pytest.raises((AssertionError, KeyError, NoTeam)):
        _verify(top / "root", _told(calls))
