"""``onecontext ctx ask``: have the configured model read a value and answer a question about it.

Rule 1: the model, its limits of rates, its budget and its kept answers are those of ``onecontext.toml``; what such a
    file may not give away is refused as for a mission (:mod:`teams.cli.trust`).
Rule 2: with a team (``--team``, or ``$ONECONTEXT_TEAM`` of a program that works) each call is in its journal.
Rule 3: a partial answer is an answer: exit code 0, and what is missing on stderr and in the JSON.
"""

import argparse
import threading
from typing import Any

from onecontext.api import Memory
from onecontext.cli.main import Invocation
from onecontext.cli.memory import agent_of, counted, open_memory
from onecontext.store.surroundings import find_repository
from onecontext.text.amounts import cost
from onecontext.variables.asked import Answer
from teams.cli.place import TEAM_VARIABLE
from teams.cli.trust import check_trust
from teams.mission.config import Config, load_config
from teams.mission.recorder import Recorder
from teams.mission.routes import open_routes
from teams.mission.spending.budget import Budget
from teams.mission.spending.metered import metered
from teams.models.answers import Answers, answered
from teams.models.patient import Waiting
from teams.models.port import Conversation, Model, OpenPriced, Reply
from teams.models.reader import ROLE, reader_of
from teams.models.routing import Surroundings
from teams.protocol.team import Team

_DEFAULTS = {"calls": 400, "tokens": 2_000_000, "seconds": 600, "depth": 4}


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Ask, and print the answer."""
    question = invocation.stdin.read() if args.question == "-" else args.question
    memory, config = open_memory(args, invocation), _config(args, invocation)
    whose = Conversation(agent=agent_of(args, invocation), role=ROLE)
    took = _Took(_recorder(args, invocation, memory, config, whose.agent))
    open_model = _opener(config, memory, invocation)

    def opened() -> Model:
        return open_model(whose)

    limits: dict[str, Any] = {name: _given(getattr(args, name), default) for name, default in _DEFAULTS.items()}
    answer = memory.variables.ask(args.handle, question, reader_of(opened, took.add), **limits)
    out = invocation.out
    out.answer({**vars(answer), "cost_usd": took.cost_usd}, out.paint(answer.text))
    _tell(answer, took, invocation)
    return 0


def _given(said: int | None, default: int) -> int:
    return default if said is None else said


class _Took:
    """What the calls cost together; safe for threads."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._lock = threading.Lock()
        self.known_usd, self.unpriced, self.calls = 0.0, 0, 0

    def add(self, reply: Reply, seconds: float) -> None:
        with self._lock:
            self.calls += 1
            self.known_usd += reply.usage.cost_usd or 0.0
            self.unpriced += reply.usage.cost_usd is None
        if self._recorder is not None:
            self._recorder.model_called(reply, seconds)

    @property
    def cost_usd(self) -> float | None:
        return None if self.unpriced else self.known_usd


def _config(args: argparse.Namespace, invocation: Invocation) -> Config:
    repository = find_repository(invocation.cwd)
    folder = repository.top if repository is not None and repository.top is not None else invocation.cwd
    config = load_config(folder)
    model: dict[str, Any] = {"name": args.model or config.model.name}
    if args.api_base is not None:
        model["api_base"] = ""
    config = config.model_copy(update={"model": config.model.model_copy(update=model)})
    check_trust(config, folder)
    if args.api_base is not None:
        said = config.model.model_copy(update={"api_base": args.api_base})
        config = config.model_copy(update={"model": said})
    return config


def _opener(config: Config, memory: Memory, invocation: Invocation) -> OpenPriced:
    stop, pause = threading.Event(), threading.Event()

    def limited(whose: Conversation, model: str, reason: str, wait_s: float) -> None:
        invocation.out.say(invocation.out.paint(f"{model} waits {wait_s:.0f} s: {reason}"))

    def fell_back(whose: Conversation, left: str, taken: str, error: Exception) -> None:
        invocation.out.say(invocation.out.paint(f"{taken} answers, as {left} does not: {error}"))

    private = memory.layout.private
    routes = open_routes(config, invocation.env)
    open_model = routes(Surroundings(fell_back, Waiting(limited, stop, pause), private / "rates"))
    if config.budget.is_any:
        given = (config.budget.allowance, config.budget.task.allowance, config.budget.agent.allowance)
        budget = Budget("this question", *given)
        open_model = metered(open_model, budget, answer_tokens=config.budget.answer_tokens, stop=stop, pause=pause)
    if config.model.cache:
        address = config.model.api_base
        open_model = answered(open_model, Answers(private / "answers"), harmless=lambda _: frozenset(), address=address)
    return open_model


def _recorder(
    args: argparse.Namespace, invocation: Invocation, memory: Memory, config: Config, agent: str
) -> Recorder | None:
    """Return what writes the calls into the journal of the team that was named; None: none was."""
    name = args.team or invocation.env.get(TEAM_VARIABLE)
    if not name:
        return None
    team = Team.open(name, root=invocation.cwd / args.root if args.root else memory.path, cwd=invocation.cwd)
    return Recorder(team.journal, mission=None, agent=agent, scripted=config.model.name.startswith("scripted:"))


def _tell(answer: Answer, took: _Took, invocation: Invocation) -> None:
    out = invocation.out
    if answer.partial:
        out.say(out.paint(f"partial: {answer.reason}; not read: {', '.join(answer.unread) or 'nothing'}", "yellow"))
    price = cost(took.known_usd, calls=took.calls, unpriced=took.unpriced)
    portions = f"{answer.read} of {counted(answer.portions, 'portion')} read"
    out.say(f"{portions}; {counted(answer.calls, 'call')}, {answer.tokens:,} tokens, {answer.seconds:.1f} s, {price}")
