"""One attempt at one task, in a copy of its own, from claim to handoff, whoever works on it.

Rule 1: the copy, the commit and the list of commands are the host's; the worker only says what it did.
Rule 2: an attempt ends as a submission or as a released claim, and either is in the journal.
Rule 3: what a worker leaves behind ends no more than its own attempt.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from onecontext.errors import InvalidTransition, OneContextError, StaleEpoch, UnknownTask, UsageError
from teams.agent.limits import Limits
from teams.agent.tools import cut
from teams.agent.worktools import WorkTools, work_tools
from teams.guard.workspace import Workspace
from teams.mission.attempt.briefing import brief
from teams.mission.attempt.copy import attempt_copy
from teams.mission.attempt.effects import Effects
from teams.mission.attempt.stalls import may_try_again
from teams.mission.contract import Contract
from teams.mission.handoff import Handoff, RunCommand, commit_in
from teams.mission.judging.claims import unproved
from teams.mission.judging.weighing import outside, refusal, rounds_of
from teams.mission.notebook import Notebook
from teams.mission.recorder import Recorder
from teams.mission.roles.roles import Role
from teams.mission.site import LEAD, Site
from teams.mission.tools import Finished
from teams.mission.workers.builtin import BuiltIn
from teams.mission.workers.port import Assignment, Worker
from teams.models.port import Model
from teams.protocol.board.task import Task
from teams.protocol.mail.forms import IdleNotification
from teams.protocol.mail.message import as_prompt

# Of the handoff: every command is in the journal anyway.
MAX_COMMANDS = 200
COMMAND_CHARACTERS = 2000


class Attempt:
    """One claim on one task: ``task`` as it was claimed, with its owner, attempt and epoch; ``stop`` ends it."""

    def __init__(self, site: Site, task: Task, contract: Contract, *, stop: threading.Event) -> None:
        self._site = site
        self._stop = stop
        self._task = task
        self._contract = contract
        self._planned = contract.planned(task.key)
        self._agent = task.owner or ""
        self._role = task.ours.role
        self._where: dict[str, Any] = {"task": task.id, "attempt": task.attempt, "epoch": task.epoch}
        self._handed: tuple[Finished, str] | None = None
        """What the worker said when it handed over, and the commit of what it had made by then."""
        self._notebook = Notebook.open(site, task, agent=self._agent)
        self._effects = Effects(site.past, site.mission, task)

    def run(self) -> None:
        """Work on the task until it is handed over or given back.

        Raises:
            ModelError, StorageError: the claim is given back first, so that a resumed mission takes it up again.
        """
        site = self._site
        try:
            start = self._start()
            with (
                site.time.working(self._agent, self._task.key),
                site.team.beating(self._agent),
                attempt_copy(site, self._task, start) as copy,
            ):
                copy.is_over = self._work(copy.folder, copy.start)
        except (StaleEpoch, InvalidTransition, UnknownTask) as error:
            # Somebody else holds the claim now, or the task was blocked, judged or deleted from outside: what this
            # attempt did changes nothing, and that is on record.
            self._record("attempt.ended", {"outcome": "interrupted", "reason": error.message})
        except BaseException as error:
            # What cannot be given back now (it was submitted already, the disk is full) is given back by resume; the
            # error that says why must not be hidden by that.
            with suppress(OneContextError, OSError):
                self._give_back(f"{type(error).__name__}: {error}")
            raise

    def _work(self, folder: Path, start: str) -> bool:
        """Let the worker work, and hand over what it made; False: it was stopped before that."""
        worker = self._worker()
        self._record("attempt.started", {"role": self._role, "model": worker.name})
        site, shelf = self._site, self._site.shelf(self._agent, task=self._task.key)
        kit = work_tools(Workspace(folder), site.sandbox, timeout_s=site.command_timeout_s, shelf=shelf)
        report = worker.work(self._assignment(folder, start, kit))
        if report.ended == "stopped":
            self._give_back("the work was stopped")
            return False
        if report.ended == "stalled" and may_try_again(self._site, self._agent, report.reason, **self._where):
            self._give_back(f"stalled: {report.reason}")
            return False
        finished = report.ended == "finished"
        if self._handed is None:
            finished = self._take_what_is_left(folder, start, report.said) and finished
        assert self._handed is not None
        said, commit = self._handed
        ran = [RunCommand(command=c.argv[-1], exit_code=c.exit_code) for c in kit.commands]
        self._hand_over(commit, [*ran, *report.commands], said, finished=finished)
        return True

    def _worker(self) -> Worker:
        """Return who works on tasks of this role: what a person named for it, else the built-in agent."""
        named = self._site.workers.get(self._role)
        return BuiltIn(self._site, self._model()) if named is None else named

    def _model(self) -> Model:
        difficulty = (self._planned and self._planned.difficulty) or "normal"
        where: dict[str, Any] = {"task": self._task.key, "attempt": self._task.attempt, "difficulty": difficulty}
        return self._site.model_for(self._agent, self._role, **where)

    def _assignment(self, folder: Path, start: str, kit: WorkTools) -> Assignment:
        role = self._site.roles.of(self._role)
        return Assignment(
            agent=self._agent,
            role=self._role,
            task=self._task.key,
            attempt=self._task.attempt,
            text=self._text(),
            instructions=role.instructions,
            folder=folder,
            kit=kit,
            notebook=self._notebook,
            stop=self._stop,
            pause=self._site.pause,
            limits=self._limits(role),
            remember=self._remember,
            send=self._send,
            guard=self._effects.guarded,
            hand_over=lambda said: self._hand(folder, start, said, kit),
            recorder=self._recorder,
            model=self._model,
        )

    def _limits(self, role: Role) -> Limits:
        return role.limited(self._site.limits_of(self._agent, task=self._task.key, planned=self._planned))

    def _hand(self, folder: Path, start: str, said: Finished, kit: WorkTools) -> None:
        """Take what is handed over while the worker can still mend it.

        Raises:
            UsageError: it claims what it has no evidence for, what it made cannot be committed, or a fix goes beyond
                what was found.
        """
        problems = unproved(said.claims, self._contract.of_task(self._task.key), kit.commands)
        if problems:
            raise UsageError(f"{'; '.join(problems)}. Run it, or claim less and say in undone what is left")
        self._take(folder, start, said)
        assert self._handed is not None
        scope = rounds_of(self._site, self._task).scope
        beyond = outside(self._site, scope, self._handed[1]) if scope else []
        if beyond:
            self._handed = None
            raise UsageError(refusal(beyond))

    def _take(self, folder: Path, start: str, said: Finished) -> None:
        """Commit what lies in the copy and note what is said of it; what cannot be committed is told to the worker."""
        commit = self._site.project.snapshot(
            folder,
            f"{self._task.subject}\n\n{said.summary}",
            author=self._agent,
            parent=start,
            ref=f"refs/onecontext/{self._site.mission}/{self._task.key}/{self._task.attempt}",
        )
        # None: this attempt changed nothing, so what it began with is what is judged.
        self._handed = said, commit or start

    def _take_what_is_left(self, folder: Path, start: str, said: Finished) -> bool:
        """Take what a worker left that is gone by now; say whether that could be done."""
        try:
            self._take(folder, start, said)
        except UsageError as error:
            # Nobody is left to mend it: what the attempt began with is judged, and the reason stands beside it.
            why = f"what it left could not be committed: {error.message}"
            self._handed = replace(said, undone=[*said.undone, why]), start
            return False
        return True

    def _start(self) -> str:
        """Where the work begins: at the attempt that was sent back, unless it does not merge, else at the branch."""
        evidence = self._task.evidence
        previous = commit_in(evidence)
        if previous and not evidence.get("conflicts"):
            return previous
        return self._site.branch_tip()

    def _text(self) -> str:
        lines = brief(self._task, self._contract)
        mail = self._site.team.receive(self._agent)
        lines += ["", *(as_prompt(message) for message in mail)] if mail else []
        self._site.team.acknowledge(self._agent, mail)
        return "\n".join(lines)

    def _send(self, to: str, text: str) -> None:
        self._site.team.send(to, text, sender=self._agent, msg_id=self._effects.key("message", to=to, text=text))

    def _remember(self, text: str) -> str:
        return self._notebook.commit(text, key=self._effects.key("remember", text=text))

    def _recorder(self, model: str, scripted: bool) -> Recorder:
        where = self._where
        return Recorder(self._site.journal, mission=self._site.mission, agent=self._agent, scripted=scripted, **where)

    def _hand_over(self, commit: str, ran: Sequence[RunCommand], said: Finished, *, finished: bool) -> None:
        handoff = Handoff(
            task=self._task.key,
            attempt=self._task.attempt,
            epoch=self._task.epoch,
            commit=commit,
            commands=tuple(
                RunCommand(command=cut(c.command, COMMAND_CHARACTERS), exit_code=c.exit_code)
                for c in ran[-MAX_COMMANDS:]
            ),
            **asdict(said),
        )
        told = said.summary or self._task.subject
        self._notebook.commit_once(told, code_commit=commit)
        evidence = {"handoff": handoff.model_dump(mode="json")}
        self._site.team.board.submit(self._task.id, self._agent, self._task.epoch, evidence=evidence)
        failed = {"outcome": "failed", "reason": "; ".join(said.undone)}
        self._record("attempt.ended", {"outcome": "submitted"} if finished else failed)
        idle = IdleNotification.make(self._agent, reason="available", summary=self._task.key, result=said.summary)
        self._site.team.send(LEAD, idle.to_text(), sender=self._agent, summary=self._task.key)

    def _give_back(self, reason: str) -> None:
        self._record("attempt.ended", {"outcome": "interrupted", "reason": reason})
        if self._has_claim():
            self._site.team.board.release(self._task.id, self._agent, self._task.epoch, reason=reason)

    def _has_claim(self) -> bool:
        """Say whether the task is still this attempt's: what was taken away is not there to be given back."""
        try:
            task = self._site.team.board.get(self._task.id)
        except UnknownTask:
            return False
        return (task.owner, task.epoch) == (self._agent, self._task.epoch)

    def _record(self, type_: str, data: dict[str, Any]) -> None:
        self._site.journal.append(type_, data, mission=self._site.mission, agent=self._agent, **self._where)
