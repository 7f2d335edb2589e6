"""What a step speaks of: the steps it must come after, and the texts in it with the names that each may use."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from teams.playbook.document import NUMBER, AgentStep, ForEach, Loop, Step
from teams.playbook.expressions import Expression
from teams.playbook.parts import Condition
from teams.playbook.templates import Template

Place = tuple[str | int, ...]


class Use(NamedTuple):
    """One text: where it stands below its step, what is in it, and the names it may use besides those of all steps.

    ``inside``: it sees the steps inside this one, too.
    """

    at: Place
    read: Expression | Template
    own: frozenset[str] = frozenset()
    inside: bool = False

    @property
    def names(self) -> frozenset[str]:
        return self.read.names

    @property
    def steps(self) -> frozenset[str]:
        if isinstance(self.read, Expression):
            return self.read.steps
        return frozenset[str]().union(*(expression.steps for expression in self.read.expressions))


_OUTPUTS = frozenset({"outputs"})
_LOOP = frozenset({"loop"})


def own_names(step: Step) -> frozenset[str]:
    """Return the names that steps inside ``step`` may use besides those outside of it."""
    if step.for_each:
        return frozenset({step.for_each.item, NUMBER})
    return _LOOP if step.loop else frozenset()


def uses_of(step: Step) -> Iterator[Use]:
    """Yield the texts of one step; those of steps inside it are not among them."""
    if step.when is not None:
        yield Use(("when",), Expression(step.when))
    for index, condition in enumerate(step.ensure):
        yield from _of_condition(("ensure", index), condition, _OUTPUTS)
    if step.agent:
        yield from _of_agent(step.agent)
    if step.command:
        yield from _templates("command", {"run": step.command.run, "base": step.command.base})
        yield from (Use(("command", "env", name), Template(text)) for name, text in step.command.env.items())
    if step.mission:
        yield from _templates("mission", {"goal": step.mission.goal, "base": step.mission.base})
    if step.land:
        yield Use(("land", "commit"), Template(step.land.commit))
        yield from (Use(("land", "checks", n), Template(text)) for n, text in enumerate(step.land.checks))
    yield from (Use(("set", name), Template(text)) for name, text in (step.values or {}).items())
    if step.for_each:
        yield from _of_for_each(step.for_each)
    if step.loop:
        yield from _of_loop(step.loop)


def conditions_of(conditions: tuple[Condition, ...], at: str, own: frozenset[str] = frozenset()) -> Iterator[Use]:
    """Yield the texts of conditions."""
    for index, condition in enumerate(conditions):
        yield from _of_condition((at, index), condition, own)


def comes_after(step: Step) -> frozenset[str]:
    """Return the steps that must be over before ``step`` begins; those inside it are not among them."""
    found = set(needed_by(step)) | (set(step.agent.apart_from) if step.agent else set())
    for inner in step.inner.values():
        found |= comes_after(inner)
    return frozenset(found - set(step.inner))


def needed_by(step: Step) -> frozenset[str]:
    """Return those of them that must be done, too: who must only be apart from a step does not need it."""
    found = set(step.needs) | {name for use in uses_of(step) for name in use.steps}
    for inner in step.inner.values():
        found |= needed_by(inner)
    return frozenset(found - set(step.inner))


def order_of(steps: Mapping[str, Step]) -> dict[str, tuple[str, ...]]:
    """Return each step's name with those among ``steps`` that it comes after."""
    return {name: tuple(sorted(comes_after(step) & steps.keys())) for name, step in steps.items()}


def _of_agent(agent: AgentStep) -> Iterator[Use]:
    yield from _templates("agent", {"prompt": agent.prompt, "name": agent.name, "base": agent.base})
    if agent.broadcast is not None:
        yield Use(("agent", "broadcast"), Template(agent.broadcast), _OUTPUTS)


def _of_for_each(group: ForEach) -> Iterator[Use]:
    if group.over is not None:
        yield Use(("for_each", "in"), Expression(group.over))
    yield from _templates("for_each", {"files": group.files})
    for name, text in group.collect.items():
        yield Use(("for_each", "collect", name), Template(text), frozenset({group.item, NUMBER}), inside=True)


def _of_loop(loop: Loop) -> Iterator[Use]:
    if isinstance(loop.max_rounds, str):
        yield from _templates("loop", {"max_rounds": loop.max_rounds})
    yield Use(("loop", "until"), Expression(loop.until), _LOOP, inside=True)
    for name, carried in loop.carry.items():
        yield Use(("loop", "carry", name, "first"), Expression(carried.first))
        yield Use(("loop", "carry", name, "then"), Expression(carried.then), _LOOP, inside=True)


def _of_condition(at: Place, condition: Condition, own: frozenset[str]) -> Iterator[Use]:
    if condition.that is not None:
        yield Use((*at, "that"), Expression(condition.that), own)
    if condition.run is not None:
        yield Use((*at, "run"), Template(condition.run), own)
    yield Use((*at, "else"), Template(condition.otherwise), own)


def _templates(at: str, texts: Mapping[str, str | None]) -> Iterator[Use]:
    yield from (Use((at, name), Template(text)) for name, text in texts.items() if text is not None)
