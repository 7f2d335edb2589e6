"""``onecontext pause``: hold a mission; ``onecontext resume`` lets it go on."""

import argparse

from onecontext.cli.main import Invocation
from teams.cli.halting import add_halting, again, halted, is_running, who, wholly


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_halting(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    mission = halted(args, invocation)
    name = mission.history.mission
    with wholly():
        order = mission.halt.give("pause", mission=name, by=who(args, invocation), reason=args.reason)
    running = is_running(mission)
    on = "onecontext resume" if running else again(mission)
    told = "nothing new is begun; what runs just now comes to its end" if running else "no process runs it now"
    out = invocation.out
    out.answer(
        {"mission": name, "word": order.word, "by": order.by, "reason": order.reason, "running": running},
        f"{out.paint(name, 'bold')} is paused: {told}. '{on}' lets it go on.",
    )
    return 0
