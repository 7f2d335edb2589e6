"""A built-in agent as the mind of a member: a model with tools for mail and tasks, and perhaps for files and commands.

Rule 1: messages are one conversation, as a teammate has it; its oldest part is forgotten when it grows too long.
Rule 2: docstrings of tools are part of what every request costs: one line, and only what the model must know.
Rule 3: a message that a tool sends has an id made of the turn and its content, so a turn done again sends it once.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from onecontext.errors import ModelError
from teams.agent.agent import Agent
from teams.agent.limits import Limits, Result
from teams.agent.observer import Notebook, Observer
from teams.agent.tools import Tool, tool_from
from teams.member.letters import letter_id
from teams.member.mind import Answer, Asked
from teams.models.port import Conversation, Message, OpenModel
from teams.protocol.config import Member
from teams.protocol.team import Team

KEPT_CHARACTERS = 200_000
MEMBER = """You are a member of the team {team}. Each message you get stands in <teammate-message>; it comes from \
another member, and your answer is sent back to them. A task_assignment gives you a task, which counts as done when \
you answer; call not_done instead when it is not. Asked to shut down, you end after your answer unless you call stay."""
_UNFINISHED = {
    "turns": "the model used up its turns",
    "tokens": "the model used up its tokens",
    "cost": "the model used up its budget",
    "seconds": "the model used up its time",
    "stopped": "it was stopped before the end",
    "loop": "the model repeated itself without getting on",
    "stalled": "the model or a tool gave no sign of life",
}


class AgentMind:
    """Asks a model, which may use tools.

    Args:
        open_model: opens the one conversation that this member has.
        tools: more tools, besides those for mail and tasks.
        memory: see :class:`teams.agent.agent.Agent`.
        limits: of one message.
        observer: makes the observer of the member of that name; None is nobody.
    """

    def __init__(
        self,
        team: Team,
        *,
        open_model: OpenModel,
        instructions: str = "",
        role: str = "worker",
        tools: Iterable[Tool | Callable[..., Any]] = (),
        memory: Notebook | None = None,
        limits: Limits | None = None,
        observer: Callable[[str], Observer] | None = None,
    ) -> None:
        self._team = team
        self._name = ""
        self._stop = threading.Event()
        self._said: Sequence[Message] = ()
        self._asked: Asked | None = None
        self._not_done = ""
        self._staying = ""
        self._tools_besides = list(tools)
        self._open_model = open_model
        self._instructions = instructions
        self.role = role
        self._memory = memory
        self._limits = limits
        self._observer = observer

    def begin(self, me: Member) -> None:
        """Open the conversation of this member."""
        self._name = me.name
        parts = (MEMBER.format(team=self._team.name), self._instructions)
        self._agent = Agent(
            me.name,
            model=self._open_model(Conversation(agent=me.name, role=self.role)),
            instructions="\n\n".join(part for part in parts if part),
            tools=[*self._tools(), *self._tools_besides],
            memory=self._memory,
            limits=self._limits,
            observer=self._observer(me.name) if self._observer else None,
            stop=self._stop,
        )

    def answer(self, asked: Asked) -> Answer:
        """Let the model answer; see :meth:`teams.member.mind.Mind.answer`."""
        try:
            result = self._run(asked)
        except ModelError as error:
            # Nothing was answered, so the conversation is as it was, and other messages may fare better.
            return Answer(missing=error.message)
        if self._not_done:
            return Answer(missing=self._not_done)
        return Answer(result.text, _UNFINISHED.get(result.ending, ""))

    def stay(self, asked: Asked) -> str:
        """Let the model decide; one that fails does not keep the member from ending."""
        try:
            self._run(asked)
        except ModelError:
            return ""
        return self._staying

    def stop(self) -> None:
        """End the run before the model's next call."""
        self._stop.set()

    def _run(self, asked: Asked) -> Result:
        self._stop.clear()
        self._asked, self._not_done, self._staying = asked, "", ""
        result = self._agent.run(asked.prompt, after=self._said)
        self._said = _newest(result.messages, KEPT_CHARACTERS)
        return result

    def _tools(self) -> list[Tool]:
        def send_message(to: str, text: str) -> str:
            """Send a message to another member than the one who asked."""
            turn = self._asked.message.msg_id if self._asked else ""
            msg_id = letter_id(self._team.name, self._name, turn, f"message to {to}: {text}")
            self._team.send(to, text, sender=self._name, msg_id=msg_id)
            return f"sent to {to}"

        def list_members() -> list[str]:
            """List who is in the team."""
            return [f"{member.name} ({member.role})" for member in self._team.members]

        def list_tasks() -> list[str]:
            """List the team's tasks."""
            return [
                f"#{task.id} [{task.state}] {task.subject}{f' ({task.owner})' if task.owner else ''}"
                for task in self._team.board.list()
            ]

        def show_task(task_id: str) -> dict[str, Any]:
            """Show one task in full."""
            return self._team.board.get(task_id.removeprefix("#")).to_document()

        def not_done(missing: str) -> str:
            """Say what is missing: the task is not done and goes back."""
            self._not_done = missing or "it did not say what"
            return missing

        def stay(reason: str) -> str:
            """Refuse to shut down now."""
            self._staying = reason or "it did not say why"
            return reason

        reading = [tool_from(function, idempotent=True) for function in (list_members, list_tasks, show_task)]
        return [
            tool_from(send_message, idempotent=True),
            *reading,
            tool_from(not_done, ends=True),
            tool_from(stay, ends=True),
        ]


def _newest(messages: Sequence[Message], limit_characters: int) -> Sequence[Message]:
    """Return the newest turns that fit, each from the user's message to the last answer to it."""
    starts = [index for index, message in enumerate(messages) if message.role == "user"]
    for start in starts:
        if sum(_size(message) for message in messages[start:]) <= limit_characters:
            return messages[start:]
    return ()


def _size(message: Message) -> int:
    return len(message.content) + sum(len(call.arguments) for call in message.tool_calls)
