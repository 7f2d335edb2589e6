"""``onecontext step``: append an observation, a thought and an action."""

import argparse
import json
from typing import Any

from onecontext.cli.main import Invocation
from onecontext.cli.memory import add_agent, open_memory
from onecontext.errors import UsageError

_FIELDS = ("observation", "thought", "action")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("stdin", nargs="?", choices=["-"], help="read a JSON object with these three keys from stdin")
    parser.add_argument("--observation", "-o", metavar="TEXT", default="", help="what was seen")
    parser.add_argument("--thought", "-t", metavar="TEXT", default="", help="what was concluded")
    parser.add_argument("--action", "-a", metavar="TEXT", default="", help="what was done")
    add_agent(parser)


def run(args: argparse.Namespace, invocation: Invocation) -> int:
    """Append one step; it is durable when this returns."""
    texts = {name: getattr(args, name) for name in _FIELDS}
    if args.stdin:
        texts |= _from_json(invocation.stdin.read())
    memory = open_memory(args, invocation)
    step = memory.step(**texts)
    invocation.out.answer(step, f"step {step.n} on {step.branch} [{step.id}]")
    return 0


def _from_json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"stdin is not JSON: {error}", hint='such as {"observation": "…", "action": "…"}') from error
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise UsageError("stdin is not a JSON object of texts", hint='such as {"observation": "…", "action": "…"}')
    if unknown := sorted(data.keys() - set(_FIELDS)):
        raise UsageError(f"a step has no {', '.join(map(repr, unknown))}; it has {', '.join(_FIELDS)}")
    return data
