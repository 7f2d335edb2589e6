"""Steps that work and are no groups: a command, a mission, a merge that is measured; agents have a file of their own.

Rule 1: each begins on a commit and has copies of its own; what it changed is a commit of ours, or is gone.
Rule 2: what it came to is in the journal before anything after it begins.
Rule 3: onto the play's branch comes only a merge on which every check exits 0, and exactly that merge.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from teams.agent.worktools import head_and_tail
from teams.mission.site import LEAD
from teams.playbook import agents, missions
from teams.playbook.document import Step
from teams.playbook.ensure import bash, broken, check_command, ended, run_at
from teams.playbook.record import INTERRUPTED, StepResult
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage, plain

OUTPUT_CHARACTERS = 16_000


def run_leaf(stage: Stage, path: str, step: Step, scope: Scope) -> StepResult:
    """Run one step to its end and record it; see :meth:`Stage.slot` for when it begins."""
    with stage.slot() as number:
        if not number:
            return INTERRUPTED
        if step.agent is not None:
            return agents.run(stage, path, step, scope, number)
        tried = stage.record.started(path, step.kind)
        if step.mission is not None:
            result = missions.run(stage, path, step.mission, scope)
        elif step.command is not None:
            result = _command(stage, path, step, scope, tried)
        else:
            result = _land(stage, step, scope)
    if result.is_done and (reason := broken(stage, step.ensure, scope, result.outputs)):
        result = StepResult("failed", reason=reason)
    if result.outcome == "interrupted":
        return result
    return stage.record.ended(path, step.kind, result, keep=result.is_done)


def _command(stage: Stage, path: str, step: Step, scope: Scope, tried: int) -> StepResult:
    spec = step.command
    assert spec is not None
    site, base = stage.site, stage.base_of(spec.base, scope)
    command = scope.command(spec.run)
    check_command(command)
    env = {name: scope.text(text) for name, text in spec.env.items()}
    with site.copy("command", base) as folder:
        result = site.sandbox.run(bash(command), workspace=folder, timeout_s=spec.timeout_s, env=env)
        outputs: dict[str, Any] = {
            "exit_code": result.exit_code,
            "output": head_and_tail(result.output, limit_chars=OUTPUT_CHARACTERS),
        }
        if not result.succeeded and not spec.any_exit:
            last = (result.output.strip().splitlines() or [""])[-1]
            return StepResult("failed", reason=f"`{command}` {ended(result)}: {last}")
        if spec.writes:
            outputs["commit"] = _kept(stage, path, folder, base, command, tried)
    return StepResult("done", plain(outputs))


def _kept(stage: Stage, path: str, folder: Path, base: str, command: str, tried: int) -> str:
    message = f"{path}\n\n{command}"
    ref = stage.ref_of(path, tried)
    return stage.site.project.snapshot(folder, message, author=LEAD, parent=base, ref=ref) or base


def _land(stage: Stage, step: Step, scope: Scope) -> StepResult:
    spec = step.land
    assert spec is not None
    site = stage.site
    commit = stage.commit_of(scope.value(spec.commit))
    checks = [scope.command(text) for text in spec.checks]
    # One at a time: what is measured is the merge with all that landed before.
    with stage.landing:
        site.project.ensure_branch(site.branch, stage.base)
        candidate = site.project.try_merge(
            site.branch, commit, message=f"Merge {commit[:10]} of {site.mission}", author=LEAD, base=stage.base
        )
        if candidate.conflicts:
            said = ", ".join(candidate.conflicts)
            return StepResult("failed", reason=f"it does not merge with what landed before: {said}")
        for check in checks:
            if not stage.may_begin():
                return INTERRUPTED
            result = run_at(stage, candidate.commit, check, timeout_s=spec.timeout_s)
            if not result.succeeded:
                shown = head_and_tail(result.output, limit_chars=OUTPUT_CHARACTERS)
                return StepResult("failed", reason=f"on the merge, `{check}` {ended(result)}:\n{shown}")
        site.project.land(candidate)
    return StepResult("done", _landed(site.branch, candidate.commit))


def _landed(branch: str, commit: str) -> Mapping[str, Any]:
    return {"branch": branch, "commit": commit}
