"""Whatever a client does to the files between our own verbs, it is taken in once, and the journal has the board."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from onecontext.errors import OneContextError
from teams.engine.journal import Journal
from teams.protocol.board.board import Board
from teams.protocol.board.ledger import rebuild
from teams.protocol.board.task import Task
from teams.protocol.wire import dumps
from tests.support.crew import HandClock

IDS = st.sampled_from(["1", "2", "3", "4"])
AGENTS = st.sampled_from(["ann", "bob"])
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["pending", "in_progress", "completed", "odd"]),
    "owner": st.sampled_from(["ann", "bob", "zed", None]),
    "subject": st.sampled_from(["words", "other words"]),
    "blockedBy": st.lists(IDS, max_size=2),
    "blocks": st.lists(IDS, max_size=1),
    "metadata": st.sampled_from([{}, {"theirs": 1.5}, None, {"onecontext": {"key": "forged", "state": "done"}}, 7]),
    "zeta": st.sampled_from([1e21, -0.0, "x", None, [{}]]),
}
OURS: dict[str, st.SearchStrategy[Any]] = {
    "epoch": st.integers(0, 5),
    "rev": st.integers(0, 9),
    "state": st.sampled_from(["ready", "running", "done", "odd"]),
    "verdict": st.sampled_from(["accepted", "rejected", None]),
    "v": st.sampled_from([1, 2]),
}


class IntakeMachine(RuleBasedStateMachine):
    """Our verbs and a client's writes, in any order; now and then somebody looks."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.clock = HandClock()
        self.board = self.opened()
        self.tasks = self.root / "tasks" / "crew"
        self.tasks.mkdir(parents=True)
        self.count = 0

    def opened(self) -> Board:
        journal = Journal(self.root / "teams" / "crew" / "onecontext", team="crew", clock=self.clock)
        journal.folder.mkdir(parents=True, exist_ok=True)
        self.journal = journal
        return Board(self.root, "crew", journal, self.clock)

    def teardown(self) -> None:
        self.folder.cleanup()

    def document(self, task_id: str) -> Any:
        try:
            document = json.loads((self.tasks / f"{task_id}.json").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return document if isinstance(document, dict) else None

    def put(self, task_id: str, document: Any) -> None:
        (self.tasks / f"{task_id}.json").write_text(dumps(document))

    @rule(after=st.lists(IDS, max_size=1))
    def create(self, after: list[str]) -> None:
        self.count += 1
        with suppress(OneContextError):
            self.board.create("s", key=f"k{self.count}", after=after)

    @rule(task_id=IDS, agent=AGENTS)
    def claim(self, task_id: str, agent: str) -> None:
        with suppress(OneContextError):
            self.board.claim(task_id, agent, lease_s=5)

    @rule(task_id=IDS, verb=st.sampled_from(["submit", "release", "complete", "delete", "block", "unblock"]))
    def go_on(self, task_id: str, verb: str) -> None:
        with suppress(OneContextError):
            task = self.board.get(task_id)
            arguments = {
                "submit": (task.owner, task.epoch, {}),
                "release": (task.owner, task.epoch),
                "complete": ("val",),
                "block": ("why",),
            }.get(verb, ())
            getattr(self.board, verb)(task_id, *arguments)

    @rule(task_id=IDS)
    def client_creates(self, task_id: str) -> None:
        if not (self.tasks / f"{task_id}.json").exists():
            fields = {"subject": "s", "description": "d", "status": "pending", "blocks": [], "blockedBy": []}
            self.put(task_id, {"id": task_id, **fields})

    @rule(task_id=IDS, data=st.data(), name=st.sampled_from(sorted(FIELDS)))
    def client_changes(self, task_id: str, data: st.DataObject, name: str) -> None:
        if document := self.document(task_id):
            self.put(task_id, {**document, name: data.draw(FIELDS[name])})

    @rule(task_id=IDS, data=st.data(), name=st.sampled_from(sorted(OURS)))
    def client_forges(self, task_id: str, data: st.DataObject, name: str) -> None:
        document = self.document(task_id)
        ours = (document or {}).get("metadata")
        if isinstance(ours, dict) and isinstance(ours.get("onecontext"), dict):
            ours["onecontext"][name] = data.draw(OURS[name])
            self.put(task_id, document)

    @rule(task_id=IDS, remembers=st.booleans())
    def client_deletes(self, task_id: str, remembers: bool) -> None:
        (self.tasks / f"{task_id}.json").unlink(missing_ok=True)
        if remembers:
            (self.tasks / ".highwatermark").write_text(task_id)

    @rule(task_id=IDS, cut=st.integers(1, 40))
    def client_cuts(self, task_id: str, cut: int) -> None:
        path = self.tasks / f"{task_id}.json"
        if path.exists():
            path.write_bytes(path.read_bytes()[:-cut])

    @rule(seconds=st.sampled_from([1, 6]))
    def wait(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule()
    def start_anew(self) -> None:
        self.board = self.opened()

    @rule()
    def repair(self) -> None:
        with suppress(OneContextError):
            self.board.repair()

    @invariant()
    def it_is_taken_in_once_and_the_journal_has_the_board(self) -> None:
        before = {path.name: path.read_bytes() for path in self.tasks.iterdir() if path.is_file()}
        self.board.take_in()
        assert {path.name: path.read_bytes() for path in self.tasks.iterdir() if path.is_file()} == before
        assert not self.board.take_in()
        assert not self.opened().take_in()

        broken = {violation.task for violation in self.board.violations()}
        known, older = rebuild(self.journal), 0
        for name, content in before.items():
            task_id = name.removesuffix(".json")
            if not name.endswith(".json") or task_id in broken:
                continue
            document = json.loads(content)
            if known.get(task_id) != document:
                # What is not the journal's, and breaks no rule, is an older copy: the journal has gone on.
                assert Task.parse(document, source=name).ours.rev < self.newest_rev(task_id)
                older += 1
        for task in self.board.list():
            assert known[task.id]["status"] == task.status
            assert (known[task.id].get("metadata") or {}).get("onecontext") == (
                None if task.is_foreign else task.ours.model_dump(mode="json")
            )

    def newest_rev(self, task_id: str) -> int:
        revs = [
            ((event.data["task"].get("metadata") or {}).get("onecontext") or {}).get("rev", 0)
            for event in self.journal.read()
            if event.task == task_id and event.type.startswith("task.")
        ]
        return revs[-1] if revs else 0


TestIntake = IntakeMachine.TestCase
TestIntake.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
