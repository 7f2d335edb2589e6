"""What a mission asks of whoever works on one of its tasks, and what it gets back.

Rule 1: the copy, the commit, the claim, the beating and the milestone are the host's (:mod:`teams.mission.attempt`); a
    worker changes files in ``folder`` and says what it did.
Rule 2: what a worker could not do is a report, not an exception. Exceptions are for what no attempt could mend: a model
    that cannot be reached, the disk, a budget that is empty.
Rule 3: a worker ends soon after ``stop`` is set, unless it is somebody's function, whose end is waited for.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from teams.agent.agent import Agent
from teams.agent.limits import Limits
from teams.agent.loop import PAUSE_LOOK_S
from teams.agent.observer import Notebook
from teams.agent.tools import Tool
from teams.agent.worktools import WorkTools
from teams.mission.handoff import RunCommand
from teams.mission.recorder import Recorder
from teams.mission.tools import Finished
from teams.models.port import Model
from teams.models.registry import SCRIPTED

Ended = Literal["finished", "unfinished", "stopped", "stalled"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attempt at one task, and what the host does for whoever works on it.

    Attributes:
        agent: who works, as the roster calls it; ``role`` is what it is for.
        task: the task's key; ``attempt`` counts from 1.
        text: what is to be done, when it is done, and what was wrong with the last attempt.
        folder: a copy of the repository that is this attempt's own; what lies in it at the end is what is judged.
        instructions: what the role's definition says, "" where there is none.
        kit: files and commands in ``folder``, inside the sandbox; what runs through them stands in the handoff.
        notebook: the task's memory. ``remember`` makes a milestone in it, and tells the journal.
        stop: set when the mission is to end; ``pause`` is set while nothing new may begin.
        limits: what this attempt may take, where the worker is an agent of ours.
        send: sends a message to another member, by name.
        guard: returns a tool that does nothing twice which an interrupted run of this attempt did already
            (:mod:`teams.mission.attempt.effects`); what outlives ``folder`` goes through it.
        hand_over: commits what lies in ``folder`` and notes what is said of it; again replaces what was said before.
            Raises UsageError where it cannot be committed, which can still be mended.
        recorder: makes what writes down what a model of that name does, for the observer of an agent; the second
            argument says that it is scripted, so that nobody was paid.
        model: opens a conversation with the mission's own model for this role.
    """

    agent: str
    role: str
    task: str
    attempt: int
    text: str
    instructions: str
    folder: Path
    kit: WorkTools
    notebook: Notebook
    stop: threading.Event
    pause: threading.Event
    limits: Limits
    remember: Callable[[str], str]
    send: Callable[[str, str], None]
    guard: Callable[[Tool], Tool]
    hand_over: Callable[[Finished], None]
    recorder: Callable[[str, bool], Recorder]
    model: Callable[[], Model]

    def build(
        self,
        *,
        model: str | Model | None = None,
        tools: Iterable[Tool | Callable[..., Any]] = (),
        instructions: str = "",
        env: Mapping[str, str] | None = None,
    ) -> Agent:
        """Build an agent for this attempt: with the kit, the task's memory, the journal, and the mission's stop.

        Args:
            model: as for :class:`teams.agent.agent.Agent`; None: the mission's, paid from its budget. What another one
                takes stands in the journal, and no budget holds it back.
            tools: more of them; plain functions will do.
            env: where the key of a model given by name is looked up; None is the environment of this process.

        Raises:
            UsageError: two tools have one name. UnknownModel, NoCredentials: the model cannot be had.
        """
        chosen = self.model() if model is None else model
        name = chosen if isinstance(chosen, str) else chosen.name
        scripted = name.startswith(SCRIPTED) if isinstance(chosen, str) else chosen.scripted
        return Agent(
            self.agent,
            model=chosen,
            instructions=f"{instructions}{self.instructions}",
            tools=[*self.kit.tools, *tools],
            memory=self.notebook,
            limits=self.limits,
            observer=self.recorder(name, scripted),
            stop=self.stop,
            pause=self.pause,
            shelf=self.kit.shelf,
            env=env,
        )

    def may_begin(self) -> bool:
        """Wait while the mission is paused; say whether it goes on, which it does not when it is stopped."""
        while self.pause.is_set() and not self.stop.wait(PAUSE_LOOK_S):
            continue
        return not self.stop.is_set()


@dataclass(frozen=True, slots=True)
class Report:
    """How the work on one attempt ended.

    Attributes:
        ended: ``finished``: the worker says it is through; ``unfinished``: it ended without that, ``said.undone`` says
            how; ``stalled``: likewise, for it gave no sign of life, as ``reason`` says; ``stopped``: it was told to
            stop, and nothing is judged.
        said: what it says of its work; of one that handed over already, what it said then.
        commands: what it ran besides what went through the kit, oldest first.
    """

    ended: Ended
    said: Finished
    commands: Sequence[RunCommand] = field(default=())
    reason: str = ""


class Worker(Protocol):
    """Works on tasks, several at a time. ``name`` says in the journal who that is: a model, a command, a function."""

    @property
    def name(self) -> str: ...

    def work(self, assignment: Assignment) -> Report:
        """Work on ``assignment`` until it is done, cannot be done, or is stopped.

        Raises:
            ModelError, StorageError, BudgetExhausted: the claim is given back, and a resumed mission takes it up again.
        """
        ...
