"""``onecontext fork``: another mission that begins as one was at a checkpoint; the one it comes from stays as it is."""

import argparse
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.output import Output
from onecontext.errors import UsageError
from onecontext.store.project import Project
from teams.cli import resume
from teams.cli.halting import memory_of
from teams.mission.control.which import any_mission
from teams.mission.forks.checkpoints import Checkpoint, checkpoints, choose
from teams.mission.forks.forking import branch_of_mission, fork
from teams.mission.opening import new_mission_name
from teams.mission.site import LEAD


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mission", nargs="?", help="which one to begin from (default: the one at work, or the newest)")
    parser.add_argument("--list", action="store_true", help="only list its checkpoints")
    parser.add_argument(
        "--at",
        metavar="CHECKPOINT",
        help="'planned', a task that was done, or the number of an event (default: newest)",
    )
    parser.add_argument("--name", help="what the new mission is called (default: after the old one)")
    parser.add_argument("--run", action="store_true", help="run it at once; otherwise 'onecontext resume NAME' does")
    resume.add_how(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    project = Project.find(invocation.cwd)
    memory = memory_of(project, agent=LEAD)
    team, source = any_mission(memory.path, args.mission)
    found = checkpoints(team.journal.read())
    if args.list:
        return _listed(source.mission, found, invocation.out)
    at = choose(found, args.at)
    if args.name == "":
        raise UsageError("a mission with an empty name cannot be", hint="leave --name out, or say one")
    name = args.name or new_mission_name(f"{source.mission.rpartition('-')[0] or source.mission} fork")
    fork(project, memory, source, at, name)

    told = _told(name, source.mission, at, invocation.out)
    if args.run:
        invocation.out.say(told)
        args.mission, args.root, args.agent = name, None, None
        return resume.run(args, invocation)
    data = {"mission": name, "branch": branch_of_mission(name), "from": source.mission, **_data(at)}
    invocation.out.answer(data, told)
    return 0


def _listed(mission: str, found: list[Checkpoint], out: Output) -> int:
    if not found:
        raise UsageError(f"the mission {mission} has no contract yet, so there is nothing to begin from")
    lines = [f"{out.paint(mission, 'bold')}  {len(found)} checkpoints", ""]
    for one in found:
        clock = one.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        commit = (one.commit or "")[:10]
        done = f"{len(one.done)} of {len(one.contract.tasks)} done"
        lines.append(out.paint(f"  {one.seq:>6}  {clock}  {one.what:<24} {done:<16} {commit}"))
    out.answer({"mission": mission, "checkpoints": [_data(one) for one in found]}, "\n".join(lines))
    return 0


def _told(name: str, mission: str, at: Checkpoint, out: Output) -> str:
    done = len(at.done)
    left = len(at.contract.tasks) - done
    told = f"{name} begins as {mission} was at its event {at.seq} ({at.what}): {done} done, {left} open"
    return out.paint(f"{told}; 'onecontext resume {name}' goes on with it")


def _data(at: Checkpoint) -> dict[str, Any]:
    return {
        "seq": at.seq,
        "at": at.at.isoformat(),
        "what": at.what,
        "done": [one.key for one in at.done],
        "open": [task.key for task in at.contract.tasks if task.key not in {one.key for one in at.done}],
        "commit": at.commit,
    }
