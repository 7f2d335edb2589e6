"""Groups of steps: side by side, once for each of a list, again and again.

Rule 1: one of a list that fails stops none of the others; what is done of them is collected all the same.
Rule 2: a loop has a bound, and says whether it was met.
Rule 3: a group keeps nothing for itself: what its steps came to says all.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from onecontext.errors import InvalidDocument, OneContextError
from teams.guard.workspace import Workspace
from teams.playbook.document import MAX_ROUNDS, NUMBER, ForEach, Loop, Step
from teams.playbook.record import INTERRUPTED, StepResult
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage

MAX_ITEMS = 1000
MAX_FILES = 50_000
GLOB_CHARACTERS = 200
GLOB_FOLDERS = 3
RunGraph = Callable[..., StepResult]


def parallel(stage: Stage, path: str, step: Step, scope: Scope, run_graph: RunGraph) -> StepResult:
    """Run the steps of a group; its outputs are theirs, by name."""
    results: dict[str, StepResult] = {}
    return run_graph(stage, step.inner, scope.inside(results), results, path)


def for_each(stage: Stage, path: str, step: Step, scope: Scope, run_graph: RunGraph) -> StepResult:
    """Run the steps once for each of a list.

    Outputs: ``items``: what was collected of those that are done, in the order of the list; ``failed``: those that
    failed, each ``item``, ``step``, ``reason``; ``count``.
    """
    group = step.for_each
    assert group is not None
    items, said = _items(stage, group, scope)

    for number, item in enumerate(items, start=1):
        stage.gather(group.steps, scope.inside({}, **{group.item: item, NUMBER: number}))

    def run(numbered: tuple[int, Any]) -> tuple[StepResult, Any]:
        number, item = numbered
        variables = {group.item: item, NUMBER: number}
        return _run_one(stage, f"{path}/{number}", group, variables, scope, said, run_graph)

    with ThreadPoolExecutor(max_workers=group.at_most or stage.site.config.workers) as pool:
        ran = list(pool.map(run, enumerate(items, start=1)))
    if any(result.outcome == "interrupted" for result, _ in ran):
        return INTERRUPTED
    failures = [failure for result, _ in ran for failure in result.failures]
    failed = [
        {"item": item, "step": result.failures[0][0], "reason": result.failures[0][1]}
        for item, (result, _) in zip(items, ran, strict=True)
        if result.failures
    ]
    done = [collected for result, collected in ran if result.is_done]
    outputs = {"items": done, "failed": failed, "count": len(items)}
    if failures:
        reason = f"{len(failed)} of {len(items)} failed; first {failures[0][0]}: {failures[0][1]}"
        return StepResult("failed", outputs, reason, tuple(failures))
    return StepResult("done", outputs)


def _run_one(
    stage: Stage,
    path: str,
    group: ForEach,
    variables: dict[str, Any],
    scope: Scope,
    said: frozenset[str],
    run_graph: RunGraph,
) -> tuple[StepResult, Any]:
    results: dict[str, StepResult] = {}
    inside = scope.inside(results, said=said, **variables)
    result = run_graph(stage, group.steps, inside, results, path)
    if not result.is_done:
        return result, None
    try:
        kept = {name: inside.value(text) for name, text in group.collect.items()} or {group.item: variables[group.item]}
        return result, kept
    except (OneContextError, ValueError) as error:
        return StepResult("failed", {}, str(error), ((path, f"nothing can be collected: {error}"),)), None


def _items(stage: Stage, group: ForEach, scope: Scope) -> tuple[list[Any], frozenset[str]]:
    """Return what to run for, and the names that others than the person gave their values."""
    if group.over is not None:
        items = scope.expression(group.over)
        said = frozenset({group.item}) if scope.is_said(group.over) else frozenset[str]()
    else:
        items, said = _files(stage, scope.text(group.files or "")), frozenset({group.item})
    if not isinstance(items, list):
        raise InvalidDocument(f"for_each goes over a list, and {group.over} is {items!r}"[:300])
    if len(items) > MAX_ITEMS:
        raise InvalidDocument(f"for_each has {len(items):,} to go over; {MAX_ITEMS:,} are the most")
    return items, said


def _files(stage: Stage, pattern: str) -> list[str]:
    """Return the files of the play's commit that a glob matches, in order."""
    glob = glob_of(pattern)
    with stage.site.copy("files", stage.base) as folder:
        listing = Workspace(folder).list_files(limit=MAX_FILES)
    return sorted(path for path in listing.paths if glob.fullmatch(path))


def glob_of(pattern: str) -> re.Pattern[str]:
    """Return a glob as git reads one: ``*`` and ``?`` stay in a folder, ``**/`` is any number of folders."""
    # "**" that is no whole folder, as in "a**b", may end at any letter, which is for all the others to try.
    wide, body = pattern.count("**"), pattern.removesuffix("**")
    if len(pattern) > GLOB_CHARACTERS or wide > GLOB_FOLDERS or (wide > 1 and body.count("**") > body.count("**/")):
        raise InvalidDocument(
            f"{pattern[:80]!r} is too long for a glob, has ** more than {GLOB_FOLDERS} times, or one in the middle of "
            "a name beside another"
        )
    parts = [part for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern) if part]
    meaning = {"**/": "(?:[^/]+/)*", "**": ".*", "?": "[^/]"}
    found = ""
    while parts:
        part = parts.pop(0)
        if part != "*":
            found += meaning.get(part, re.escape(part))
            continue
        # Up to the first place where what comes next stands, and no other is tried: with the freedom to try them all,
        # a name full of one letter and a dozen stars take years. Between two stars that is no restriction.
        fixed = ""
        while parts and parts[0] not in ("*", "**", "**/") and "/" not in parts[0]:
            one = parts.pop(0)
            fixed += meaning.get(one, re.escape(one))
        is_last = not parts or parts[0] != "*"
        found += f"[^/]*{fixed}" if is_last else f"(?>[^/]*?{fixed})"
    return re.compile(found)


def loop(stage: Stage, path: str, step: Step, scope: Scope, run_graph: RunGraph) -> StepResult:
    """Run the steps until the condition holds, as often as the bound allows.

    Outputs: what it carries, as it stands after the last round; ``rounds``: how many there were; ``met``: whether the
    condition held; ``last``: what the steps of the last round came to, by name.
    """
    group = step.loop
    assert group is not None
    most = _bound(group, scope)
    carried = {name: scope.expression(one.first) for name, one in group.carry.items()}
    last: dict[str, Any] = {}
    for number in range(1, most + 1):
        results: dict[str, StepResult] = {}
        inside = scope.inside(results, loop={"round": number, "rounds": most, **carried})
        result = run_graph(stage, group.steps, inside, results, f"{path}/{number}")
        if not result.is_done:
            return result
        last = dict(result.outputs)
        carried = {name: inside.expression(one.then) for name, one in group.carry.items()}
        after = inside.inside({}, loop={"round": number, "rounds": most, **carried})
        if after.expression(group.until):
            return StepResult("done", {**carried, "rounds": number, "met": True, "last": last})
    return StepResult("done", {**carried, "rounds": most, "met": False, "last": last})


def _bound(group: Loop, scope: Scope) -> int:
    most = group.max_rounds if isinstance(group.max_rounds, int) else scope.value(group.max_rounds)
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= MAX_ROUNDS:
        raise InvalidDocument(f"max_rounds is {most!r}; a loop has from 1 to {MAX_ROUNDS}")
    return most
