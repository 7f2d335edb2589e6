"""``onecontext run "GOAL"``: a team of agents reaches a goal on a branch of this repository."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from onecontext.store.project import Project
from teams.cli.options import add_running, trusted_config
from teams.cli.prepared import Prepared
from teams.cli.watching import conduct
from teams.mission.mission import Mission
from teams.mission.opening import make_memory, new_mission_name
from teams.protocol.team import Team


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("goal", help="what is to be reached, in a sentence or more")
    add_running(
        parser,
        workers="how many work side by side (default 2)",
        max_attempts="attempts at one task before it is blocked (default 3)",
    )


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    if not args.goal.strip():
        raise UsageError("the goal is empty", hint='say what is to be reached: onecontext run "Make the tests pass"')
    project = Project.find(invocation.cwd)
    ready = Prepared(args, invocation, project, trusted_config(project.path, args))
    name = new_mission_name(args.goal)
    memory = make_memory(project, args.goal, invocation.out.say)
    site = ready.site(name, memory, Team.create(name, root=memory.path, cwd=project.path))
    return conduct(
        site,
        invocation,
        lambda: Mission(site).start(args.goal, model=ready.model, scripted=ready.scripted),
        traces=ready.traces,
        opening=[
            f"mission  {name}",
            *ready.told_of_models(),
            f"branch   {site.branch}",
            *ready.told_of_workers(site.team),
        ],
    )
