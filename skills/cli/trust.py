"""``onecontext skill trust``: a person lets a skill run commands by itself, as it is now, or takes that back.

Rule 1: before anything is trusted it is shown what that is: its files, and the commands in its text.
"""

import argparse
from typing import TYPE_CHECKING

from onecontext.cli.output import printable
from onecontext.errors import UsageError
from skills.cli.found import add_path, found_here, named

if TYPE_CHECKING:
    from onecontext.cli.main import Invocation
    from skills.activation.trust import Trust
    from skills.activation.trusted import TrustedSkill

_SHOWN = 20  # files, commands


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the word takes."""
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--revoke", action="store_true", help="trust it no more")
    parser.add_argument("--list", action="store_true", help="which skills are trusted")
    add_path(parser)


def run(args: argparse.Namespace, invocation: "Invocation") -> int:
    """Trust one, no more, or list them."""
    from skills.activation.trust import Trust
    from skills.activation.trusted import trust_file

    trust = Trust(trust_file(invocation.env))
    if args.list:
        return _list(trust, invocation)
    if not args.name:
        raise UsageError("no skill is named", hint="'onecontext skill list' names them; --list shows what is trusted")
    return _revoke(trust, args.name, invocation) if args.revoke else _trust(trust, args, invocation)


def _trust(trust: "Trust", args: argparse.Namespace, invocation: "Invocation") -> int:
    from skills.activation.commands import commands
    from skills.activation.files import files
    from skills.format.reading import read_body
    from skills.mcp.trusting import trust_folder

    name, out = args.name, invocation.out
    skill = named(found_here(invocation, args.paths), name)
    if trust.state(skill) == "bundled":
        out.answer({"name": name, "state": "bundled"}, f"{name} is bundled, which is trusted as it is")
        return 0
    there, run_ = files(skill), commands(read_body(skill.folder))
    starts = trust_folder(skill.folder, invocation.env)
    new = trust.add(skill)
    data = {**_row(new), "state": "trusted", "files": there, "commands": run_, "starts": starts}
    lines = [f"{name} is trusted as it is now: {printable(str(skill.folder))}"]
    lines += [f"  it starts: {printable(starts)}"] if starts else []
    lines += [f"  it runs: {printable(' '.join(command.split()))}" for command in run_[:_SHOWN]]
    lines += [f"  it has: {printable(file)}" for file in there[:_SHOWN]]
    left = max(len(run_) - _SHOWN, 0) + max(len(there) - _SHOWN, 0)
    lines += [f"  and {left} more"] if left else []
    out.answer(data, "\n".join(lines))
    out.say("when any of its files changes, it is not trusted any more; --revoke takes it back")
    return 0


def _revoke(trust: "Trust", name: str, invocation: "Invocation") -> int:
    from skills.mcp.trusting import distrust

    gone, servers = trust.remove(name), distrust(name, invocation.env)
    if not gone and not servers:
        raise UsageError(f"no skill {name!r} is trusted", hint="'onecontext skill trust --list' shows those that are")
    invocation.out.answer({"revoked": [_row(one) for one in gone]}, f"{name} is not trusted any more")
    return 0


def _list(trust: "Trust", invocation: "Invocation") -> int:
    from skills.activation.trust import state_of

    rows = [{**_row(one), "state": state_of(one)} for one in trust.all()]
    lines = [f"{row['name']}  {row['state']}  {printable(str(row['folder']))}" for row in rows]
    invocation.out.answer({"trusted": rows}, "\n".join(lines))
    return 0


def _row(one: "TrustedSkill") -> dict[str, object]:
    return one.model_dump(mode="json")
