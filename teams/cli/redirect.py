"""``onecontext redirect``: say to a mission what is wanted otherwise; its orchestrator decides what that changes."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from teams.cli.halting import add_who, halted, is_running, who, wholly

LIMIT_CHARACTERS = 20_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", help="what is wanted otherwise, in a sentence or more")
    parser.add_argument("--mission", metavar="ID", help="which one (default: the one that was active last)")
    add_who(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    text = args.text.strip()
    if not text:
        raise UsageError("nothing was said", hint="onecontext redirect 'Keep the old file format'")
    if len(text) > LIMIT_CHARACTERS or "\0" in text:
        raise UsageError(
            f"that is no text of at most {LIMIT_CHARACTERS:,} characters",
            hint="put it into a file of the repository, and name that",
        )
    mission = halted(args, invocation)
    if mission.history.serving:
        raise UsageError(
            f"the board {mission.team.name} is served: it has no orchestrator who could be told",
            hint="'onecontext task' changes its tasks, WORKFLOW.md how they are worked on",
        )
    name, out = mission.history.mission, invocation.out
    if mission.history.playbook is not None:
        raise UsageError(
            f"{name} follows a playbook, and has no orchestrator who could decide otherwise",
            hint=f"'onecontext stop {name}' ends it; a mission that is a step of it is redirected by --mission",
        )
    said = {"text": text, "by": who(args, invocation)}
    with wholly():
        event = mission.team.journal.append("mission.redirected", said, mission=name)
    running = is_running(mission)
    next_step = (
        "its orchestrator is asked in a moment" if running else "'onecontext resume' lets its orchestrator decide"
    )
    out.answer(
        {"mission": name, "running": running, "event": event.id},
        f"{out.paint(name, 'bold')} was told; {next_step}",
    )
    return 0
