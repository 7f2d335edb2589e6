"""Postconditions: what must hold when a step is over, or it has failed.

Rule 1: nobody's word counts: an expression is worked out by us, a command is run by us, in a fresh copy of what the
    step left.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from onecontext.errors import InvalidDocument
from teams.agent.worktools import head_and_tail
from teams.guard.port import CommandResult
from teams.playbook.parts import Condition
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage

SHOWN_CHARACTERS = 3000


def broken(stage: Stage, conditions: Sequence[Condition], scope: Scope, outputs: Mapping[str, Any]) -> str:
    """Return what does not hold, "" where all does; commands run at the commit that ``outputs`` name, else the base.

    Raises:
        BadExpression: a condition cannot be worked out.
    """
    for condition in conditions:
        if condition.that is not None:
            if not scope.expression(condition.that, outputs=outputs):
                return scope.text(condition.otherwise, outputs=outputs) or f"this does not hold: {condition.that}"
        elif reason := _failing(stage, condition, scope, outputs):
            return reason
    return ""


def run_at(
    stage: Stage, commit: str, command: str, *, timeout_s: float, env: Mapping[str, str] | None = None
) -> CommandResult:
    """Run a command for bash in the sandbox, in a fresh copy of ``commit`` that goes with it.

    Raises:
        InvalidDocument: the command is blank, so it would exit 0 whatever is there.
    """
    check_command(command)
    with stage.site.copy("command", commit) as folder:
        return stage.site.sandbox.run(bash(command), workspace=folder, timeout_s=timeout_s, env=env)


def bash(command: str) -> list[str]:
    return ["bash", "-o", "pipefail", "-c", command]


def check_command(command: str) -> None:
    """Refuse what no process can be started with, or what says nothing."""
    if all(not line.strip() or line.lstrip().startswith("#") for line in command.splitlines()):
        raise InvalidDocument("the command is blank, so it would exit 0 whatever is there")
    if "\0" in command:
        raise InvalidDocument("the command has a NUL character, which no process can be given")


def ended(result: CommandResult) -> str:
    """Return how a command ended, in words."""
    return "took too long" if result.exit_code is None else f"exits {result.exit_code}"


def _failing(stage: Stage, condition: Condition, scope: Scope, outputs: Mapping[str, Any]) -> str:
    command = scope.command(condition.run or "", outputs=outputs)
    commit = outputs.get("commit")
    result = run_at(stage, commit if isinstance(commit, str) else stage.base, command, timeout_s=condition.timeout_s)
    if result.succeeded:
        return ""
    said = scope.text(condition.otherwise, outputs=outputs)
    shown = head_and_tail(result.output, limit_chars=SHOWN_CHARACTERS)
    return f"{f'{said}: ' if said else ''}`{command}` {ended(result)}:\n{shown}"
