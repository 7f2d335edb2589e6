"""The validator's part: what was handed over is merged on trial, measured, read, and then lands or goes back.

Rule 1: commands first. One that does not exit 0 is a rejection, whatever anybody says.
Rule 2: what is measured is the merge itself, and exactly that commit lands; so the branch never holds unmeasured work.
Rule 3: the validator is never the author (the board refuses it, too).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from onecontext.errors import AmbiguousRevision, UnknownRevision
from onecontext.store.project import MergeCandidate
from teams.agent.agent import Agent
from teams.agent.observer import NoteTaker, Observers
from teams.agent.prompt import fenced
from teams.agent.tools import cut
from teams.agent.worktools import work_tools
from teams.guard.workspace import Workspace
from teams.mission.contract import Contract
from teams.mission.effects import key_of
from teams.mission.handoff import commit_in
from teams.mission.history import read_history
from teams.mission.judging.checks import Check, Checks, Measure
from teams.mission.judging.pins import Compared, Pins
from teams.mission.notebook import Notebook
from teams.mission.site import LEAD, VALIDATOR, Site, prompt
from teams.mission.stalls import may_try_again
from teams.mission.tools import Judgement, validator_tools
from teams.protocol.board.task import Task

DIFF_CHARACTERS = 20_000
MAIL_CHARACTERS = 100_000


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
        self._evidence: dict[str, Any] = dict(task.evidence)

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
        if attempted is not None and attempted.verdict is not None and self._carry_out(attempted.verdict):
            return
        candidate = self._candidate()
        if candidate is None:
            self._evidence["handoff"] = None
            self._reject(
                None, ["what was handed over names no commit of this repository, so there is nothing to judge"]
            )
            return
        if candidate.conflicts:
            self._evidence["conflicts"] = list(candidate.conflicts)
            self._reject(
                candidate.commit, [f"it does not merge with what landed since: {', '.join(candidate.conflicts)}"]
            )
            return
        compared = self._compare(candidate.commit)
        checks = self._measure(candidate.commit, compared)
        if checks is None:
            return
        judgement = self._judge(candidate.commit, checks, compared) if self._judged else Judgement(accept=True)
        if judgement is None:
            return
        failed = [check.failure for check in checks if not check.passed]
        if failed and self._judged and judgement.accept:
            self._record("violation", {"path": "", "what": "the validator accepted although a command failed"})
        failed = [*map(str, compared.breaches), *failed]
        if failed or not judgement.accept:
            self._reject(candidate.commit, [*judgement.findings, *failed] or ["rejected without a reason"])
        else:
            self._accept(candidate)

    def _carry_out(self, given: Mapping[str, Any]) -> bool:
        """Do what a verdict says that a killed run gave; False: the branch has moved since, and it says nothing now."""
        self._evidence |= given.get("evidence") or {}
        if given["verdict"] == "rejected":
            self._send_back([*given["findings"]])
            return True
        made = self._site.project.merge_made(self._site.branch, given["commit"])
        if made is not None:
            self._land(made)
        return made is not None

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
        history = read_history(self._site.journal.read())
        pinned = history.accepted if history else self._site.branch_tip()
        compared = self._pins.compare(pinned, commit, may_write=self._contract.may_write(self._task.key))
        self._evidence["pinned"] = pinned
        for breach in compared.breaches:
            self._record("violation", {"path": breach.path, "what": breach.what})
        return compared

    def _measure(self, commit: str, compared: Compared) -> list[Check] | None:
        """Run the task's own commands, then those of all that is done: a merge must not break what was accepted."""
        assertions = [a for key in [self._task.key, *self._done] for a in self._contract.of_task(key)]
        measure = Measure.of(self._pins, commit, self._evidence["pinned"], compared)
        own = [assertion.id for assertion in self._contract.of_task(self._task.key)]
        checks = Checks(self._site, measure, purpose=f"verify-{self._task.id}", **self._where).run(assertions, new=own)
        if checks is None:
            return None
        self._evidence["checks"] = [check.evidence() for check in checks]
        for check in checks:
            if check.exit_code == 0 and check.problems:
                self._record("violation", {"path": "", "what": check.outline})
        return checks

    def _judge(self, commit: str, checks: Sequence[Check], compared: Compared) -> Judgement | None:
        """Return what the validator says; None when it was stopped, or stalled, before it said anything."""
        given: list[Judgement] = []
        model = self._site.model_for(VALIDATOR, "validator", task=self._task.key, attempt=self._task.attempt)
        notebook, role = Notebook.open(self._site, self._task, agent=VALIDATOR), self._site.roles.of("validator")
        with self._site.copy(f"review-{self._task.id}", commit) as folder:
            kit = work_tools(
                Workspace(folder), self._site.sandbox, read_only=True, timeout_s=self._site.command_timeout_s
            )
            agent = Agent(
                VALIDATOR,
                model=model,
                instructions=prompt("validator") + role.instructions,
                tools=role.narrowed([*kit.tools, *validator_tools(given.append)]),
                limits=role.limited(self._site.limits_of(VALIDATOR)),
                # Its steps are kept, but it reads nothing of what the author remembers: its eyes are its own.
                observer=Observers([self._site.recorder(VALIDATOR, model, **self._where), NoteTaker(notebook.memory)]),
                stop=self._site.stop,
                pause=self._site.pause,
            )
            result = agent.run(self._question(commit, checks, compared))
        if result.ending == "stopped" and not given:
            return None
        if (
            result.ending == "stalled"
            and not given
            and may_try_again(self._site, VALIDATOR, result.reason, **self._where)
        ):
            return None
        return given[0] if given else Judgement(False, [f"the validator ended without a verdict ({result.ended})"])

    def _question(self, commit: str, checks: Sequence[Check], compared: Compared) -> str:
        handoff = self._evidence.get("handoff") or {}
        judged = [a for a in self._contract.of_task(self._task.key) if a.judge]
        lines = [f"Task {self._task.id}: {self._task.subject}", "", self._task.description, ""]
        for check in checks:
            lines += [f"{check.assertion}  {check.command}", check.ending, fenced("output", check.output)]
        lines += compared.told
        lines += [f"{a.id}  to be judged: {a.text}\n  {a.judge}" for a in judged]
        left = handoff.get("undone")
        undone = "; ".join(map(str, left)) if left and isinstance(left, list) else "nothing"
        lines += ["", "What the author says:", fenced("author", f"{handoff.get('summary', '')}\nUndone: {undone}")]
        lines += ["", "The change:", fenced("change", self._change(commit))]
        return "\n".join(lines)

    def _change(self, commit: str) -> str:
        """Return the diff from the branch to the merge, in full up to a length and then cut with a word about it."""
        diff = self._site.project.diff(self._site.branch_tip(), commit)
        if len(diff) <= DIFF_CHARACTERS:
            return diff
        return f"{diff[:DIFF_CHARACTERS]}\n[… {len(diff) - DIFF_CHARACTERS:,} more characters; read the files]"

    def _accept(self, candidate: MergeCandidate) -> None:
        self._give("accepted", [], candidate.commit)
        self._land(candidate)

    def _land(self, candidate: MergeCandidate) -> None:
        site = self._site
        attempted = site.past.of(self._task.id, self._task.attempt)
        # By a run before this one, which did not live to complete the task.
        commit = attempted.merged if attempted is not None and candidate.already else None
        if commit is None:
            commit = candidate.commit
            site.project.land(candidate)
            self._record("work.merged", {"branch": site.branch, "commit": commit, "parents": list(candidate.parents)})
        commands = ", ".join(dict.fromkeys(check["command"] for check in self._evidence["checks"]))
        Notebook.open(site, self._task, agent=VALIDATOR).commit_once(f"Accepted: these exit 0: {commands or 'none'}")
        Notebook.open(site, self._task, agent=LEAD).merge()
        self._evidence["merged"] = commit
        site.team.board.complete(self._task.id, VALIDATOR, self._evidence, epoch=self._task.epoch)

    def _reject(self, commit: str | None, findings: list[str]) -> None:
        self._give("rejected", findings, commit)
        self._send_back(findings)

    def _give(self, verdict: str, findings: list[str], commit: str | None) -> None:
        """Record the verdict with all that it rests on, so that it can be carried out by whoever comes after a kill."""
        rests_on = {name: value for name, value in self._evidence.items() if name != "handoff" or value is None}
        given = {"verdict": verdict, "by": VALIDATOR, "findings": findings, "commit": commit}
        self._record("verdict.given", {**given, "evidence": rests_on})

    def _send_back(self, findings: list[str]) -> None:
        site = self._site
        notebook = Notebook.open(site, self._task, agent=VALIDATOR)
        notebook.commit_once("Attempt rejected: " + "; ".join(finding.splitlines()[0] for finding in findings))
        told = cut("\n".join(findings), MAIL_CHARACTERS)
        site.team.send(
            self._task.author or LEAD,
            told,
            sender=VALIDATOR,
            summary=f"{self._task.key} rejected",
            msg_id=key_of(site.mission, self._task, "rejected", told),
        )
        site.team.board.reject(self._task.id, VALIDATOR, findings, self._evidence, epoch=self._task.epoch)

    def _record(self, type_: str, data: dict[str, Any]) -> None:
        self._site.journal.append(type_, data, mission=self._site.mission, agent=VALIDATOR, **self._where)
