"""Run the commands of the contract on a commit, and keep what they say as evidence.

Rule 1: each command has a copy of its own: it runs what the author wrote, which could mend in passing what the next one
        looks at, and then what was measured would not be what lands.
Rule 2: a command that runs pytest is witnessed; that it exits 0 is not enough (:mod:`teams.mission.judging.proof`).
Rule 3: pinned tests must pass without what came new beside them, too (:mod:`teams.mission.judging.apart`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from onecontext.store.project_files import StoredFile, read_stored, with_files
from teams.guard.port import CommandResult
from teams.mission.contract import Assertion
from teams.mission.judging.apart import Apart, set_apart
from teams.mission.judging.patterns import is_setting, runs_pytest
from teams.mission.judging.pins import Compared, Pins
from teams.mission.judging.proof import (
    SHOWN,
    Expected,
    Proof,
    expected_from,
    of_touched,
    prove,
    prove_apart,
    was_counted,
)
from teams.mission.judging.untouched import Untouched
from teams.mission.judging.witnessed import Testimony, can_be_witnessed, prepare
from teams.mission.site import VALIDATOR, Site

OUTPUT_CHARACTERS = 3000
NOTHING = Expected({})


@dataclass(frozen=True)
class Check:
    """One command of the contract, run. ``exit_code`` is None when it took too long; ``proof`` when none was needed."""

    assertion: str
    command: str
    exit_code: int | None
    output: str
    proof: Proof | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why exit code 0 does not count; () where it does."""
        return self.proof.problems if self.proof else ()

    @property
    def passed(self) -> bool:
        return self.exit_code == 0 and not self.problems

    @property
    def failure(self) -> str:
        """What is told of a check that did not pass."""
        why = f"exits {self.exit_code}{'' if self.exit_code else ', but'}"
        why = "; ".join([why, *self.problems])
        return f"{self.assertion}: `{self.command}` {why}:\n{self.output}"

    @property
    def ending(self) -> str:
        """How it ended, and what it proves, in a line."""
        if self.proof is None:
            return f"exit {self.exit_code}"
        counted = f"exit {self.exit_code}; {self.proof.passed} tests passed, {self.proof.pinned} of them pinned"
        skipped = [f"skipped, and pinned: {', '.join(self.proof.skipped[:SHOWN])}"] if self.proof.skipped else []
        unprobed = [] if self.proof.probed else ["whether == tells the truth was not looked at"]
        return "; ".join([counted, *skipped, *unprobed, *self.problems])

    @property
    def outline(self) -> str:
        """The assertion and why it does not hold, in a few words."""
        return f"{self.assertion} ({self.problems[0] if self.exit_code == 0 else f'exit {self.exit_code}'})"

    def evidence(self) -> dict[str, Any]:
        """Return it as evidence of a task, without its output."""
        told: dict[str, Any] = {"assertion": self.assertion, "command": self.command, "exit_code": self.exit_code}
        if self.proof:
            told |= {"tests": self.proof.passed, "pinned": self.proof.pinned}
        return told | ({"problems": list(self.problems)} if self.problems else {})


@dataclass(frozen=True)
class Measure:
    """What is measured: ``commit``, by the tests that ``pinned`` has (paths to their content).

    ``trusted`` are the pinned files that are in ``commit`` as they were; ``changed`` is as in :func:`prove`, and
    ``written`` what differs and may. ``apart`` is the same without what came beside the tests.
    """

    commit: str
    pinned: str
    tests: Mapping[str, StoredFile]
    trusted: frozenset[str]
    changed: frozenset[str]
    written: frozenset[str]
    pins: Pins
    apart: Apart

    @classmethod
    def of(cls, pins: Pins, commit: str, pinned: str, compared: Compared) -> "Measure":
        """Return what is measured in place of ``commit``: a file that may not be changed is as it is pinned."""
        tests = pins.tests_in(pinned)
        measured = pins.measured(commit, compared, author=VALIDATOR)
        there = pins.tests_in(measured)
        trusted = frozenset(path for path, file in tests.items() if there.get(path) == file)
        written = frozenset(compared.written)
        # Who may write tests may let the old ones need the new.
        apart = Apart(measured, pinned)
        if not any(pins.is_of_tests(path) for path in written):
            apart = set_apart(pins.project, measured, pinned, tests, author=VALIDATOR)
        return cls(measured, pinned, tests, trusted, frozenset(compared.changed), written, pins, apart)


class Checks:
    """Runs commands, each once, however many assertions have it, and records each assertion's."""

    def __init__(self, site: Site, measure: Measure, *, purpose: str, **where: Any) -> None:
        self._site = site
        self._measure = measure
        self._purpose = purpose
        self._where = where

    def run(self, assertions: Sequence[Assertion], *, new: Collection[str] = ()) -> list[Check] | None:
        """Run the commands of these assertions. None: the mission was stopped. While it is paused none is begun.

        Args:
            new: ids of those that hold for the first time: what must fail before is looked at for them.
        """
        checks: list[Check] = []
        ran: dict[tuple[str | None, float], tuple[CommandResult, Proof | None]] = {}
        for assertion in assertions:
            if assertion.command is None:
                continue
            what = _what(assertion)
            if what not in ran:
                if not self._site.may_go_on():
                    return None
                ran[what] = self._run_one(assertion.command, assertion.timeout_s)
            result, proof = ran[what]
            output = result.output[-OUTPUT_CHARACTERS:]
            check = Check(assertion.id, assertion.command, result.exit_code, output, proof)
            if assertion.fails_before and assertion.id in new and check.passed:
                check = self._seen_to_fail_before(check, assertion)
            self._record(check, result.duration_s)
            checks.append(check)
        return checks

    def _run_one(self, command: str, timeout_s: float) -> tuple[CommandResult, Proof | None]:
        measure = self._measure
        if not (runs_pytest(command) and can_be_witnessed(command)):
            return self._unwitnessed(command, timeout_s)
        result, testimony = self._witnessed(measure.commit, command, timeout_s)
        if result.exit_code is None or (result.exit_code != 0 and was_counted(testimony)):
            return result, replace(prove(testimony, NOTHING, required=False), problems=())
        _, before = self._witnessed(measure.apart.before, command, timeout_s, collect_only=True)
        if not was_counted(testimony) and not was_counted(before):
            return result, Proof(problems=(self._broken_before(), *([testimony.broken] if testimony.broken else [])))
        if result.exit_code != 0:
            return result, replace(prove(testimony, NOTHING, required=False), problems=())
        contents = {path: read_stored(self._site.project, file) or b"" for path, file in measure.tests.items()}
        expected = expected_from(before, contents, but=measure.written, measured=testimony)
        proof = prove(testimony, expected, required=True, changed=measure.changed)
        if proof.problems or not (expected.total and measure.apart.beside):
            return result, proof
        alone, testimony = self._witnessed(measure.apart.commit, command, timeout_s, trusted=measure.tests)
        problems = prove_apart(testimony, alone.exit_code, expected, beside=measure.apart.beside)
        return result, replace(proof, problems=problems)

    def _broken_before(self) -> str:
        settings = [path for path in self._measure.tests if is_setting(path) and path not in self._measure.written]
        told = f" ({', '.join(settings[:SHOWN])})" if settings else ""
        return (
            f"pytest does not come so far as to look for tests, nor does it without the work: its settings{told} are "
            "broken, and who is measured may not mend them; a plan may let a task (`may_write`), or a person mends them"
        )

    def _unwitnessed(self, command: str, timeout_s: float) -> tuple[CommandResult, Proof | None]:
        with self._site.copy(self._purpose, self._measure.commit) as folder:
            self._site.sandbox.take_over(folder)
            untouched = Untouched(folder, self._measure.trusted)
            result = self._site.sandbox.run(bash(command), workspace=folder, timeout_s=timeout_s)
            problems = of_touched(untouched.touched())
        return result, Proof(problems=problems) if problems else None

    def _seen_to_fail_before(self, check: Check, assertion: Assertion) -> Check:
        """Run the command where the tests are there and the work is not; that it passes there, too, is a problem."""
        pins, measure = self._measure.pins, self._measure
        tests = pins.named_in(measure.commit, assertion.tests)
        before = with_files(self._site.project, measure.pinned, tests, author=VALIDATOR)
        ran = run_in_copy(self._site, before, check.command, assertion.timeout_s, purpose=self._purpose)
        if ran.exit_code != 0:
            return check
        problem = "it exits 0 without the work, too, so its tests show nothing of it"
        proof = check.proof or Proof()
        return replace(check, proof=replace(proof, problems=(*proof.problems, problem)))

    def _witnessed(
        self,
        commit: str,
        command: str,
        timeout_s: float,
        *,
        collect_only: bool = False,
        trusted: Collection[str] | None = None,
    ) -> tuple[CommandResult, Testimony]:
        pinned = self._measure.trusted if trusted is None else trusted
        with self._site.copy(self._purpose, commit) as folder:
            prepared = prepare(folder, command, pinned=pinned, collect_only=collect_only)
            self._site.sandbox.take_over(folder)
            untouched = Untouched(folder, pinned)
            result = self._site.sandbox.run(bash(prepared.command), workspace=folder, timeout_s=timeout_s)
            testimony = replace(prepared.testimony(), touched=tuple(untouched.touched()))
            return replace(result, argv=tuple(bash(command))), testimony

    def _record(self, check: Check, duration_s: float) -> None:
        data = {**check.evidence(), "output": check.output, "duration_s": round(duration_s, 4)}
        self._site.journal.append("verify.command", data, mission=self._site.mission, agent=VALIDATOR, **self._where)


def each_once(assertions: Iterable[Assertion], *, but: Iterable[Assertion]) -> list[Assertion]:
    """Return one assertion for each command, in their order, without those commands that ``but`` has."""
    known = {_what(assertion) for assertion in but}
    found: dict[tuple[str | None, float], Assertion] = {}
    for assertion in assertions:
        if assertion.command is not None and _what(assertion) not in known:
            found.setdefault(_what(assertion), assertion)
    return list(found.values())


def _what(assertion: Assertion) -> tuple[str | None, float]:
    return assertion.command, assertion.timeout_s


def bash(command: str) -> list[str]:
    """Return how a command of the contract is run."""
    return ["bash", "-o", "pipefail", "-c", command]


def run_in_copy(site: Site, commit: str, command: str, timeout_s: float, *, purpose: str) -> CommandResult:
    """Run ``command`` in a copy of ``commit`` that nobody else sees."""
    with site.copy(purpose, commit) as folder:
        return site.sandbox.run(bash(command), workspace=folder, timeout_s=timeout_s)
