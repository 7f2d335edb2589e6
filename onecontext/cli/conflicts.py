"""``onecontext conflicts``: what merges could not unite, and ``resolve`` one of them."""

import argparse
from typing import Any, Literal

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory
from onecontext.cli.output import Output
from onecontext.errors import UsageError
from onecontext.memory.model import KeptConflict

Take = Literal["ours", "theirs", "text"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("word", nargs="?", choices=["resolve"], help="resolve one; without it, list the open ones")
    parser.add_argument("id", nargs="?", help="which one, as the list names it")
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--ours", action="store_true", help="leave what stands")
    side.add_argument("--theirs", action="store_true", help="put the other side's in its place")
    side.add_argument("--text", metavar="TEXT", help="put this there; '-' reads it from stdin")
    parser.add_argument("--all", action="store_true", help="list resolved ones too")
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """List them, or resolve one."""
    out = invocation.out
    take: Take | None = "ours" if args.ours else "theirs" if args.theirs else "text" if args.text is not None else None
    if args.word is None:
        if take is not None:
            raise UsageError(
                "--ours, --theirs and --text resolve one conflict", hint="onecontext conflicts resolve ID …"
            )
        conflicts = open_memory(args, invocation).conflicts(resolved=args.all)
        out.answer(conflicts, "\n\n".join(_told(conflict, out) for conflict in conflicts))
        if not conflicts:
            out.say("no conflict is open" if not args.all else "there was never a conflict")
        return 0
    if args.id is None or take is None:
        raise UsageError(
            "say which conflict, and which side", hint="onecontext conflicts resolve ID --ours|--theirs|--text …"
        )
    text = invocation.stdin.read() if args.text == "-" else args.text
    memory = open_memory(args, invocation)
    done = memory.resolve_conflict(args.id, take, text=text)
    name = out.paint(memory.branch, "cyan")
    out.answer(done, f"[{name} {done.commit[:8]}] {done.conflict.id} is resolved by {take}; {done.left} left")
    return 0


def _told(conflict: KeptConflict, out: Output) -> str:
    where = f"{conflict.path}, {conflict.where}" if conflict.where else conflict.path
    lines = [f"{out.paint(conflict.id, 'yellow')} {out.paint(where)}"]
    lines.append(
        out.paint(f"  merged {conflict.source} at {conflict.source_commit[:8]}, {conflict.at} by {conflict.by}", "dim")
    )
    for side, value in (("before", conflict.base), ("ours", conflict.ours), ("theirs", conflict.theirs)):
        lines.append(f"  {out.paint(side + ':', 'bold')} {_value(value, out)}")
    lines += [f"  resolved: {out.paint(conflict.resolved)}"] if conflict.resolved else []
    return "\n".join(lines)


def _value(value: Any, out: Output) -> str:
    if value is None:
        return out.paint("(not there)", "dim")
    return out.paint(str(value).rstrip("\n").replace("\r\n", "\n").replace("\n", "\n    "))
