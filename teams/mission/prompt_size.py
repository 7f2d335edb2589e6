"""What the built-in agents cost before they read anything: tokens of system prompt and tool schemas, role by role."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from onecontext.store.layout import Layout
from onecontext.variables.variables import Variables
from skills.activation.tool import skill_tool
from teams.agent.prompt import prompt_tokens
from teams.agent.remembering import recall_tool
from teams.agent.shelf import Shelf
from teams.agent.tools import Tool, tool_from
from teams.agent.worktools import work_tools
from teams.guard.unconfined import Unconfined
from teams.guard.workspace import Workspace
from teams.mission.site import prompt
from teams.mission.steering.tools import carry_on_tool, change_tool, stop_tool
from teams.mission.tools import orchestrator_tools, validator_tools, worker_tools
from teams.models.port import Model


@dataclass(frozen=True)
class PromptSize:
    """Tokens of one role's instructions and of its tools as they are sent (name, description, JSON Schema)."""

    role: str
    prompt: int
    tools: int


def prompt_sizes() -> list[PromptSize]:
    """Return the sizes of the built-in roles, and of an orchestrator who decides again, by the default counter."""
    sizes = []
    for role, tools in _tools_of_roles().items():
        prompt_alone = prompt_tokens(prompt(role), [])
        together = prompt_tokens(prompt(role), [tool.spec for tool in tools])
        sizes.append(PromptSize(role, prompt_alone, together - prompt_alone))
    return sizes


def _nothing(*_: object) -> None:
    """Stand for what a tool does, which costs nothing."""


def _no_model() -> Model:
    raise AssertionError("nobody calls the tools that are counted")


class _Empty:
    def search(self, query: str, *, budget: int | None = None) -> str:
        return query

    def context(self, *, budget: int | None = None, commit: str | None = None, for_: str | None = None) -> str:
        return ""


def _tools_of_roles() -> dict[str, Sequence[Tool]]:
    workspace, sandbox = Workspace(Path.cwd()), Unconfined()
    reading = [tool_from(function) for function in work_tools(workspace, sandbox, read_only=True).functions]
    writing = [tool_from(function) for function in work_tools(workspace, sandbox).functions]
    own = worker_tools(
        remember=lambda text: text, send=lambda to, text: None, skill=skill_tool([]), finish=lambda finished: None
    )
    looking = Shelf(Variables(Layout(Path.cwd()))).tool(_nothing, _nothing, open_reader=_no_model, stop=Event())
    reading, writing = [*reading, looking], [*writing, looking]
    # Who has a memory has the tool to search it, too.
    remembering = [recall_tool(_Empty())]
    return {
        "orchestrator": [
            *reading,
            *orchestrator_tools(lambda assertions, tasks: None),
            stop_tool(_nothing),
            *remembering,
        ],
        "steering": [*reading, change_tool(_nothing), stop_tool(_nothing), carry_on_tool(_nothing), *remembering],
        "worker": [*writing, *own, *remembering],
        "validator": [*reading, *validator_tools(lambda judgement: None)],
    }
