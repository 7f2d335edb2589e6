"""What all steps of one play share: where they run, what is on record, how many run at once, and what ended the play.

Rule 1: a leaf (a step that works, and is no group) has a slot while it works; there are as many as workers.
Rule 2: an error of the host (disk, lock, sandbox) stops the play, and a model that does not answer lets nothing new
    begin; everything else fails one step.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import Empty, Queue
from typing import Any

from onecontext.api import Memory
from onecontext.errors import InvalidDocument, ModelError, UsageError
from onecontext.names import check_name
from teams.engine.journal import Journal
from teams.mission.notebook import branch_of
from teams.mission.site import LEAD, Site
from teams.playbook.document import Step
from teams.playbook.record import Record
from teams.playbook.scope import Scope

SLOT_LOOK_S = 0.2
Watch = Callable[[Journal], AbstractContextManager[None]]
"""Tells of another journal for as long as a block takes."""


class Stage:
    """One play while it runs. ``base`` is the commit it began with."""

    def __init__(self, site: Site, record: Record, *, base: str, model: str, scripted: bool, watch: Watch) -> None:
        self.site = site
        self.record = record
        self.base = base
        self.model = model
        self.scripted = scripted
        self.watch = watch
        self.failure: BaseException | None = None
        self.exhausted = ""
        """Why nothing more may be spent; "" while something may."""
        self.unanswered: ModelError | None = None
        """The first error of a model that the play cannot go on after; None while there is none."""
        self.landing = threading.Lock()
        self._joining = threading.Lock()
        self._free: Queue[int] = Queue()
        for number in range(1, site.config.workers + 1):
            self._free.put(number)

    def may_begin(self) -> bool:
        """Wait while the play is paused; say whether one more step may begin."""
        return self.site.may_go_on() and not self.exhausted and self.unanswered is None

    def fail(self, error: BaseException) -> None:
        """Stop the play because of an error that no other step could go on after; the first is raised at the end."""
        self.failure = self.failure or error
        self.site.stop.set()

    @contextmanager
    def slot(self) -> Iterator[int]:
        """Have a slot for as long as the block takes: its number, from 1; 0: the play was stopped before."""
        number = 0
        while not number and not self.site.stop.is_set():
            with suppress(Empty):
                number = self._free.get(timeout=SLOT_LOOK_S)
        try:
            yield number if number and self.may_begin() else 0
        finally:
            if number:
                self._free.put(number)

    def gather(self, steps: Mapping[str, Step], scope: Scope) -> None:
        """Let those join who will work on these steps, as far as their names can be told before: mail reaches them."""
        for agent in (step.agent for step in steps.values() if step.agent is not None):
            # What is wrong with a name, the step says that it is meant for.
            with suppress(UsageError, ValueError):
                if agent.name is not None:
                    self.join(scope.text(agent.name), agent.role)

    def join(self, agent: str, role: str) -> Memory:
        """Let the agent be a member of the team, and return its memory in this play: a branch of its own.

        Raises:
            InvalidName: nobody can be called so. UsageError: somebody else of the team is.
        """
        check_name(agent, what="agent")
        if agent == LEAD or len(agent) > 48:
            raise UsageError(f"no agent of a play can be called {agent!r}: it is the lead's name, or too long")
        site = self.site
        with self._joining:
            if agent not in {member.name for member in site.team.members}:
                site.team.join(agent, role=role, model=self.model)
            branch = branch_of(site.mission, agent)
            if branch not in {known.name for known in site.memory.branches()}:
                site.memory.create_branch(branch, purpose=f"{agent} in {site.mission}")
        return Memory.open(site.memory.path, branch=branch, agent=agent, session=site.mission)

    def commit_of(self, value: Any) -> str:
        """Return the commit that a ``base`` or ``commit`` means.

        Raises:
            InvalidDocument: it is no text. UnknownRevision: no commit of the repository.
        """
        if not isinstance(value, str) or not value.strip():
            raise InvalidDocument(f"a commit was wanted, and it is {value!r}")
        self.site.project.holds(value.strip(), self.base)
        return value.strip()

    def base_of(self, base: str | None, scope: Scope) -> str:
        """Return the commit that a step begins with: what it says, else the play's."""
        return self.base if base is None else self.commit_of(scope.value(base))

    def ref_of(self, path: str, tried: int) -> str:
        """Return the ref that keeps what a step changed."""
        return f"refs/onecontext/{self.site.mission}/{path}/try-{tried}"


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they may stand in a journal: texts without lone surrogates and NUL."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return plain(value) if isinstance(value, dict) else value
