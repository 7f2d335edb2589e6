"""The validator's part: what was handed over is merged on trial, measured, read, and then lands or goes back.

Rule 1: commands first. One that does not exit 0 is a rejection, whatever anybody says.
Rule 2: what is measured is the merge itself, and exactly that commit lands; so the branch never holds unmeasured work.
Rule 3: the validator is never the author (the board refuses it, too).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from onecontext.errors import AmbiguousRevision, UnknownRevision
from onecontext.store.project import MergeCandidate
from teams.mission.contract import Contract
from teams.mission.handoff import commit_in
from teams.mission.judging.checks import Check, Checks, Measure, each_once
from teams.mission.judging.claims import without_evidence
from teams.mission.judging.findings import Rounds, Scope, Shown
from teams.mission.judging.pins import Compared, Pins
from teams.mission.judging.review import Review, Work
from teams.mission.judging.settling import Settling
from teams.mission.judging.suspects import suspects
from teams.mission.judging.weighing import Weighing, outside, refusal, rounds_of
from teams.mission.site import VALIDATOR, Site
from teams.protocol.board.task import Task

_HANDED = ("handoff", "summary")


class Verification:
    """One judgement on one submitted task.

    Args:
        done: the keys whose assertions must go on holding.
        judged: whether a validator reads the work; False: the commands alone decide.
    """

    def __init__(self, site: Site, task: Task, contract: Contract, done: Sequence[str], *, judged: bool = True) -> None:
        self._site = site
        self._task = task
        self._contract = contract
        self._done = done
        self._pins = Pins(site.project, contract)
        self._judged = judged
        self._where: dict[str, Any] = {"task": task.id, "attempt": task.attempt, "epoch": task.epoch}
        # Whoever can claim can submit anything; what was measured, asked or advised is for us to say.
        self._evidence: dict[str, Any] = {name: task.evidence[name] for name in _HANDED if name in task.evidence}
        self._settling = Settling(site, task, self._evidence, self._where)

    def run(self) -> None:
        """Judge the newest attempt: complete the task, or send it back with findings.

        Raises:
            ModelError, StorageError: nothing was judged; the task stays in review and is judged again on resume.
                So it does, without an error, when the mission is stopped meanwhile.
        """
        with self._site.time.working(VALIDATOR), self._site.team.beating(VALIDATOR):
            self._run()

    def _run(self) -> None:
        attempted = self._site.past.of(self._task.id, self._task.attempt)
        if attempted is not None and attempted.verdict is not None and self._settling.carry_out(attempted.verdict):
            return
        candidate = self._candidate()
        if candidate is None:
            self._evidence["handoff"] = None
            self._settling.reject(
                None, ["what was handed over names no commit of this repository, so there is nothing to judge"]
            )
            return
        if candidate.conflicts:
            self._evidence["conflicts"] = list(candidate.conflicts)
            self._settling.reject(
                candidate.commit, [f"it does not merge with what landed since: {', '.join(candidate.conflicts)}"]
            )
            return
        rounds = rounds_of(self._site, self._task)
        beyond = outside(self._site, rounds.scope, commit_in(self._evidence) or "") if rounds.scope else []
        if beyond:
            self._evidence["review"] = rounds.as_evidence()
            self._settling.reject(candidate.commit, [refusal(beyond)])
            return
        compared = self._compare(candidate.commit)
        checks = self._measure(candidate.commit, compared)
        if checks is None:
            return
        failed = [*map(str, compared.breaches), *(check.failure for check in checks if not check.passed)]
        if not self._judged:
            self._conclude(candidate, rounds, failed)
            return
        self._review(candidate, rounds, compared, checks, failed)

    def _review(
        self,
        candidate: MergeCandidate,
        rounds: Rounds,
        compared: Compared,
        checks: Sequence[Check],
        failed: list[str],
    ) -> None:
        """Let a validator read the work, after the tests of earlier findings; and conclude."""
        judged = [a for a in self._contract.of_task(self._task.key) if a.command is None]
        looked = [what for check in checks if check.proof for what in check.proof.looked]
        asked = suspects(self._site.project, self._evidence["pinned"], candidate.commit, looked=looked)
        weighing = Weighing(self._site, candidate.commit, judged, asked, failed=bool(failed), **self._where)
        open_ = [one for n, finding in enumerate(rounds.tests, 1) if (one := weighing.run(finding, n)) is not None]
        is_over = rounds.count >= self._site.config.review_rounds
        if open_ and not is_over and not failed:
            self._conclude(candidate, rounds, [], blocking=[one.told for one in open_], shown=open_, weighing=weighing)
            return
        work = Work(candidate.commit, checks, judged, compared.told, asked)
        verdict = Review(self._site, self._task, weighing, self._where).hold(work)
        if verdict is None:
            return
        if isinstance(verdict, str):
            self._evidence["review"] = rounds.as_evidence()
            self._settling.reject(candidate.commit, [verdict, *failed])
            return
        self._evidence["quotes"] = [quote.model_dump(mode="json") for quote in verdict.weighed.quotes]
        self._evidence["asked"] = [*asked]
        self._evidence["answers"] = [*verdict.said.answers]
        if verdict.said.accept and any(not check.passed for check in checks):
            self._settling.record("violation", {"path": "", "what": "the validator accepted although a command failed"})
        weighed = verdict.weighed
        unmended = [one.finding.text for one in open_]
        if is_over:
            weighed = replace(weighed, blocking=[], advice=[*weighed.blocking, *unmended, *weighed.advice])
        self._conclude(
            candidate,
            rounds,
            failed,
            blocking=weighed.blocking,
            advice=weighed.advice,
            shown=weighed.shown,
            weighing=weighing,
        )

    def _conclude(
        self,
        candidate: MergeCandidate,
        rounds: Rounds,
        failed: list[str],
        *,
        blocking: Sequence[str] = (),
        advice: Sequence[str] = (),
        shown: Sequence[Shown] = (),
        weighing: Weighing | None = None,
    ) -> None:
        """Accept where nothing failed and nothing blocks; else send it back with everything that was said.

        A round is counted, and a fix is bounded, only where findings alone send it back.
        """
        tests = (*rounds.tests, *(one.finding for one in shown if one.finding not in rounds.tests))
        by_findings = bool(blocking) and not failed
        scope = self._scope(weighing, shown) if weighing and by_findings else None
        self._evidence["review"] = Rounds(rounds.count + by_findings, tests, scope).as_evidence()
        if failed or blocking:
            self._settling.reject(candidate.commit, [*blocking, *advice, *failed])
            return
        lacking = without_evidence(self._contract.of_task(self._task.key), self._evidence)
        if lacking:
            self._settling.reject(candidate.commit, [f"nothing shows that these hold: {', '.join(lacking)}"])
            return
        self._evidence["advice"] = [*advice]
        self._settling.accept(candidate)

    def _scope(self, weighing: Weighing, shown: Sequence[Shown]) -> Scope | None:
        """Return what the next attempt may touch beside tests."""
        pinned, may_write = self._evidence["pinned"], self._contract.may_write(self._task.key)
        return weighing.scope(commit_in(self._evidence) or "", shown, pinned=pinned, may_write=may_write)

    def _candidate(self) -> MergeCandidate | None:
        """Merge on trial what was handed over; None where that is nothing: a member from outside submits anything."""
        commit = commit_in(self._evidence)
        if commit is None:
            return None
        try:
            return self._site.project.try_merge(
                self._site.branch,
                commit,
                message=f"Merge task {self._task.id}: {self._task.subject}",
                author=VALIDATOR,
            )
        except (UnknownRevision, AmbiguousRevision):
            return None

    def _compare(self, commit: str) -> Compared:
        """Look what the merge does to pinned files; each that it may not change is a violation."""
        # Of a served board each branch has its own past, which a person may have added to.
        pinned = self._site.past.accepted or self._site.branch_tip()
        compared = self._pins.compare(pinned, commit, may_write=self._contract.may_write(self._task.key))
        self._evidence["pinned"] = pinned
        for breach in compared.breaches:
            self._settling.record("violation", {"path": breach.path, "what": breach.what})
        return compared

    def _measure(self, commit: str, compared: Compared) -> list[Check] | None:
        """Run the task's own commands, then those of all that is done: a merge must not break what was accepted.

        Of those each command counts once, and evidence of the task is what passed of its own: what a task carries with
        it, and what is told of it, must not grow with all that was done before it.
        """
        own = self._contract.of_task(self._task.key)
        before = (a for key in self._done for a in self._contract.of_task(key))
        measure = Measure.of(self._pins, commit, self._evidence["pinned"], compared)
        names = {assertion.id for assertion in own}
        runs = Checks(self._site, measure, purpose=f"verify-{self._task.id}", **self._where)
        checks = runs.run([*own, *each_once(before, but=own)], new=names)
        if checks is None:
            return None
        self._evidence["checks"] = [c.evidence() for c in checks if c.assertion in names or not c.passed]
        for check in checks:
            if check.exit_code == 0 and check.problems:
                self._settling.record("violation", {"path": "", "what": check.outline})
        return checks
