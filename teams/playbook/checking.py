"""What must hold between the parts of a playbook, looked at before anything runs.

Rule 1: names of steps are unique in the whole document, so a name always means one step.
Rule 2: a step sees the steps beside it and those beside the ones it is in; nothing sees into another step.
Rule 3: a cycle is told with its way, also one that goes through expressions alone.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from onecontext.errors import DependencyCycle, InvalidDocument
from teams.mission.contract import in_order
from teams.playbook.document import NUMBER, Playbook, Step
from teams.playbook.parts import Condition
from teams.playbook.templates import Template
from teams.playbook.types import fit
from teams.playbook.uses import Place, Use, conditions_of, order_of, own_names, uses_of

MAX_DEPTH = 6
MAX_STEPS = 200
COMMON = frozenset({"inputs", "play", "steps"})


class Problem(NamedTuple):
    """What is wrong, and where in the document."""

    at: Place
    what: str


def problems(playbook: Playbook) -> list[Problem]:
    """Return all that does not hold; nothing, where the playbook can be run."""
    found = [*_inputs(playbook), *_conditions(playbook.require)]
    where: dict[str, Place] = {}
    found += _names(playbook.steps, ("steps",), where)
    if not found:
        found += _graph(playbook.steps, ("steps",), frozenset(), COMMON)
        found += _outputs(playbook)
    return found


def _inputs(playbook: Playbook) -> Iterator[Problem]:
    for name, given in playbook.inputs.items():
        if not given.is_required:
            try:
                fit(given.type, given.default, what="the default")
            except InvalidDocument as error:
                yield Problem(("inputs", name, "default"), error.message)


def _conditions(conditions: tuple[Condition, ...]) -> Iterator[Problem]:
    for index, condition in enumerate(conditions):
        if condition.run is not None:
            yield Problem(("require", index, "run"), "'require' is looked at before anything runs; use 'that'")
    for use in conditions_of(conditions, "require"):
        yield from _unknown((), use, frozenset({"inputs"}), frozenset())


def _names(steps: Mapping[str, Step], at: Place, where: dict[str, Place]) -> Iterator[Problem]:
    if len(at) > 3 * MAX_DEPTH:
        yield Problem(at, f"steps are nested more than {MAX_DEPTH} deep")
        return
    for name, step in steps.items():
        here = (*at, name)
        if name in where:
            yield Problem(here, f"a second step {name!r}; the first is at {_told(where[name])}")
        where.setdefault(name, here)
        if len(where) > MAX_STEPS:
            yield Problem(here, f"more than {MAX_STEPS} steps")
            return
        yield from _names(step.inner, (*here, step.kind, "steps"), where)


def _graph(steps: Mapping[str, Step], at: Place, outer: frozenset[str], variables: frozenset[str]) -> Iterator[Problem]:
    visible = outer | steps.keys()
    for name, step in steps.items():
        here = (*at, name)
        for wanted in [*step.needs, *(step.agent.apart_from if step.agent else ())]:
            if wanted not in visible:
                yield Problem(here, _no_step(wanted, visible))
        for use in uses_of(step):
            seen = visible | step.inner.keys() if use.inside else visible
            yield from _unknown(here, use, variables | use.own, seen)
        if taken := own_names(step) & (variables | {"outputs"}) - {"loop", NUMBER}:
            yield Problem(here, f"'as: {', '.join(taken)}' hides a name that is there already; choose another")
        yield from _graph(step.inner, (*here, step.kind, "steps"), visible, variables | own_names(step))
    try:
        in_order(order_of(steps))
    except DependencyCycle as error:
        yield Problem((*at, error.path[0]), DependencyCycle(error.path, what="steps").message)


def _outputs(playbook: Playbook) -> Iterator[Problem]:
    visible = frozenset(playbook.steps)
    for name, one in playbook.given_back.items():
        yield from _unknown((), Use(("outputs", name), Template(one.value)), COMMON, visible)
    yield from _unknown((), Use(("remember",), Template(playbook.remember)), COMMON | {"outputs"}, visible)


def _unknown(here: Place, use: Use, variables: frozenset[str], steps: frozenset[str]) -> Iterator[Problem]:
    for name in sorted(use.names - variables):
        yield Problem((*here, *use.at), f"there is no {name!r} here; there are {', '.join(sorted(variables))}")
    for name in sorted(use.steps - steps):
        yield Problem((*here, *use.at), _no_step(name, steps))


def _no_step(name: str, visible: frozenset[str]) -> str:
    return f"no step {name!r} can be seen from here; there are {', '.join(sorted(visible)) or 'none'}"


def _told(at: Place) -> str:
    return ".".join(map(str, at))
