"""``onecontext stop``: end a mission; what is finished stays, what is in hand is given back."""

import argparse

from onecontext.cli.main import Invocation
from onecontext.errors import AlreadyRunning
from teams.cli.halting import add_halting, halted, who
from teams.mission.alone import alone
from teams.mission.mission import end_at_rest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_halting(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    mission = halted(args, invocation)
    history, out = mission.history, invocation.out
    name = history.mission
    order = mission.halt.give("stop", mission=name, by=who(args, invocation), reason=args.reason)
    try:
        with alone(mission.team.journal, name):
            # Who ran it may have obeyed meanwhile: the word is gone then.
            if mission.halt.order() is not None:
                end_at_rest(mission.team.journal, history, order, tip=mission.project.tip(history.branch))
        running, told = False, "has ended: no process was running it"
    except AlreadyRunning:
        running, told = True, "ends when the step in flight is done"
    out.answer(
        {"mission": name, "word": order.word, "by": order.by, "reason": order.reason, "running": running},
        f"{out.paint(name, 'bold')} {told}. Finished work is on {out.paint(history.branch)}.",
    )
    return 0
