"""The built-in agent that joins a team: what the command line says of it, and a definition of ``.claude/agents``."""

import argparse
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from onecontext.store.files import read_bytes
from skills.activation.activate import whole
from skills.catalogue.required import required_skills
from skills.finding.discover import skills_for
from teams.agent.client_tools import grant
from teams.agent.definition import Definition
from teams.agent.definitions import find_definitions, model_name
from teams.agent.limits import Limits
from teams.agent.prompt import fenced
from teams.agent.tools import Tool, tool_from
from teams.agent.worktools import work_tools
from teams.cli.agent import config_folder, named_agent
from teams.guard.registry import open_sandbox
from teams.guard.workspace import Workspace
from teams.member.mind import Mind
from teams.member.minds.agent import AgentMind
from teams.mission.recorder import Recorder
from teams.models.registry import SCRIPTED, open_models
from teams.protocol.team import Team

_LIMIT_BYTES = 256 * 1024


def agent_mind(team: Team, args: argparse.Namespace, invocation: Invocation) -> tuple[Mind, str]:
    """Return the agent that was named, and how it is told to people. What is missing for it is said here.

    Raises:
        UsageError, UnknownMember: what was named is not there. SetupError: a model or a sandbox cannot be had.
        UnknownSkill, InvalidDocument: a skill that its definition names cannot be had.
    """
    definition = _definition(args.agent, invocation)
    model = args.model or (model_name(definition) if definition else None)
    if not model:
        raise UsageError(f"the agent {args.agent} names no model of its own", hint="say one with --model")
    tools = _work_tools(args, invocation.cwd)
    parts = [_instructions(args.instructions, invocation.cwd)]
    limits = None
    if definition is not None:
        granted = grant(definition.tools, definition.forbidden, [tool.spec.name for tool in tools])
        tools = [tool for tool in tools if tool.spec.name in granted.names]
        for note in granted.notes if args.work else ():
            invocation.out.say(invocation.out.paint(note, "yellow"))
        parts = [definition.instructions, *_skills(definition, invocation), *parts]
        limits = Limits(turns=definition.max_turns) if definition.max_turns else None
    scripted = model.startswith(SCRIPTED)
    mind = AgentMind(
        team,
        open_model=open_models(model, api_base=args.api_base, env=invocation.env),
        instructions="\n\n".join(part for part in parts if part),
        role=args.role or (definition.role if definition else "worker"),
        tools=tools,
        limits=limits,
        observer=lambda name: Recorder(team.journal, mission=None, agent=name, scripted=scripted),
    )
    told = model + ("  (scripted: its words come from a file)" if scripted else "")
    return mind, told + (f", as {definition.name} of {definition.path}" if definition else "")


def _definition(name: str | None, invocation: Invocation) -> Definition | None:
    if name is None:
        return None
    return named_agent(find_definitions(invocation.cwd, config_folder(invocation)), name)


def _skills(definition: Definition, invocation: Invocation) -> list[str]:
    found, by = skills_for(invocation.cwd, invocation.env), f"agent {definition.name}"
    return [fenced("skill", whole(one, by=by)) for one in required_skills(found, definition.skills, by=by)]


def _instructions(said: str, cwd: Path) -> str:
    if not said.startswith("@"):
        return said
    path = cwd / said[1:]
    try:
        return read_bytes(path.resolve(), limit_bytes=_LIMIT_BYTES).decode("utf-8")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no text file to take instructions from") from error


def _work_tools(args: argparse.Namespace, cwd: Path) -> list[Tool]:
    if args.work is None:
        return []
    folder = (cwd / args.work).resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder to work in")
    return [tool_from(function) for function in work_tools(Workspace(folder), open_sandbox(args.sandbox)).functions]
