"""A play from its first event to its last: a playbook carried out, once started and resumed any number of times.

Rule 1: to whoever watches, pauses, stops and resumes, a play is a mission whose plan is a playbook (docs/missions.md).
Rule 2: what was done is not done again; what failed, was skipped or cut short is, when the play is resumed.
Rule 3: nothing is on the play's branch but what a ``land`` step measured.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from onecontext.errors import InvalidDocument, OneContextError
from teams.mission.control.alone import alone
from teams.mission.control.halt import PERSON
from teams.mission.control.tending import Tending
from teams.mission.history import History
from teams.mission.mission import Ending
from teams.mission.outcome import STOPPED, Outcome
from teams.mission.site import Site
from teams.playbook.document import Playbook
from teams.playbook.functions import as_text, weighed
from teams.playbook.graph import run_graph
from teams.playbook.record import Record, StepResult, document_of, read_document
from teams.playbook.scope import Scope
from teams.playbook.stage import Stage, Watch, plain
from teams.playbook.types import fit

OUTPUT_CHARACTERS = 200_000
GOAL_CHARACTERS = 200


class Play:
    """One play on one site. ``watch`` tells of the journals of missions that are steps of it, while they run."""

    def __init__(self, site: Site, *, watch: Watch = lambda journal: nullcontext()) -> None:
        self._site = site
        self._tending = Tending(site)
        self._watch = watch

    def start(
        self, playbook: Playbook, inputs: Mapping[str, Any], *, source: str, model: str, scripted: bool
    ) -> Ending:
        """Record the playbook and its inputs, and run until an end.

        Raises:
            AlreadyRunning: another process runs it. OneContextError: the play is interrupted and can be resumed.
        """
        site = self._site
        with alone(site.journal, site.mission):
            base = site.project.head_commit
            said = document_of(playbook, inputs, source=source)
            self._tending.begin(goal_of(playbook, inputs), base=base, model=model, scripted=scripted, playbook=said)
            return self._go_on(base=base, model=model)

    def resume(self, history: History, *, by: str = PERSON) -> Ending:
        """Go on where the journal ends; a word that held or stopped the play is taken back by ``by``.

        Raises:
            AlreadyRunning: another process runs it. OneContextError: interrupted once more.
        """
        site = self._site
        with alone(site.journal, site.mission):
            self._tending.halt.lift(mission=site.mission, by=by)
            self._tending.come_back(reason=history.reason)
            return self._go_on(base=history.base, model=history.model)

    def _go_on(self, *, base: str, model: str) -> Ending:
        site = self._site
        # Read back, as a resumed play reads it: without secrets, and with what is already done.
        events = [event for event in site.journal.read() if event.mission == site.mission]
        recorded = next(event.data["playbook"] for event in events if event.type == "mission.started")
        playbook, inputs = read_document(recorded)
        scripted = bool(next(event.data["scripted"] for event in events if event.type == "mission.started"))
        stage = Stage(site, Record(site, events), base=base, model=model, scripted=scripted, watch=self._watch)
        with self._tending.tending():
            results: dict[str, StepResult] = {}
            told = {"name": site.mission, "base": base, "branch": site.branch}
            scope = Scope(inputs, told).inside(results)
            result = run_graph(stage, playbook.steps, scope, results, "")
            if (error := stage.failure or stage.unanswered) is not None:
                raise error
        return self._end(playbook, inputs, scope, _outcome(stage, result))

    def _end(self, playbook: Playbook, inputs: Mapping[str, Any], scope: Scope, outcome: Outcome) -> Ending:
        site = self._site
        tip = site.project.tip(site.branch)
        outputs = _outputs(playbook, scope)
        kept = ""
        if outcome.ending == "done" and (misfit := _misfit(playbook, outputs)):
            outcome = Outcome("blocked", misfit)
        if outcome.ending == "done":
            kept = _quietly(scope, playbook.remember, outputs) or as_text(outputs)
        outcome = self._tending.end(
            outcome, milestone=goal_of(playbook, inputs), commit=tip, kept=kept[:OUTPUT_CHARACTERS], outputs=outputs
        )
        return Ending(site.mission, outcome.ending, outcome.reason, site.branch, tip)


def goal_of(playbook: Playbook, inputs: Mapping[str, Any]) -> str:
    """Return in a line what a play is about: the playbook and its inputs."""
    given = ", ".join(f"{name}={' '.join(as_text(value).split())}" for name, value in inputs.items())
    line = f"{playbook.name}: {given or playbook.description}"
    return line if len(line) <= GOAL_CHARACTERS else f"{line[: GOAL_CHARACTERS - 1]}…"


def _outcome(stage: Stage, result: StepResult) -> Outcome:
    if stage.exhausted:
        return Outcome("budget_exhausted", stage.exhausted)
    if result.outcome == "interrupted":
        return STOPPED
    if result.outcome == "failed":
        return Outcome("blocked", result.reason)
    return Outcome("done", "every step is done, or was not needed")


def _outputs(playbook: Playbook, scope: Scope) -> dict[str, Any]:
    """Return the outputs; one that cannot be worked out, because of steps that are not done, is none."""
    found: dict[str, Any] = {}
    left = OUTPUT_CHARACTERS
    for name, one in playbook.given_back.items():
        try:
            value = weighed(scope.value(one.value))
        except (OneContextError, ValueError):
            # How the play ended says why; the outputs are what there is all the same.
            value = None
        size = len(as_text(value))
        left -= size
        found[name] = value if left >= 0 else f"[{size:,} characters, which are too many for one output]"
    return plain(found)


def _misfit(playbook: Playbook, outputs: Mapping[str, Any]) -> str:
    """Return which output does not have its type, "" where all do."""
    for name, one in playbook.given_back.items():
        if one.type is not None:
            try:
                fit(one.type, outputs[name], what=f"the output {name}")
            except InvalidDocument as error:
                return error.message
    return ""


def _quietly(scope: Scope, text: str, outputs: Mapping[str, Any]) -> str:
    try:
        return plain({"text": scope.text(text, outputs=outputs)})["text"] if text else ""
    except (OneContextError, ValueError):
        # A milestone is a word about what is on record anyway; the outputs stand in for it.
        return ""
