"""Options that ``run``, ``resume``, ``play`` and ``serve`` share, and the configuration that they make.

Rule 1: what the command line says goes before ``onecontext.toml``, which gives away nothing that only a person may.
"""

import argparse
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from onecontext.cli.main import Invocation
from onecontext.errors import UsageError
from onecontext.text.validation import first_problem
from teams.cli.traces import add_traces
from teams.cli.trust import check_trust
from teams.cli.workers import add_workers
from teams.mission.config import Config, load_config

IN_ALL = ("usd", "tokens", "calls", "seconds")
"""What a mission may spend, as ``[budget]`` and the options name it."""


def add_running(parser: argparse.ArgumentParser, *, workers: str, max_attempts: str) -> None:
    """Declare how a run that begins is done; ``workers`` and ``max_attempts`` are the help of these options."""
    parser.add_argument("--model", help="any litellm name, or scripted:PATH (default: onecontext.toml)")
    add_api_base(parser)
    parser.add_argument("--workers", type=int, help=workers)
    parser.add_argument("--max-attempts", type=int, help=max_attempts)
    parser.add_argument("--sandbox", choices=["bubblewrap", "none"], help="none: agents run with your rights")
    add_means(parser)


def add_api_base(parser: argparse.ArgumentParser) -> None:
    """Declare ``--api-base``."""
    parser.add_argument("--api-base", help="the address of a server that speaks the model's protocol")


def add_means(parser: argparse.ArgumentParser) -> None:
    """Declare who works, what may be spent and read, and where spans go."""
    add_workers(parser)
    add_budget(parser)
    add_readable(parser)
    add_traces(parser)


def trusted_config(folder: Path, args: argparse.Namespace) -> Config:
    """Return the project's configuration with what the command line says laid over it.

    Raises:
        UsageError: the file gives away what only a person may; see :mod:`teams.cli.trust`.
    """
    document = load_config(folder).model_dump()
    if args.api_base is not None:
        document["model"]["api_base"] = ""
    if args.sandbox is not None:
        document["sandbox"]["tier"] = "bubblewrap"
    check_trust(Config.model_validate(document), folder)
    return overlaid(document, args)


def overlaid(document: dict[str, Any], args: argparse.Namespace) -> Config:
    """Return a configuration with the command line's words in place of the document's."""
    over = {
        "model": {"name": args.model, "api_base": args.api_base},
        "run": {"workers": getattr(args, "workers", None), "max_attempts": getattr(args, "max_attempts", None)},
        "sandbox": {"tier": args.sandbox},
        "budget": {name: getattr(args, f"budget_{name}", None) for name in IN_ALL},
    }
    for section, values in over.items():
        document[section].update({key: value for key, value in values.items() if value is not None})
    if document["run"]["workers"] < 1 or document["run"]["max_attempts"] < 1:
        raise UsageError("--workers and --max-attempts count from 1")
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise UsageError(_as_option(first_problem(error))) from error


def _as_option(problem: str) -> str:
    """Return a problem with a key, such as ``budget.usd``, as one with the option that says the same."""
    key, colon, rest = problem.partition(":")
    section, _, name = key.partition(".")
    option = f"budget-{name}" if section == "budget" else name.replace("_", "-")
    return f"--{option}{colon}{rest}" if section in ("budget", "run", "model", "sandbox") and name else problem


def add_budget(parser: argparse.ArgumentParser) -> None:
    """Declare what the whole mission may spend; ``onecontext.toml`` also says so of tasks and agents."""
    parser.add_argument("--budget-usd", type=float, metavar="N", help="dollars that models may cost in all")
    parser.add_argument("--budget-tokens", type=int, metavar="N", help="tokens, in and out, that models may take")
    parser.add_argument("--budget-calls", type=int, metavar="N", help="calls of models in all")
    parser.add_argument("--budget-seconds", type=float, metavar="N", help="how long to work in all, pauses left out")


def add_readable(parser: argparse.ArgumentParser) -> None:
    """Declare ``--readable``."""
    parser.add_argument(
        "--readable", action="append", default=[], metavar="PATH", help="one more path that commands of agents may read"
    )


def readable_of(args: argparse.Namespace, invocation: Invocation) -> list[Path]:
    """Return the paths of ``--readable``, from the working folder."""
    return [(invocation.cwd / path).resolve() for path in args.readable]
