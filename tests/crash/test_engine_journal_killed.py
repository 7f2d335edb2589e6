"""SIGKILL in the middle of appending: what was acknowledged is there, and writing goes on."""

import random
import time
from pathlib import Path

from teams.engine.journal import Journal
from tests.support.crew import start

ROUNDS = 6
WRITERS = 2


def test_what_was_acknowledged_before_a_kill_is_there_and_in_order(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    generator = random.Random(7)

    for _ in range(ROUNDS):
        writers = [start("append_for_ever", tmp_path, f"w{number}") for number in range(WRITERS)]
        for writer in writers:
            assert writer.stdin is not None
            assert writer.stdout is not None
            writer.stdout.readline()
            writer.stdin.write("go\n")
            writer.stdin.flush()
            acknowledged.append(int(writer.stdout.readline()))
        time.sleep(generator.uniform(0.01, 0.1))
        for writer in writers:
            writer.kill()
        for writer in writers:
            assert writer.stdout is not None
            # Not communicate(), which reads past what readline() has buffered. The last number may have been cut.
            acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
            writer.communicate()

    events = list(Journal(tmp_path, team="crew").read())
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) <= {event.seq for event in events}
    # A killed writer may have been in the middle of one event, and of telling one; nothing else is unaccounted for.
    assert len(events) - len(acknowledged) <= ROUNDS * WRITERS * 2
    assert Journal(tmp_path, team="crew").append("tick", {}).seq == len(events) + 1
