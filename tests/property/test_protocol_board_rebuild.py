"""Whatever is done to a board, by us or to its files, the journal alone gives the same board."""

import json
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from onecontext.errors import Conflict, DependencyCycle, InvalidTransition, StaleEpoch, UnknownTask, UsageError
from teams.engine.journal import Journal
from teams.protocol.board.board import Board
from teams.protocol.board.ledger import rebuild
from teams.protocol.board.states import CLIENT_STATUS, State
from tests.support.crew import HandClock

REFUSALS = (Conflict, DependencyCycle, InvalidTransition, StaleEpoch, UnknownTask, UsageError)
IDS = st.sampled_from(["1", "2", "3"])
AGENTS = st.sampled_from(["ann", "bob", "val"])
HOLDING = st.sampled_from(["renew", "release", "submit", "ask"])
EPOCHS = st.integers(0, 4)


class BoardMachine(RuleBasedStateMachine):
    """Random verbs, crashes between journal and file, and time that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.clock = HandClock()
        self.journal = Journal(root / "teams" / "crew" / "onecontext", team="crew", clock=self.clock)
        self.journal.folder.mkdir(parents=True, exist_ok=True)
        self.board = Board(root, "crew", self.journal, self.clock)
        self.tasks = root / "tasks" / "crew"
        self.count = 0
        self.epochs: dict[str, int] = {}
        self.stale: tuple[Path, bytes] | None = None

    def teardown(self) -> None:
        self.folder.cleanup()

    def try_to(self, verb: str, *arguments: object, **named: object) -> None:
        with suppress(*REFUSALS):
            getattr(self.board, verb)(*arguments, **named)

    @precondition(lambda self: self.count < 4)
    @rule(after=st.lists(IDS, max_size=2))
    def create(self, after: list[str]) -> None:
        self.count += 1
        self.try_to("create", f"s{self.count}", key=f"k{self.count}", after=after)

    @rule()
    def chain(self) -> None:
        """Begin where something hangs together: chance alone seldom gets so far."""
        self.create(after=["1"])
        self.try_to("claim", "1", "ann", lease_s=5)
        self.judge("complete", "1", "val")

    @rule(task_id=IDS, agent=AGENTS)
    def claim(self, task_id: str, agent: str) -> None:
        self.try_to("claim", task_id, agent, lease_s=5)

    @initialize()
    def begin(self) -> None:
        self.create(after=[])
        self.create(after=["1"])

    @rule(verb=HOLDING, task_id=IDS)
    def hold(self, verb: str, task_id: str) -> None:
        for task in self.board.list():
            if task.id == task_id and task.owner:
                self.hold_as(verb, task_id, task.owner, task.epoch)

    @rule(verb=HOLDING, task_id=IDS, agent=AGENTS, epoch=EPOCHS)
    def hold_as(self, verb: str, task_id: str, agent: str, epoch: int) -> None:
        last = {"renew": 5.0, "release": "why", "submit": {"by": agent}, "ask": "what?"}[verb]
        self.try_to(verb, task_id, agent, epoch, last)

    @rule(verb=st.sampled_from(["complete", "reject"]), task_id=IDS, agent=AGENTS)
    def judge(self, verb: str, task_id: str, agent: str) -> None:
        self.hold("submit", task_id)
        self.try_to(verb, task_id, agent)

    @rule(verb=st.sampled_from(["unblock", "reopen", "delete"]), task_id=IDS)
    def plain(self, verb: str, task_id: str) -> None:
        self.try_to(verb, task_id)

    @rule(task_id=IDS)
    def block(self, task_id: str) -> None:
        self.try_to("block", task_id, "why")

    @rule(first=IDS, second=IDS)
    def link(self, first: str, second: str) -> None:
        self.try_to("link", first, second)

    @rule(seconds=st.sampled_from([1, 6]))
    def wait(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule(task_id=IDS, agent=AGENTS)
    def crash_between_journal_and_file(self, task_id: str, agent: str) -> None:
        path = self.tasks / f"{task_id}.json"
        before = path.read_bytes() if path.exists() else None
        self.try_to("claim", task_id, agent, lease_s=5)
        if before is not None:
            path.write_bytes(before)
            self.board = Board(self.tasks.parents[1], "crew", self.journal, self.clock)
            self.board.repair()

    @rule(task_id=IDS)
    def garble(self, task_id: str) -> None:
        path = self.tasks / f"{task_id}.json"
        if path.exists():
            path.write_bytes(b"{half")
            self.board.repair()

    @invariant()
    def the_journal_gives_the_same_board(self) -> None:
        files = {path.stem: json.loads(path.read_text()) for path in self.tasks.glob("*.json")}
        assert rebuild(self.journal) == files

    @invariant()
    def what_the_client_sees_is_true(self) -> None:
        states = {task.id: task.state for task in self.board.list()}
        for task in self.board.list():
            assert task.status == CLIENT_STATUS[task.state]
            assert (task.owner is None) == (task.state in (State.WAITING, State.READY, State.BLOCKED))
            assert task.id not in task.blocked_by
            for name in task.blocked_by:
                assert task.id in self.board.get(name).blocks
            if task.state is State.READY:
                assert all(states[name] is State.DONE for name in task.blocked_by)
            assert task.epoch >= self.epochs.get(task.id, 0)
            self.epochs[task.id] = task.epoch


TestBoard = BoardMachine.TestCase
TestBoard.settings = settings(
    max_examples=20,
    stateful_step_count=35,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
