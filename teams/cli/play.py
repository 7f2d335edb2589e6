"""``onecontext play NAME|FILE [INPUT=VALUE …]``: carry out a playbook; list, show and check playbooks.

Rule 1: a playbook comes with what was cloned. It says what agents and commands do, in the sandbox; which model, which
    address, which sandbox, only the person and ``onecontext.toml`` say.
Rule 2: all that can be wrong with it and its inputs is told before the first file is made.
"""

import argparse
from pathlib import Path

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from onecontext.store.project import Project
from teams.cli import play_shown, resume
from teams.cli.play_told import conduct_play, watching
from teams.cli.run import add_budget, add_readable, readable_of, trusted_config
from teams.cli.traces import add_traces, traces_of
from teams.cli.workers import add_workers, crew_of, told
from teams.mission.opening import (
    make_memory,
    new_mission_name,
    open_box,
    open_roles,
    open_site,
    uncommitted,
    with_models,
)
from teams.mission.routes import open_routes
from teams.playbook.inputs import inputs_of
from teams.playbook.library import find_playbook
from teams.playbook.play import Play, goal_of
from teams.playbook.reading import load_playbook
from teams.protocol.team import Team


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("playbook", nargs="?", metavar="NAME|FILE", help="which one; --list names them")
    parser.add_argument("inputs", nargs="*", metavar="INPUT=VALUE", help="what it wants to be given; --show tells")
    parser.add_argument("--list", action="store_true", help="the playbooks there are")
    parser.add_argument("--show", metavar="NAME", help="what a playbook does, and its inputs")
    parser.add_argument("--check", metavar="FILE", help="look whether a file is a playbook; nothing is run")
    parser.add_argument("--resume", metavar="PLAY", help="go on with a play: only what failed or was not done is run")
    parser.add_argument("--model", help="any litellm name, or scripted:PATH (default: onecontext.toml)")
    parser.add_argument("--api-base", help="the address of a server that speaks the model's protocol")
    parser.add_argument("--workers", type=int, help="how many steps work side by side (default 2)")
    parser.add_argument("--max-attempts", type=int, help="of missions: attempts at one task before it is blocked")
    parser.add_argument("--sandbox", choices=["bubblewrap", "none"], help="none: agents run with your rights")
    add_workers(parser)
    add_budget(parser)
    add_readable(parser)
    add_traces(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    asked = [name for name in ("list", "show", "check", "resume") if getattr(args, name)]
    if len(asked) + (args.playbook is not None) != 1:
        raise UsageError("say one playbook, or one of --list, --show, --check, --resume")
    if args.check:
        return play_shown.check(load_playbook((invocation.cwd / args.check).resolve()), args.check, invocation)
    if args.resume:
        # As 'onecontext resume' has them: a play lies in its project's own folder.
        args.mission, args.root = args.resume, None
        return resume.run(args, invocation)
    if args.list or args.show:
        folder = _project_folder(invocation)
        if args.list:
            return play_shown.listing(folder, invocation)
        return play_shown.show(find_playbook(args.show, cwd=invocation.cwd, project=folder), invocation)
    return _play(args, invocation)


def _play(args: argparse.Namespace, invocation: Invocation) -> int:
    project = Project.find(invocation.cwd)
    entry = find_playbook(args.playbook, cwd=invocation.cwd, project=project.path)
    playbook = entry.playbook
    assert playbook is not None
    inputs = inputs_of(playbook, args.inputs)
    roles = open_roles(project, invocation.env)
    config, notes = with_models(trusted_config(project.path, args), roles, invocation.env)
    routes = open_routes(config, invocation.env)
    sandbox = open_box(config, project, readable_of(args, invocation))
    crew = crew_of(args, config, roles, sandbox, invocation)
    traces = traces_of(args, invocation)
    name = new_mission_name(playbook.name)
    memory = make_memory(project, goal_of(playbook, inputs), invocation.out.say)
    site = open_site(
        mission=name,
        project=project,
        memory=memory,
        team=Team.create(name, root=memory.path, cwd=project.path),
        config=config,
        routes=routes,
        sandbox=sandbox,
        env=invocation.env,
        crew=crew,
        roles=roles,
    )
    scripted = config.model.name.startswith("scripted:")
    play = Play(site, watch=watching(invocation.out, traces))
    return conduct_play(
        site,
        invocation,
        lambda: play.start(playbook, inputs, source=entry.source, model=config.model.name, scripted=scripted),
        opening=[
            f"play     {name}",
            f"playbook {playbook.name} ({entry.source})",
            f"model    {config.model.name}" + ("  (scripted: its words come from a file)" if scripted else ""),
            f"sandbox  {site.sandbox.tier}",
            *told(crew, roles, [*notes, *uncommitted(project)], team=name),
        ],
        traces=traces,
    )


def _project_folder(invocation: Invocation) -> Path:
    """Return the top of the repository that this is in; outside of one, the working folder."""
    for folder in (invocation.cwd, *invocation.cwd.parents):
        if (folder / ".git").exists():
            return folder
    return invocation.cwd
