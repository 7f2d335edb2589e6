"""Whether it is true that a goal cannot be reached: commands prove it, and a validator confirms it or does not.

Rule 1: what the orchestrator says that a command does is run here first; one that does otherwise proves nothing.
Rule 2: who confirms is a fresh agent that reads, and did not say it.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from teams.agent.agent import Agent
from teams.agent.prompt import fenced
from teams.agent.tools import tool_from
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from teams.mission.contract import Command, Text
from teams.mission.site import VALIDATOR, Site, prompt

FEASIBILITY = "feasibility"
"""Stands for a task in the validator's conversation."""
_OUTPUT_CHARACTERS = 3000
_TIMEOUT_S = 120.0
_STOPPED = "the mission was stopped before it was examined"


class Proof(BaseModel):
    """``exit_code``: on what has landed; ``shows``: what that means."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    command: Command = Field(min_length=1)
    exit_code: int = Field(ge=0, le=255)
    shows: Text = Field(min_length=1)


class Refuted(Exception):
    """It is not so, or was not shown; the message says why, to whoever claimed it."""


def examine(site: Site, commit: str, claim: str, proofs: Sequence[Proof]) -> list[str]:
    """Find out whether the goal cannot be reached because of ``claim``, and record it; return what the validator says.

    Args:
        commit: what has landed, on which the proofs are run, each in a copy of its own.

    Raises:
        Refuted: a proof does not do what was said of it, the validator does not confirm, or the mission was stopped
            before anybody could.
        ModelError, StorageError: nothing is known; nothing was recorded.
    """
    checks = [_run(site, commit, proof) for proof in proofs]
    wrong = [
        f"`{proof.command}` exits {check['exit_code']}, not {proof.exit_code}:\n{check['output']}"
        for proof, check in zip(proofs, checks, strict=True)
        if check["exit_code"] != proof.exit_code
    ]
    if not wrong:
        confirmed, why = _ask(site, commit, claim, proofs, checks)
        wrong = [] if confirmed else [why or "the validator did not say why"]
    verdict = "refuted" if wrong else "confirmed"
    said = wrong or [why]
    site.journal.append(
        "mission.examined",
        {"claim": claim, "checks": checks, "verdict": verdict, "findings": said},
        mission=site.mission,
        agent=VALIDATOR,
    )
    if wrong:
        raise Refuted("; ".join(wrong))
    return said


def _run(site: Site, commit: str, proof: Proof) -> dict[str, object]:
    if not site.may_go_on():
        raise Refuted(_STOPPED)
    with site.copy(FEASIBILITY, commit) as folder:
        ran = site.sandbox.run(["bash", "-o", "pipefail", "-c", proof.command], workspace=folder, timeout_s=_TIMEOUT_S)
    return {
        "command": proof.command,
        "exit_code": ran.exit_code,
        "output": ran.output[-_OUTPUT_CHARACTERS:],
        "shows": proof.shows,
    }


def _ask(
    site: Site, commit: str, claim: str, proofs: Sequence[Proof], checks: Sequence[dict[str, object]]
) -> tuple[bool, str]:
    given: list[tuple[bool, str]] = []

    def answer(confirmed: bool, why: str) -> str:
        """Say whether the goal cannot be reached, and why; once, at the end."""
        given.append((confirmed, why))
        return "recorded"

    model = site.model_for(VALIDATOR, "validator", task=FEASIBILITY)
    with site.time.working(VALIDATOR), site.copy(FEASIBILITY, commit) as folder:
        shelf = site.shelf(VALIDATOR, task=FEASIBILITY)
        kit = work_tools(Workspace(folder), site.sandbox, read_only=True, timeout_s=site.command_timeout_s, shelf=shelf)
        result = Agent(
            VALIDATOR,
            model=model,
            instructions=prompt(FEASIBILITY),
            tools=[*kit.tools, tool_from(answer, ends=True)],
            limits=site.limits_of(VALIDATOR),
            observer=site.recorder(VALIDATOR, model),
            stop=site.stop,
            pause=site.pause,
            shelf=shelf,
        ).run(_question(claim, proofs, checks))
    if not given and result.ending == "stopped":
        raise Refuted(_STOPPED)
    return given[0] if given else (False, f"the validator ended without an answer ({result.ended})")


def _question(claim: str, proofs: Sequence[Proof], checks: Sequence[dict[str, object]]) -> str:
    lines = ["What is claimed:", fenced("claim", claim), "", "What was run to show it, on what has landed:"]
    for proof, check in zip(proofs, checks, strict=True):
        lines += [f"`{proof.command}` exits {check['exit_code']}; it is said to show:", fenced("shows", proof.shows)]
        lines += [fenced("output", str(check["output"]))]
    return "\n".join(lines)
