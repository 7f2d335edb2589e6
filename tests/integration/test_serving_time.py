"""Rests of a served board on a clock that the test moves: hours pass in no time, and nothing sleeps."""

import itertools
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from onecontext.api import Memory
from onecontext.errors import ModelError, ModelRefused, ModelUnavailable
from onecontext.store.project import Project
from teams.guard.unconfined import Unconfined
from teams.mission.config import Config
from teams.mission.opening import open_site
from teams.models.around import Around, Request
from teams.models.port import Conversation, OpenPriced, PricedModel, Reply
from teams.models.routing import FellBack
from teams.models.scripted import open_script
from teams.protocol.team import Team
from teams.serving.reload import WorkflowFile
from teams.serving.server import Server
from tests.support.crew import HandClock
from tests.support.missions import make_repository, work, write_script
from tests.support.serving import accepted, workflow

HOUR_S = 3600.0


class Failing(Around):
    """A model that fails as often as ``errors`` lasts, and then says what a script says."""

    def __init__(self, errors: list[ModelError], then: PricedModel, whose: Conversation) -> None:
        super().__init__(then, whose)
        self._errors = errors

    def answer(self, request: Request) -> Reply:
        if self._errors:
            raise self._errors.pop(0)
        return request.to(self._model)


class Board:
    """A repository with one task on a board, and a server on a clock that only its waiting moves."""

    def __init__(self, folder: Path, front: str, errors: list[ModelError]) -> None:
        self.clock = HandClock()
        self.began = self.clock.now
        self.slept: list[float] = []
        numbers = itertools.count()
        repository = make_repository(folder / "repository", {"README.md": "kept\n", "a.txt": "?\n"})
        project = Project.find(repository)
        memory = Memory.init(repository, agent="team-lead")
        self.team = Team.create("board", root=memory.path, clock=self.clock, new_id=lambda: f"id-{next(numbers)}")
        self.task = self.team.board.create("Let a say yes", key="a")
        script = write_script(
            folder, [work("a", ("write_file", {"path": "a.txt", "text": "yes\n"})), accepted()]
        ).removeprefix("scripted:")

        def routes(fell_back: FellBack) -> OpenPriced:
            opened = open_script(Path(script))
            return lambda whose: Failing(errors if _works(whose) else [], opened(whose), whose)

        site = open_site(
            mission="board-1a2b3c",
            project=project,
            memory=memory,
            team=self.team,
            config=Config(),
            routes=routes,
            sandbox=Unconfined(),
            env={},
        )
        self.server = Server(
            replace(site, branch="onecontext/board"),
            WorkflowFile(workflow(repository, front), named=True),
            goal="Serve",
            model="scripted:x",
            scripted=True,
            until="empty",
            clock=self.clock,
            random=lambda: 0.0,
            sleep=self._sleep,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.now += timedelta(seconds=seconds)

    def passed_s(self) -> float:
        return (self.clock.now - self.began).total_seconds()


def _works(whose: Conversation) -> bool:
    return whose.role == "worker"


def rests(board: Board) -> list[tuple[float, int, bool]]:
    events = [event for event in board.team.journal.read() if event.type == "attempt.delayed"]
    return [(event.data["seconds"], event.data["failures"], event.data["rejected"]) for event in events]


def test_a_model_that_cannot_be_reached_lets_the_task_rest_longer_each_time_and_uses_no_attempt_up(
    tmp_path: Path,
) -> None:
    down: list[ModelError] = [ModelUnavailable("nobody answers") for _ in range(6)]
    board = Board(tmp_path, "backoff: {base_s: 60, max_s: 3600, jitter: 0.1}\npoll_s: 3600\nmax_attempts: 1", down)

    ending = board.server.serve()

    assert (ending.ending, ending.reason) == ("done", "1 of 1 tasks are done")
    waits = [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0]
    assert rests(board) == [(seconds, number, False) for number, seconds in enumerate(waits, 1)]
    assert sum(waits) <= board.passed_s() < sum(waits) + 60
    assert board.team.board.get(board.task.id).attempt == 1


def test_what_the_server_of_a_model_asks_for_is_waited_for(tmp_path: Path) -> None:
    busy: list[ModelError] = [ModelUnavailable("too many", retry_after_s=HOUR_S)]
    board = Board(tmp_path, "backoff: {base_s: 1, max_s: 10}\npoll_s: 600", busy)

    assert board.server.serve().ending == "done"

    assert rests(board) == [(HOUR_S, 1, False)]
    assert board.passed_s() >= HOUR_S
    # It looked at the board meanwhile.
    assert max(board.slept) == 600


def test_a_key_that_is_refused_ends_the_serving_and_gives_the_task_back(tmp_path: Path) -> None:
    board = Board(tmp_path, "poll_s: 600", [ModelRefused("the key is wrong")])

    with pytest.raises(ModelRefused):
        board.server.serve()

    task = board.team.board.get(board.task.id)
    assert (str(task.state), task.owner) == ("ready", None)
    assert [event.data["reason"] for event in board.team.journal.read() if event.type == "mission.interrupted"] == [
        "the key is wrong"
    ]
    assert rests(board) == []


def test_what_the_task_would_meet_again_blocks_it(tmp_path: Path) -> None:
    board = Board(tmp_path, "poll_s: 600", [ModelError("it will never fit")])

    ending = board.server.serve()

    assert ending.ending == "blocked"
    assert "task 1 a is blocked: ModelError: it will never fit" in ending.reason
