"""Small plays for tests: a playbook in a file, the command that runs it, and what its journal says of its steps."""

from pathlib import Path
from typing import Any

import yaml

from tests.support.missions import Ran, events_of, onecontext, write_script

QUIET = [{"agent": "nobody", "turns": [{"say": "nothing"}]}]
"""A script for plays without agents."""


def playbook(folder: Path, steps: dict[str, Any], **more: Any) -> str:
    """Write a playbook with these steps and return its path."""
    path = folder / "play.yaml"
    document = {"version": 1, "name": "play", "description": "a test", "steps": steps, **more}
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return str(path)


def play(repository: Path, file: str, *words: str, script: str | None = None) -> Ran:
    """Run a playbook with a scripted model, and answer in JSON."""
    model = script or write_script(repository.parent, QUIET)
    return onecontext(repository, "play", file, *words, "--model", model, "--json")


def says(agent: str, *results: dict[str, Any], before: tuple[tuple[str, dict[str, Any]], ...] = (), **when: Any) -> Any:
    """Return the conversation of an agent that makes these calls, then hands in the results, one after the other."""
    turns = [{"call": [{"tool": tool, "args": args}]} for tool, args in before]
    turns += [{"call": [{"tool": "result", "args": result}]} for result in results]
    return {"agent": agent, **when, "turns": turns}


def outcomes(repository: Path) -> dict[str, str]:
    """Return paths of steps to how they came out last."""
    return {event.data["step"]: event.data["outcome"] for event in _of_the_play(repository, "step.ended")}


def begun(repository: Path) -> list[str]:
    """Return the paths of the steps that were begun, each as often as it was."""
    return [event.data["step"] for event in _of_the_play(repository, "step.started")]


def _of_the_play(repository: Path, type_: str) -> list[Any]:
    return events_of(repository, type_)
