"""``onecontext resume``: go on with a mission that was interrupted; what is finished is not done again."""

import argparse
from shlex import quote

from onecontext.cli.main import Invocation
from onecontext.errors import AlreadyRunning, NoMission, UsageError
from onecontext.store.project import Project
from teams.cli.halting import add_who, memory_of, root_of, who, wholly
from teams.cli.options import IN_ALL, add_api_base, add_means, overlaid, trusted_config
from teams.cli.play_told import conduct_play, watching
from teams.cli.prepared import Prepared
from teams.cli.watching import conduct
from teams.cli.workers import check_said_again
from teams.mission.config import Config
from teams.mission.control.alone import alone
from teams.mission.control.halt import Halt
from teams.mission.control.which import unfinished_mission
from teams.mission.history import History
from teams.mission.mission import Mission
from teams.mission.opening import address_of
from teams.mission.site import LEAD
from teams.playbook.play import Play
from teams.protocol.team import Team

_WHO = {"worker", "worker_sandbox"}
_HOW = {
    "model",
    "api_base",
    "workers",
    "max_attempts",
    "sandbox",
    "readable",
    "traces",
    "traces_content",
    *_WHO,
    *(f"budget_{name}" for name in IN_ALL),
}
"""Options that only who begins to run the mission can follow."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mission", nargs="?", help="which one (default: the one that was active last)")
    add_who(parser)
    add_how(parser)


def add_how(parser: argparse.ArgumentParser) -> None:
    """Declare how a mission goes on, where that is not as before."""
    parser.add_argument("--model", help="go on with another model (default: the same)")
    add_api_base(parser)
    parser.add_argument(
        "--max-attempts", type=int, help="attempts at one task; more than before reopens what they ended"
    )
    parser.add_argument("--workers", type=int, help="how many work at once from here on (default: as before)")
    parser.add_argument("--sandbox", choices=["bubblewrap", "none"], help="default: as before")
    add_means(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    project = Project.find(invocation.cwd)
    memory = memory_of(project, agent=LEAD)
    with wholly():
        team, history = unfinished_mission(root_of(args, invocation, memory), args.mission)
    if _goes_on(team, history, args, invocation):
        return 0
    if history.serving:
        hint = f"'onecontext serve --board {quote(team.name)}' goes on with it"
        raise NoMission(f"no process serves the board {team.name}, which is no mission", hint=hint)
    if history.forked_from and history.contract is None:
        raise UsageError(
            f"the fork {history.mission} was cut short before it was whole, so there is nothing to go on with",
            hint=f"'onecontext fork {history.forked_from} --name ANOTHER' makes it anew",
        )
    if history.memory:
        memory = memory.on(history.memory)
    check_said_again(args, history)
    _check_sandbox(args, history)
    config = as_before(trusted_config(project.path, args), history, args)
    _check_address(args, history, config)
    with wholly():
        # All of it: what the mission needs is read anyway, and nothing is begun over a line that is damaged.
        team.journal.catch_up()
    ready = Prepared(args, invocation, project, config)
    site = ready.site(history.mission, memory, team)
    by = who(args, invocation)
    opening = [f"resuming {history.mission}: {history.goal}", *ready.told_of_workers(team)]
    if history.playbook is not None:
        play = Play(site, watch=watching(invocation.out, ready.traces))
        return conduct_play(site, invocation, lambda: play.resume(history, by=by), opening=opening, traces=ready.traces)
    return conduct(site, invocation, lambda: Mission(site).resume(by=by), opening=opening, traces=ready.traces)


def _check_sandbox(args: argparse.Namespace, history: History) -> None:
    """Refuse to go on without a sandbox on the word of a journal, which may have come with what was cloned.

    Raises:
        UsageError: the hint is what to say.
    """
    if history.sandbox == "none" and args.sandbox is None:
        raise UsageError(
            f"{history.mission} ran without a sandbox, so that agents have your rights, which only you can say",
            hint="if you mean it, say it again: --sandbox none; or --sandbox bubblewrap",
        )


def _check_address(args: argparse.Namespace, history: History, config: Config) -> None:
    """Refuse to ask elsewhere than before without a word of it: the code would go to somebody who was not named.

    Raises:
        UsageError: the hint is what to say.
    """
    if args.api_base is None and args.model is None and history.address not in ("", address_of(config)):
        raise UsageError(
            f"{history.model} was asked at {history.address}, which only you can say",
            hint=f"say it again: --api-base {history.address}; or name who is asked now with --model",
        )


def _goes_on(team: Team, history: History, args: argparse.Namespace, invocation: Invocation) -> bool:
    """Take back the word that holds a mission which another process runs; say whether that was all there was to do."""
    try:
        with alone(team.journal, history.mission):
            return False
    except AlreadyRunning as error:
        if given := [name for name, value in vars(args).items() if name in _HOW and value not in (None, [])]:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise AlreadyRunning(
                f"{error.message}, and {options} cannot be told to it",
                hint="'onecontext resume' without options ends a pause; after 'onecontext stop' or ^C it takes them",
            ) from error
        with wholly():
            order = Halt(team.journal).lift(mission=history.mission, by=who(args, invocation), only="pause")
        if order is None:
            raise
    out = invocation.out
    out.answer(
        {"mission": history.mission, "released": True},
        f"{out.paint(history.mission, 'bold')} goes on: it was {out.paint(str(order))}",
    )
    return True


def as_before(config: Config, history: History, args: argparse.Namespace) -> Config:
    """Return the configuration the mission began with, changed only by what the command line says."""
    document = config.model_dump()
    document["model"]["name"] = history.model
    document["run"].update(workers=history.workers, max_attempts=history.max_attempts)
    document["sandbox"]["tier"] = history.sandbox
    # What tasks and agents may spend, only the file says: there it is changed, and counts as it stands now.
    document["budget"].update({name: history.budget[name] for name in IN_ALL if name in history.budget})
    return overlaid(document, args)
