"""``onecontext skill run``: a script of a trusted skill, in the sandbox of the agents."""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from skills.cli.found import add_path, found_here, named, project_of

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation

TOOK_TOO_LONG = 124  # as timeout(1) says it

AFTER_DASHES = "arguments"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.usage = "%(prog)s NAME SCRIPT [--timeout SECONDS] [-- ARGUMENTS…]"
    parser.add_argument("name")
    parser.add_argument("script", help="a file of the skill, as in scripts/check.py")
    parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS", help="after which it is ended (120)")
    add_path(parser)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Run it, print what it printed, and return its exit code; it can read the project and write nothing of it."""
    from skills.activation.scripts import run_script
    from skills.activation.trust import Trust
    from skills.activation.trusted import trust_file
    from skills.cli.sandboxed import runner

    skill = named(found_here(invocation, args.paths), args.name)
    ran = run_script(
        skill,
        args.script,
        args.arguments,
        trust=Trust(trust_file(invocation.env)),
        run=runner(project_of(invocation.cwd), skill.folder),
        timeout_s=args.timeout,
    )
    data = {"name": skill.name, "script": args.script, "exit_code": ran.exit_code, "output": ran.output}
    invocation.out.answer(data, printable(ran.output.rstrip("\n")))
    if ran.exit_code is None:
        invocation.out.say(f"{args.script} was ended: it took longer than {args.timeout:g} s")
    return TOOK_TOO_LONG if ran.exit_code is None else ran.exit_code
