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
from teams.cli.options import add_running, trusted_config
from teams.cli.play_told import conduct_play, watching
from teams.cli.prepared import Prepared
from teams.mission.opening import make_memory, new_mission_name
from teams.playbook.inputs import inputs_of
from teams.playbook.play import Play, goal_of
from teams.playbook.reading import load_playbook
from teams.playbook.shelf import find_playbook
from teams.protocol.team import Team


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("playbook", nargs="?", metavar="NAME|FILE", help="which one; --list names them")
    parser.add_argument("inputs", nargs="*", metavar="INPUT=VALUE", help="what it wants to be given; --show tells")
    parser.add_argument("--list", action="store_true", help="the playbooks there are")
    parser.add_argument("--show", metavar="NAME", help="what a playbook does, and its inputs")
    parser.add_argument("--check", metavar="FILE", help="look whether a file is a playbook; nothing is run")
    parser.add_argument("--resume", metavar="PLAY", help="go on with a play: only what failed or was not done is run")
    add_running(
        parser,
        workers="how many steps work side by side (default 2)",
        max_attempts="of missions: attempts at one task before it is blocked",
    )


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    asked = [name for name in ("list", "show", "check", "resume") if getattr(args, name)]
    if len(asked) + (args.playbook is not None) != 1:
        raise UsageError("say one playbook, or one of --list, --show, --check, --resume")
    if args.check:
        return play_shown.check(load_playbook((invocation.cwd / args.check).resolve()), args.check, invocation)
    if args.resume:
        # As 'onecontext resume' has them: a play lies in its project's own folder.
        args.mission, args.root, args.agent = args.resume, None, None
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
    ready = Prepared(args, invocation, project, trusted_config(project.path, args))
    name = new_mission_name(playbook.name)
    memory = make_memory(project, goal_of(playbook, inputs), invocation.out.say)
    site = ready.site(name, memory, Team.create(name, root=memory.path, cwd=project.path))
    play = Play(site, watch=watching(invocation.out, ready.traces))
    return conduct_play(
        site,
        invocation,
        lambda: play.start(playbook, inputs, source=entry.source, model=ready.model, scripted=ready.scripted),
        opening=[
            f"play     {name}",
            f"playbook {playbook.name} ({entry.source})",
            *ready.told_of_models(),
            *ready.told_of_workers(site.team),
        ],
        traces=ready.traces,
    )


def _project_folder(invocation: Invocation) -> Path:
    """Return the top of the repository that this is in; outside of one, the working folder."""
    for folder in (invocation.cwd, *invocation.cwd.parents):
        if (folder / ".git").exists():
            return folder
    return invocation.cwd
