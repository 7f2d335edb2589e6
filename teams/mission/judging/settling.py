"""A verdict, and what comes of it: it is recorded with all that it rests on, and then carried out.

Rule 1: recorded first: whoever comes after a kill carries it out, and judges nothing anew.
Rule 2: exactly the merge that was measured lands.
"""

from collections.abc import Mapping
from typing import Any

from onecontext.store.project import MergeCandidate
from teams.agent.tools import cut
from teams.mission.attempt.effects import key_of
from teams.mission.notebook import Notebook
from teams.mission.site import LEAD, VALIDATOR, Site
from teams.protocol.board.task import Task

MAIL_CHARACTERS = 100_000


class Settling:
    """Settles one attempt at ``task``; ``evidence`` is what the verdict rests on, and is added to until then."""

    def __init__(self, site: Site, task: Task, evidence: dict[str, Any], where: Mapping[str, Any]) -> None:
        self._site = site
        self._task = task
        self._evidence = evidence
        self._where = where

    def carry_out(self, given: Mapping[str, Any]) -> bool:
        """Do what a verdict says that a killed run gave; False: the branch has moved since, and it says nothing now."""
        self._evidence |= given.get("evidence") or {}
        if given["verdict"] == "rejected":
            self._send_back([*given["findings"]])
            return True
        made = self._site.project.merge_made(self._site.branch, given["commit"])
        if made is not None:
            self._land(made)
        return made is not None

    def accept(self, candidate: MergeCandidate) -> None:
        """Land the merge and complete the task."""
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
            self.record("work.merged", {"branch": site.branch, "commit": commit, "parents": list(candidate.parents)})
        commands = ", ".join(dict.fromkeys(check["command"] for check in self._evidence["checks"]))
        Notebook.open(site, self._task, agent=VALIDATOR).commit_once(f"Accepted: these exit 0: {commands or 'none'}")
        self._tell_what_else_was_found()
        Notebook.open(site, self._task, agent=LEAD).merge()
        self._evidence["merged"] = commit
        site.team.board.complete(self._task.id, VALIDATOR, self._evidence, epoch=self._task.epoch)

    def _tell_what_else_was_found(self) -> None:
        """Let the lead, and the memory, know what the author found and did not touch, and the author what was advised.

        It is in the memory of the task, which is merged into the mission's.
        """
        handoff = self._evidence.get("handoff") or {}
        found = handoff.get("discovered") if isinstance(handoff, dict) else None
        if isinstance(found, list) and found:
            self._tell(LEAD, "discovered", "Discovered: " + "; ".join(map(str, found)))
        if advice := self._evidence.get("advice"):
            self._tell(self._task.author or LEAD, "advice", "Accepted, with this advice: " + "; ".join(advice))

    def _tell(self, to: str, what: str, text: str) -> None:
        site, told = self._site, cut(text, MAIL_CHARACTERS)
        Notebook.open(site, self._task, agent=VALIDATOR).commit_once(told)
        key = key_of(site.mission, self._task, what, told)
        site.team.send(to, told, sender=VALIDATOR, summary=f"{self._task.key} {what}", msg_id=key)

    def reject(self, commit: str | None, findings: list[str]) -> None:
        """Send the attempt back with what was found in it; ``commit`` is what was measured, None: nothing could be."""
        self._give("rejected", findings, commit)
        self._send_back(findings)

    def _give(self, verdict: str, findings: list[str], commit: str | None) -> None:
        """Record the verdict with all that it rests on, so that it can be carried out by whoever comes after a kill."""
        rests_on = {name: value for name, value in self._evidence.items() if name != "handoff" or value is None}
        given = {"verdict": verdict, "by": VALIDATOR, "findings": findings, "commit": commit}
        self.record("verdict.given", {**given, "evidence": rests_on})

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

    def record(self, type_: str, data: dict[str, Any]) -> None:
        """Append an event of this judgement to the journal."""
        self._site.journal.append(type_, data, mission=self._site.mission, agent=VALIDATOR, **self._where)
