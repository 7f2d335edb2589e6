"""A step that an agent works on: in a copy of its own, until its result is accepted.

Rule 1: what others said (agents, files, mail) stands in the prompt as data.
Rule 2: the commit is the host's, made of what lies in the copy when the result is handed in; postconditions are
    measured on that commit.
Rule 3: who had a part in a step that this one must be ``apart_from`` is refused.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from onecontext.api import Memory
from onecontext.errors import OneContextError, UsageError
from teams.agent.agent import Agent
from teams.agent.limits import Limits, Result
from teams.agent.tools import InvalidArguments, Tool, cut, tool_from
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from teams.mission.attempt.effects import key_of
from teams.mission.notebook import commit
from teams.mission.roles.roles import Role
from teams.mission.site import LEAD
from teams.playbook.document import AgentStep, Step
from teams.playbook.ensure import broken
from teams.playbook.functions import as_text
from teams.playbook.record import INTERRUPTED, StepResult
from teams.playbook.results import NAME, PLAIN, result_tool
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage, plain
from teams.protocol.mail.message import Message, as_prompt

SAID_CHARACTERS = 20_000
MILESTONE_CHARACTERS = 2000


def run(stage: Stage, path: str, step: Step, scope: Scope, slot: int) -> StepResult:
    """Let the agent work, and record what came of it. ``slot`` tells those apart who have no name of their own.

    Outputs: the fields of the result, ``agent`` (who worked), and ``commit`` where it may change files.
    """
    spec = step.agent
    assert spec is not None
    stage.site.roles.refuse(spec.role)
    name = scope.text(spec.name) if spec.name else _name(spec, path, slot)
    for other in spec.apart_from:
        if name in stage.record.who_worked_on(other):
            raise UsageError(f"{name} had a part in {other}, so {path} must be somebody else's")
    memory = stage.join(name, spec.role)
    tried = stage.record.started(path, "agent", agent=name)
    result = AgentRun(stage, path, step, scope, name, memory, tried).run()
    if result.outcome == "interrupted":
        return result
    return stage.record.ended(path, "agent", result, keep=result.is_done, agent=name)


def _name(spec: AgentStep, path: str, slot: int) -> str:
    """Return what an agent without a name is called; who must be apart from others is nobody else."""
    return path.replace("/", "-").replace("_", "-")[-48:].strip("-") if spec.apart_from else f"{spec.role}-{slot}"


class AgentRun:
    """One try of one agent at one step."""

    def __init__(
        self, stage: Stage, path: str, step: Step, scope: Scope, name: str, memory: Memory, tried: int
    ) -> None:
        assert step.agent is not None
        self._stage = stage
        self._path = path
        self._step = step
        self._spec: AgentStep = step.agent
        self._scope = scope
        self._name = name
        self._memory = memory
        self._tried = tried
        self._where: dict[str, Any] = {"task": path, "attempt": tried}
        self._accepted: dict[str, Any] | None = None

    def run(self) -> StepResult:
        stage, spec, name = self._stage, self._spec, self._name
        site = stage.site
        base = stage.base_of(spec.base, self._scope)
        mail = site.team.receive(name)
        # A role without a definition of its own is a word by which a model is chosen, and nothing more.
        role = site.roles.defined.get(spec.role, Role(spec.role))
        model = site.model_for(name, spec.role, task=self._path, attempt=self._tried)
        self._tell("attempt.started", {"role": spec.role, "model": model.name})
        with (
            site.time.working(name, self._path),
            site.team.beating(name),
            site.copy("step", base) as folder,
        ):
            kit = work_tools(
                Workspace(folder),
                site.sandbox,
                read_only=not spec.writes,
                timeout_s=site.command_timeout_s,
                shelf=site.shelf(name, task=self._path),
            )
            take = result_tool(spec.returns, lambda given: self._accept(given, folder, base))
            prompt = self._prompt(mail)
            own = [*kit.tools, *self._mail_tools(), take]
            own += site.skills.calls({tool.spec.name for tool in own})
            skill = site.skills.tool(site.sandbox, folder, [tool.spec.name for tool in role.narrowed(kit.tools)])
            agent = Agent(
                name,
                model=model,
                instructions=f"{_instructions()}{role.instructions}\n{site.skills.catalogue(prompt)}",
                tools=role.narrowed([*own, *([skill] if skill else [])]),
                memory=self._memory,
                limits=role.limited(self._limits()),
                observer=site.recorder(name, model, **self._where),
                stop=site.stop,
                pause=site.pause,
                shelf=kit.shelf,
            )
            result = self._let_work(agent, prompt)
        came_to = self._came_to(result, mail)
        outcome = {"done": "submitted"}.get(came_to.outcome, came_to.outcome)
        self._tell("attempt.ended", {"outcome": outcome, **({"reason": came_to.reason} if came_to.reason else {})})
        return came_to

    def _let_work(self, agent: Agent, prompt: str) -> Result:
        """Let the agent work; what keeps it from going on (a model, a budget, a disk) ends the attempt on record."""
        try:
            return agent.run(prompt)
        except OneContextError as error:
            # The disk may be what refuses: the error that says so must not be hidden by that.
            with suppress(OneContextError, OSError):
                self._tell("attempt.ended", {"outcome": "interrupted", "reason": error.message})
            raise

    def _tell(self, type_: str, data: dict[str, Any]) -> None:
        site = self._stage.site
        site.journal.append(type_, data, mission=site.mission, agent=self._name, **self._where)

    def _limits(self) -> Limits:
        limits = self._stage.site.limits_of(self._name, task=self._path)
        return replace(limits, turns=self._spec.max_turns or limits.turns)

    def _came_to(self, result: Result, mail: Any) -> StepResult:
        stage, name = self._stage, self._name
        if self._accepted is None:
            if result.ending == "stopped":
                return INTERRUPTED
            if result.ending == "seconds":
                stage.site.time.check(name, self._path)
            return StepResult("failed", reason=f"{name} ended without a result ({result.ended})")
        outputs = plain(self._accepted)
        if self._spec.broadcast is not None:
            self._tell_others(self._scope.text(self._spec.broadcast, outputs=outputs))
        stage.site.team.acknowledge(name, mail)
        text = f"{self._path}: {cut(as_text(outputs), MILESTONE_CHARACTERS)}"
        key = key_of(stage.site.mission, None, "step", self._path, text)
        # Of a try that was cut short here, it is there already.
        commit(stage.site, self._memory, text, key=key, look=self._tried > 1, code_commit=outputs.get("commit"))
        return StepResult("done", outputs)

    def _accept(self, given: dict[str, Any], folder: Path, base: str) -> str:
        """Take the result where all the step must ensure holds; return why it is not taken."""
        outputs = {**given, "agent": self._name}
        if self._spec.writes:
            outputs["commit"] = self._commit(folder, base, given)
        if reason := broken(self._stage, self._step.ensure, self._scope, outputs):
            return reason
        self._accepted = outputs
        return ""

    def _commit(self, folder: Path, base: str, given: dict[str, Any]) -> str:
        project = self._stage.site.project
        message = plain({"text": f"{self._path}\n\n{cut(as_text(given), MILESTONE_CHARACTERS)}"})["text"]
        ref = self._stage.ref_of(self._path, self._tried)
        return project.snapshot(folder, message, author=self._name, parent=base, ref=ref) or base

    def _prompt(self, mail: Any) -> str:
        lines = [self._scope.prompt(self._spec.prompt).strip()]
        if mail:
            lines += ["", "Your mail:", *(as_prompt(message) for message in mail)]
        fields = ", ".join(self._spec.returns or PLAIN)
        return "\n".join([*lines, "", f"When you are done, call `{NAME}` with {fields}."])

    def _mail_tools(self) -> list[Tool]:
        if not self._spec.mail:
            return []

        def message(to: str, text: str) -> str:
            """Send a message to one of the others."""
            self._send(to, _checked(text))
            return "sent"

        def broadcast(text: str) -> str:
            """Send a message to all the others."""
            return f"sent to {', '.join(self._tell_others(_checked(text))) or 'nobody: you are alone'}"

        makers: list[Callable[..., object]] = [message, broadcast]
        return [tool_from(function, idempotent=True) for function in makers]

    def _tell_others(self, text: str) -> list[str]:
        """Send a text to every other agent of the play; the lead, who is a person's, is not among them."""
        team = self._stage.site.team
        names = [member.name for member in team.members if member.name not in (LEAD, self._name)]
        return [self._send(name, text).to for name in names] if text.strip() else []

    def _send(self, to: str, text: str) -> Message:
        """Send a message; the same words again, after a kill, are the same message."""
        key = key_of(self._stage.site.mission, None, "message", self._path, to, text)
        return self._stage.site.team.send(to, text, sender=self._name, msg_id=key)


def _checked(text: str) -> str:
    if len(text) > SAID_CHARACTERS:
        raise InvalidArguments(f"a message has at most {SAID_CHARACTERS:,} characters")
    return text


def _instructions() -> str:
    return (files("teams.playbook") / "prompts" / "agent.md").read_text(encoding="utf-8")
