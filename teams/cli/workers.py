"""``--worker`` of ``run`` and ``resume``: who works on the tasks of a mission.

Rule 1: a program, a function and a way out of the sandbox are said here, by the person; no file of the repository and
    no journal says them.
"""

import argparse
from collections.abc import Sequence
from shlex import quote

from onecontext.cli.main import Invocation
from onecontext.cli.output import printable
from onecontext.errors import UsageError
from teams.guard.port import Sandbox
from teams.guard.unconfined import Unconfined
from teams.mission.config import Config
from teams.mission.history import History
from teams.mission.roles.roles import WORKER, Role, Roles
from teams.mission.workers.crew import Crew, open_crew
from teams.mission.workers.kinds import Kind, parse_worker


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Declare ``--worker`` and ``--worker-sandbox``."""
    parser.add_argument(
        "--worker",
        action="append",
        default=[],
        metavar="[ROLE=]KIND",
        help="who works: builtin (default), claude-code[:CMD], codex[:CMD], command:CMD, python:MODULE:F, member:NAME",
    )
    parser.add_argument(
        "--worker-sandbox",
        choices=["none"],
        help="none: programs that work have your environment, rights and network",
    )


def crew_of(args: argparse.Namespace, config: Config, roles: Roles, sandbox: Sandbox, invocation: Invocation) -> Crew:
    """Return those whom the command line names, proved to be there.

    Raises:
        UsageError, SetupError: one of them is not, or cannot work in its sandbox.
    """
    kinds = _kinds(args.worker)
    for role in kinds:
        if role not in roles.names:
            raise UsageError(f"there is no role {role!r} for --worker; there are {', '.join(roles.names)}")
    return open_crew(
        kinds,
        sandbox=Unconfined() if args.worker_sandbox == "none" else sandbox,
        env=invocation.env,
        folder=invocation.cwd,
        timeout_s=config.run.worker_timeout_s,
        budget=config.budget,
    )


def check_said_again(args: argparse.Namespace, history: History) -> None:
    """Refuse to go on without a word of who works, where that was not the built-in agent.

    Raises:
        UsageError: the hint is what to say.
    """
    if not history.who or args.worker:
        return
    before = [who if role == "worker" else f"{role}={who}" for role, who in history.who.items()]
    raise UsageError(
        f"{', '.join(before)} worked in this mission, which only you can say",
        hint=f"say it again: {' '.join(f'--worker {who!r}' for who in before)}; or --worker builtin",
    )


def told(crew: Crew, roles: Roles, notes: Sequence[str], *, team: str) -> list[str]:
    """Return lines for people: who works in which role, which roles agent definitions make, what cannot be had."""
    lines = [
        f"worker   {kind}{_how_to_join(kind, team)}" + (f"  (as {role})" if role != WORKER else "")
        for role, kind in crew.told.items()
    ]
    lines += [f"role     {name}  ({_from(role)})" for name, role in roles.defined.items()]
    return [*lines, *(f"note     {printable(note)}" for note in (*roles.notes, *notes))]


def _how_to_join(who: str, team: str) -> str:
    kind, _, name = who.partition(":")
    return f"  (it joins with 'onecontext team join {quote(team)} --name {quote(name)} …')" if kind == "member" else ""


def _from(role: Role) -> str:
    return printable(str(role.definition.path)) if role.definition else "built in"


def _kinds(said: Sequence[str]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for text in said:
        role, kind = parse_worker(text)
        if role in kinds:
            raise UsageError(f"two --worker say who works as {role}", hint="say one, or ROLE=KIND for another role")
        kinds[role] = kind
    return kinds
