"""``onecontext stop``: end a mission; what is finished stays, what is in hand is given back."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.errors import AlreadyRunning
from teams.cli.halting import Halted, add_halting, halted, who, wholly
from teams.mission.control.alone import alone
from teams.mission.control.halt import Order
from teams.mission.control.rest import end_at_rest
from teams.mission.history import TYPES, read_history


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_halting(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    mission = halted(args, invocation)
    history, out = mission.history, invocation.out
    name = history.mission
    order = Order("stop", who(args, invocation), args.reason)
    running, told = False, f"has ended before: {out.paint(history.reason)}"
    if history.ending != "stopped":
        with wholly():
            order = mission.halt.give("stop", mission=name, by=order.by, reason=order.reason)
        told = "has ended: no process was running it"
        try:
            with alone(mission.team.journal, name):
                if came_to := _end(mission, order):
                    told = f"came to its end: {out.paint(came_to)}"
        except AlreadyRunning:
            running, told = True, "ends when the step in flight is done"
    out.answer(
        {"mission": name, "word": order.word, "by": order.by, "reason": order.reason, "running": running},
        f"{out.paint(name, 'bold')} {told}. Finished work is on {out.paint(history.branch)}.",
    )
    return 0


def _end(mission: Halted, order: Order) -> str:
    """End the mission, which nobody runs; return "", or how it ended where whoever ran it was quicker."""
    now = read_history(mission.team.journal.read(types=TYPES)) or mission.history
    if mission.halt.order() is not None and now.ending == mission.history.ending:
        end_at_rest(mission.team, now, order, tip=mission.project.tip(now.branch))
        return ""
    mission.halt.path.unlink(missing_ok=True)
    return f"{now.ending}: {now.reason}" if now.ending else ""
