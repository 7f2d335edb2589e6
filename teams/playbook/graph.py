"""Steps that run as soon as what they come after is over, side by side, each once.

Rule 1: a step that fails stops none beside it; what comes after it is skipped, and says because of which.
Rule 2: ``always`` lets a step run whatever became of those it comes after.
Rule 3: an error of the host ends in :meth:`Stage.fail`; the other steps come to their end, and nothing new is begun.
Rule 4: a model that gives no answer interrupts the play, as it does a mission: what runs comes to its end, nothing new
    is begun. A conversation that is too long for every model is the step's own failure.
"""

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from onecontext.errors import BudgetExhausted, ContextOverflow, ModelError, OneContextError
from teams.agent.tools import STOPPING
from teams.playbook import groups, leaves
from teams.playbook.document import Step
from teams.playbook.ensure import broken
from teams.playbook.record import INTERRUPTED, StepResult
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage
from teams.playbook.uses import needed_by, order_of

_GROUPS = {"for_each": groups.for_each, "parallel": groups.parallel, "loop": groups.loop}


def run_graph(
    stage: Stage, steps: Mapping[str, Step], scope: Scope, results: dict[str, StepResult], at: str
) -> StepResult:
    """Run all steps, fill ``results``, and return how they came out together.

    Args:
        scope: has ``results`` as its innermost.
        at: the path of what they are in, "" for the play itself.
    """
    order = order_of(steps)
    stage.gather(steps, scope)
    waiting = dict(steps)
    running: dict[Future[StepResult], str] = {}
    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        try:
            while waiting or running:
                for name in [name for name in waiting if all(earlier in results for earlier in order[name])]:
                    step = waiting.pop(name)
                    path = f"{at}/{name}" if at else name
                    stopped_by = _stopped_by(step, order[name], results)
                    if stopped_by is not None:
                        results[name] = _recorded(stage, path, step, stopped_by)
                    else:
                        running[pool.submit(_run, stage, path, step, scope)] = name
                if not running:
                    continue
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    results[running.pop(future)] = future.result()
        except BaseException as error:
            stage.fail(error)
            raise
    return together(results, at)


def together(results: Mapping[str, StepResult], at: str) -> StepResult:
    """Return how steps came out together: failed if one of them did, done though some were skipped."""
    if any(result.outcome == "interrupted" for result in results.values()):
        return INTERRUPTED
    failures: list[tuple[str, str]] = []
    for name, result in results.items():
        if result.outcome == "failed":
            failures += result.failures or ((f"{at}/{name}" if at else name, result.reason),)
    outputs = {name: result.outputs for name, result in results.items()}
    if failures:
        return StepResult("failed", outputs, told(failures), tuple(failures))
    return StepResult("done", outputs)


def told(failures: list[tuple[str, str]]) -> str:
    """Return failures in a sentence or three."""
    shown = "; ".join(f"{path}: {(reason.splitlines() or [''])[0]}" for path, reason in failures[:3])
    return shown + (f"; and {len(failures) - 3} more" if len(failures) > 3 else "")


def _stopped_by(step: Step, earlier: tuple[str, ...], results: Mapping[str, StepResult]) -> StepResult | None:
    """Return what keeps a step from running, None where nothing does."""
    if any(results[name].outcome == "interrupted" for name in earlier):
        return INTERRUPTED
    needed = needed_by(step)
    not_done = [name for name in earlier if name in needed and not results[name].is_done]
    if not not_done or step.always:
        return None
    said = "; ".join(f"{name} {'failed' if results[name].outcome == 'failed' else 'was skipped'}" for name in not_done)
    return StepResult("skipped", reason=said)


def _run(stage: Stage, path: str, step: Step, scope: Scope) -> StepResult:
    try:
        return _outcome(stage, path, step, scope)
    except STOPPING as error:
        stage.fail(error)
        return INTERRUPTED
    except OSError as error:
        stage.fail(error)
        return INTERRUPTED


def _outcome(stage: Stage, path: str, step: Step, scope: Scope) -> StepResult:
    if not stage.may_begin():
        return INTERRUPTED
    try:
        if step.when is not None and not scope.expression(step.when):
            return _recorded(stage, path, step, StepResult("skipped", reason=f"{step.when} is false"))
        if step.kind in _GROUPS or step.kind == "set":
            return _worked_out(stage, path, step, scope)
        return stage.record.done(path) or leaves.run_leaf(stage, path, step, scope)
    except BudgetExhausted as error:
        if error.kind == "mission":
            # Without a name, the call was not made because of a stop.
            stage.exhausted = error.message if error.name else stage.exhausted
            return INTERRUPTED
        return _recorded(stage, path, step, StepResult("failed", reason=error.message))
    except STOPPING:
        raise
    except ModelError as error:
        if not isinstance(error, ContextOverflow):
            stage.unanswered = stage.unanswered or error
            return INTERRUPTED
        return _recorded(stage, path, step, StepResult("failed", reason=str(error)))
    except (OneContextError, ValueError) as error:
        return _recorded(stage, path, step, StepResult("failed", reason=str(error)))


def _worked_out(stage: Stage, path: str, step: Step, scope: Scope) -> StepResult:
    """Run a group, or work out values: neither is kept in the journal, both come to the same when done again."""
    stage.record.started(path, step.kind)
    if step.values is not None:
        result = StepResult("done", {name: scope.value(text) for name, text in step.values.items()})
    else:
        result = _GROUPS[step.kind](stage, path, step, scope, run_graph)
    if result.is_done and (reason := broken(stage, step.ensure, scope, result.outputs)):
        result = StepResult("failed", result.outputs, reason)
    return _recorded(stage, path, step, result)


def _recorded(stage: Stage, path: str, step: Step, result: StepResult) -> StepResult:
    if result.outcome == "interrupted":
        return result
    return stage.record.ended(path, step.kind, result, keep=False)
