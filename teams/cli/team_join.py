"""``onecontext team join``: a process that is a member of a team, told on stderr as it works.

Rule 1: SIGINT, SIGTERM and SIGHUP end it in order: work is given back, the lead is told, the roster is left.
Rule 2: ``--by-hand`` starts nothing: somebody with a shell is the member, by what is typed. It stays in the roster
    until ``team leave``, and has no heartbeat, so its claims last as long as their lease.
"""

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from onecontext.errors import INTERRUPTED_EXIT_CODE, UsageError
from teams.cli.given import seconds_above_zero
from teams.cli.team_agent import agent_mind
from teams.cli.watching import telling
from teams.guard.registry import TIERS
from teams.member.mind import Mind
from teams.member.minds.agent import AgentMind
from teams.member.minds.command import CommandMind
from teams.member.minds.function import FunctionMind, load_function
from teams.member.seat import seat
from teams.member.teammate import Ending, Teammate
from teams.protocol.config import Member
from teams.protocol.team import Team

_ENDINGS = {
    "shutdown": "the lead asked it to shut down, and it did",
    "stopped": "stopped in order; its tasks are given back",
    "removed": "somebody took it out of the roster",
    "gone": "the team's folder is gone",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what a member is and how it behaves."""
    minds = parser.add_mutually_exclusive_group()
    minds.add_argument("--model", metavar="M", help="a built-in agent: any litellm name, or scripted:PATH")
    minds.add_argument("--command", metavar="CMD", help="a command: each message on its stdin, its stdout the answer")
    minds.add_argument("--python", metavar="F", help="MODULE:FUNCTION, which gets each Message and returns the answer")
    minds.add_argument("--by-hand", action="store_true", help="nobody: it is who types 'mail' and 'task' --as NAME")
    parser.add_argument(
        "--agent", metavar="NAME", help="a built-in agent as defined in .claude/agents, with its model or --model"
    )
    parser.add_argument("--role", help="what the roster says it is for (default worker, or what --agent says)")
    parser.add_argument("--api-base", default="", help="with --model: the address of its server")
    parser.add_argument(
        "--instructions", default="", metavar="TEXT|@FILE", help="with --model: who it is, how it works"
    )
    parser.add_argument("--work", type=Path, metavar="DIR", help="with --model: lets it use files and commands there")
    parser.add_argument("--sandbox", choices=list(TIERS), default="bubblewrap", help="with --work; none: your rights")
    parser.add_argument(
        "--timeout", type=seconds_above_zero, default=600.0, metavar="S", help="with --command: seconds (default 600)"
    )
    parser.add_argument(
        "--lease", type=seconds_above_zero, default=60.0, metavar="S", help="of a claim, in seconds (default 60)"
    )
    parser.add_argument(
        "--on-shutdown",
        choices=["finish", "stop"],
        default="finish",
        help="when the lead asks while it works: finish that first (default), or stop at once",
    )


def run(team: Team, args: argparse.Namespace, invocation: Invocation) -> int:
    """Be a member until something ends it; the exit code says whether that was in order."""
    _check(args)
    out = invocation.out
    if args.by_hand:
        return _by_hand(team, args, out)
    mind, told = _mind(team, args, invocation)

    names: set[str] = set()

    def joined(member: Member, again: bool) -> None:
        names.add(member.name)
        out.say(out.paint(f"team     {team.name}", "dim"))
        out.say(
            out.paint(f"member   {member.name}" + ("  (again, after its process was killed)" if again else ""), "dim")
        )
        out.say(out.paint(f"mind     {told}", "dim"))

    teammate = Teammate(
        team,
        args.name,
        mind,
        role=mind.role if isinstance(mind, AgentMind) else "worker" if args.role is None else args.role,
        model=args.model,
        on_shutdown=args.on_shutdown,
        lease_s=args.lease,
        on_joined=joined,
    )
    with telling(team.journal, out, only=lambda event: event.agent in names), _stopping(teammate, out):
        ending = teammate.run()
    out.answer(_as_data(team, ending), f"{out.paint(ending.name, 'bold')}: {_ENDINGS[ending.ending]}")
    return INTERRUPTED_EXIT_CODE if ending.ending == "stopped" else 0


def _by_hand(team: Team, args: argparse.Namespace, out: Output) -> int:
    """Take the place in the roster and give its lock back: a second call, or a mind, goes on as that member."""
    with seat(team, args.name, role=args.role or "worker", model=None) as (member, again):
        data = {"team": team.name, "name": member.name, "role": member.role, "again": again}
    how = "was there already" if again else f"is in {team.name}"
    out.answer(data, f"{out.paint(member.name, 'bold')} {how}; 'mail' and 'task' know it by --as {member.name}")
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.lease < 1:
        raise UsageError("--lease is at least 1 second")
    built_in = args.model is not None or args.agent is not None
    if not built_in and args.command is None and args.python is None and not args.by_hand:
        raise UsageError("say who thinks for the member: --model, --agent, --command or --python; or --by-hand")
    if args.agent is not None and (args.command is not None or args.python is not None or args.by_hand):
        raise UsageError("--agent is a built-in agent; it goes with --model alone")
    if not built_in and (args.api_base or args.instructions or args.work):
        raise UsageError("--api-base, --instructions and --work belong to --model and --agent")


def _mind(team: Team, args: argparse.Namespace, invocation: Invocation) -> tuple[Mind, str]:
    """Return the mind that was named, and how it is told to people. What is missing for it is said here."""
    if args.command is not None:
        env = {**invocation.env, "ONECONTEXT_TEAM": team.name, "ONECONTEXT_ROOT": str(team.root)}
        return CommandMind(args.command, env=env, cwd=invocation.cwd, timeout_s=args.timeout), f"$ {args.command}"
    if args.python is not None:
        return FunctionMind(load_function(args.python, invocation.cwd)), f"function {args.python}"
    return agent_mind(team, args, invocation)


@contextmanager
def _stopping(teammate: Teammate, out: Output) -> Iterator[None]:
    """Let the first signal end the member in order, and a second SIGINT at once."""
    told = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not told:
            out.say("stopping: work in hand is given back, and the lead is told (^C again stops at once)")
        told = True
        teammate.stop()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _as_data(team: Team, ending: Ending) -> dict[str, Any]:
    return {"team": team.name, "name": ending.name, "ending": ending.ending, "turns": ending.turns}
