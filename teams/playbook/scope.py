"""What expressions see from one place in a play: inputs, steps that are over, and the names of the groups around."""

from collections.abc import Mapping
from typing import Any

from teams.playbook.expressions import Expression
from teams.playbook.functions import weighed
from teams.playbook.record import StepResult
from teams.playbook.templates import Template

SAID = frozenset({"steps", "loop", "outputs"})
"""Names whose values come from agents, commands and files, and not from the person."""


class Scope:
    """The values at one place; ``said`` are the names that somebody else than the person gave values to."""

    def __init__(
        self,
        inputs: Mapping[str, Any],
        play: Mapping[str, Any],
        *,
        results: tuple[dict[str, StepResult], ...] = (),
        variables: Mapping[str, Any] | None = None,
        said: frozenset[str] = SAID,
    ) -> None:
        self._inputs = inputs
        self._play = play
        self._results = results
        self._variables = dict(variables or {})
        self.said = said

    def inside(
        self, results: dict[str, StepResult], *, said: frozenset[str] = frozenset(), **variables: Any
    ) -> "Scope":
        """Return the scope of a graph of steps in this one; ``results`` is filled while it runs."""
        return Scope(
            self._inputs,
            self._play,
            results=(*self._results, results),
            variables={**self._variables, **variables},
            said=self.said | said,
        )

    def values(self, **more: Any) -> dict[str, Any]:
        """Return names to values, ``more`` among them."""
        steps = {
            name: {"outcome": result.outcome, "outputs": result.outputs, "reason": result.reason}
            for results in self._results
            for name, result in list(results.items())
        }
        return {"inputs": self._inputs, "play": self._play, "steps": steps, **self._variables, **more}

    def expression(self, text: str, **more: Any) -> Any:
        return weighed(Expression(text).value(self.values(**more)))

    def value(self, text: str, **more: Any) -> Any:
        """Return what a template comes to, with its type."""
        return weighed(Template(text).value(self.values(**more)))

    def text(self, text: str, **more: Any) -> str:
        return Template(text).plain(self.values(**more))

    def prompt(self, text: str, **more: Any) -> str:
        return Template(text).prompt(self.values(**more), said=self.said)

    def command(self, text: str, **more: Any) -> str:
        return Template(text).command(self.values(**more))

    def is_said(self, text: str) -> bool:
        """Say whether an expression takes anything from somebody else than the person."""
        return bool(Expression(text).names & self.said)
