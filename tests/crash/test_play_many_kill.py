"""A for_each over as many as there may be, killed in the middle: what was done is not done again."""

import os
import signal
from collections import Counter
from pathlib import Path

from tests.support.missions import events_of, journal_of, make_repository, onecontext, start_onecontext, write_script
from tests.support.plays import QUIET, playbook
from tests.support.serving import told
from tests.support.waiting import until

MOST = 1000
EACH = {
    "for_each": {
        "in": "inputs.items",
        "as": "n",
        "at_most": 8,
        "steps": {"one": {"set": {"v": "{{ n }}"}}, "two": {"set": {"w": "{{ steps.one.outputs.v + 1 }}"}}},
        "collect": {"w": "{{ steps.two.outputs.w }}"},
    }
}


def test_a_thousand_items_are_each_done_once_although_a_kill_came_between(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"README.md": "kept\n"})
    inputs = {"items": {"type": "list[int]", "default": [*range(MOST)]}}
    outputs = {"all": {"type": "list[int]", "value": "{{ [one.w for one in steps.each.outputs.items] }}"}}
    file = playbook(tmp_path, {"each": EACH}, inputs=inputs, outputs=outputs)
    script = write_script(tmp_path, QUIET)
    process = start_onecontext(repository, "play", file, "--model", script)
    until(lambda: list((repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl")))
    until(lambda: len(told(repository, "step.ended")) > MOST // 2, within_s=120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = {event.data["step"] for event in events_of(repository, "step.ended")}
    last = events_of(repository)[-1].seq
    assert len(done) < 2 * MOST

    ran = onecontext(repository, "resume", "--json")

    assert ran.code == 0, ran.stderr
    assert ran.data["outputs"]["all"] == [*range(1, MOST + 1)]
    ended = Counter(event.data["step"] for event in events_of(repository, "step.ended"))
    assert (len(ended), {*ended.values()}) == (2 * MOST + 1, {1})
    again = {event.data["step"] for event in events_of(repository, "step.started") if event.seq > last}
    assert not again & done
    assert journal_of(repository).path.stat().st_size < 4 * MOST * 1024
