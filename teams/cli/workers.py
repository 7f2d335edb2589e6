"""``--worker`` of ``run`` and ``resume``: who works on the tasks of a mission.

Rule 1: a program, a function and a way out of the sandbox are said here, by the person; no file of the repository and
    no journal says them.
"""

import argparse
from collections.abc import Sequence

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from teams.guard.port import Sandbox
from teams.guard.unconfined import Unconfined
from teams.mission.config import Config
from teams.mission.history import History
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


def crew_of(args: argparse.Namespace, config: Config, sandbox: Sandbox, invocation: Invocation) -> Crew:
    """Return those whom the command line names, proved to be there.

    Raises:
        UsageError, SetupError: one of them is not, or cannot work in its sandbox.
    """
    kinds = _kinds(args.worker)
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


def told(crew: Crew) -> list[str]:
    """Return lines for people: who works, and in which role."""
    return [f"{role:<8} {kind}" for role, kind in crew.told.items()]


def _kinds(said: Sequence[str]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for text in said:
        role, kind = parse_worker(text)
        if role in kinds:
            raise UsageError(f"two --worker say who works as {role}", hint="say one, or ROLE=KIND for another role")
        kinds[role] = kind
    return kinds
