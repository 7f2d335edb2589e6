"""A worker's part: one attempt at one task, in a copy of its own, from claim to handoff.

Rule 1: the copy, the commit and the list of commands are the host's; the agent only says what it did.
Rule 2: an attempt ends as a submission or as a released claim, and either is in the journal.
Rule 3: work is committed while the agent can still mend what cannot be committed; nothing it leaves behind ends more
        than its own attempt.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from onecontext.errors import OneContextError, StaleEpoch, UsageError
from teams.agent.agent import Agent
from teams.agent.limits import Result
from teams.agent.observer import storable_head
from teams.agent.tools import Tool, cut
from teams.agent.worktools import WorkTools, work_tools
from teams.guard.workspace import Workspace
from teams.mission.contract import Contract
from teams.mission.handoff import Handoff, RunCommand, commit_in
from teams.mission.notebook import Notebook
from teams.mission.site import LEAD, Site, prompt
from teams.mission.stalls import may_try_again
from teams.mission.tools import Finished, worker_tools
from teams.protocol.board.task import Task
from teams.protocol.mail.forms import IdleNotification
from teams.protocol.mail.message import as_prompt

# Of the handoff: every command is in the journal anyway.
MAX_COMMANDS = 200
COMMAND_CHARACTERS = 2000


class Attempt:
    """One claim on one task: ``task`` as it was claimed, with its owner, attempt and epoch."""

    def __init__(self, site: Site, task: Task, contract: Contract) -> None:
        self._site = site
        self._task = task
        self._contract = contract
        self._agent = task.owner or ""
        self._where: dict[str, Any] = {"task": task.id, "attempt": task.attempt, "epoch": task.epoch}
        self._handed: tuple[Finished, str] | None = None
        """What the agent said when it handed over, and the commit of what it had made by then."""
        self._notebook = Notebook.open(site, task, agent=self._agent)

    def run(self) -> None:
        """Work on the task until it is handed over or given back.

        Raises:
            ModelError, StorageError: the claim is given back first, so that a resumed mission takes it up again.
        """
        site = self._site
        try:
            start = self._start()
            with site.team.beating(self._agent), site.copy(f"task-{self._task.id}", start) as folder:
                self._work(folder, start)
        except StaleEpoch as error:
            # Somebody else holds the claim now; what this attempt did changes nothing, and that is on record.
            self._record("attempt.ended", {"outcome": "interrupted", "reason": error.message})
        except BaseException as error:
            # What cannot be given back now (it was submitted already, the disk is full) is given back by resume; the
            # error that says why must not be hidden by that.
            with suppress(OneContextError, OSError):
                self._give_back(f"{type(error).__name__}: {error}")
            raise

    def _work(self, folder: Path, start: str) -> None:
        site = self._site
        model = site.model_for(self._agent, "worker", task=self._task.key, attempt=self._task.attempt)
        self._record("attempt.started", {"role": "worker", "model": model.name})
        kit = work_tools(Workspace(folder), site.sandbox, timeout_s=site.command_timeout_s)
        agent = Agent(
            self._agent,
            model=model,
            instructions=f"{prompt('worker')}\n{site.skill_catalogue}",
            tools=[*kit.functions, *self._tools(lambda said: self._take(folder, start, said))],
            memory=self._notebook,
            limits=site.limits_of(self._contract.planned(self._task.key)),
            observer=site.recorder(self._agent, model, **self._where),
            stop=site.stop,
            pause=site.pause,
        )
        result = agent.run(self._assignment())
        if result.ending == "stopped":
            self._give_back("the mission was stopped")
            return
        if result.ending == "stalled" and may_try_again(site, self._agent, result, **self._where):
            self._give_back(result.ended)
            return
        finished = self._handed is not None
        said, commit = self._handed or self._unfinished(folder, start, result)
        self._hand_over(commit, kit, said, failed="" if finished else result.ended)

    def _take(self, folder: Path, start: str, said: Finished) -> None:
        """Commit what lies in the copy and note what is said of it; what cannot be committed is told to the agent."""
        commit = self._site.project.snapshot(
            folder,
            f"{self._task.subject}\n\n{said.summary}",
            author=self._agent,
            parent=start,
            ref=f"refs/onecontext/{self._site.mission}/{self._task.key}/{self._task.attempt}",
        )
        # None: this attempt changed nothing, so what it began with is what is judged.
        self._handed = said, commit or start

    def _unfinished(self, folder: Path, start: str, result: Result) -> tuple[Finished, str]:
        """Return what is judged of an agent that ended without handing over."""
        undone = [f"the agent ended without a handoff ({result.ended})"]
        said = Finished(storable_head(result.text), undone=undone)
        try:
            self._take(folder, start, said)
        except UsageError as error:
            # Nobody is left to mend it: what the attempt began with is judged, and the reason stands beside it.
            undone.append(f"what it left could not be committed: {error.message}")
        return self._handed or (said, start)

    def _start(self) -> str:
        """Where the work begins: at the attempt that was sent back, unless it does not merge, else at the branch."""
        evidence = self._task.evidence
        previous = commit_in(evidence)
        if previous and not evidence.get("conflicts"):
            return previous
        return self._site.branch_tip()

    def _assignment(self) -> str:
        assertions = self._contract.of_task(self._task.key)
        lines = [f"Task {self._task.id}: {self._task.subject}", "", self._task.description, "", "It is done when:"]
        lines += [f"- {a.id}: {a.text}" + (f"\n  {a.command}" if a.command else "") for a in assertions]
        findings = self._task.evidence.get("findings") or []
        if findings:
            # After a conflict the work begins anew: see _start.
            what = "The folder has what landed since" if self._task.evidence.get("conflicts") else "It is in the folder"
            lines += ["", f"Your last attempt was rejected. {what}.", *(f"- {one}" for one in findings)]
        mail = self._site.team.receive(self._agent)
        lines += ["", *(as_prompt(message) for message in mail)] if mail else []
        self._site.team.acknowledge(self._agent, mail)
        return "\n".join(lines)

    def _tools(self, finish: Callable[[Finished], None]) -> list[Tool]:
        return worker_tools(
            remember=self._notebook.commit,
            send=self._send,
            skill=self._site.skill_tool,
            finish=finish,
        )

    def _send(self, to: str, text: str) -> None:
        self._site.team.send(to, text, sender=self._agent)

    def _hand_over(self, commit: str, kit: WorkTools, said: Finished, *, failed: str) -> None:
        handoff = Handoff(
            task=self._task.key,
            attempt=self._task.attempt,
            epoch=self._task.epoch,
            commit=commit,
            commands=tuple(
                RunCommand(command=cut(c.argv[-1], COMMAND_CHARACTERS), exit_code=c.exit_code)
                for c in kit.commands[-MAX_COMMANDS:]
            ),
            **asdict(said),
        )
        self._notebook.commit(said.summary or self._task.subject, code_commit=commit)
        evidence = {"handoff": handoff.model_dump(mode="json")}
        self._site.team.board.submit(self._task.id, self._agent, self._task.epoch, evidence=evidence)
        self._record("attempt.ended", {"outcome": "failed", "reason": failed} if failed else {"outcome": "submitted"})
        idle = IdleNotification.make(self._agent, reason="available", summary=self._task.key, result=said.summary)
        self._site.team.send(LEAD, idle.to_text(), sender=self._agent, summary=self._task.key)

    def _give_back(self, reason: str) -> None:
        self._record("attempt.ended", {"outcome": "interrupted", "reason": reason})
        self._site.team.board.release(self._task.id, self._agent, self._task.epoch, reason=reason)

    def _record(self, type_: str, data: dict[str, Any]) -> None:
        self._site.journal.append(type_, data, mission=self._site.mission, agent=self._agent, **self._where)
