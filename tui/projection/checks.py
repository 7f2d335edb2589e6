"""What was promised, what the host verified, and what validators decided.

Rule 1: an assertion holds when its newest command exited with 0; before the first, nobody knows.
"""

from collections import deque

from teams.engine.event import Event
from tui import fields
from tui.projection.replacing import replace
from tui.snapshot import Assertion, Change, Verdict, Verification

KEPT = 2_000


class Checks:
    """The contract's assertions in order, the newest verifications and verdicts."""

    def __init__(self) -> None:
        self._assertions: dict[str, Assertion] = {}
        self.verifications: deque[Verification] = deque(maxlen=KEPT)
        self.verdicts: deque[Verdict] = deque(maxlen=KEPT)
        self.changes: deque[Change] = deque(maxlen=KEPT)

    def assertions(self) -> tuple[Assertion, ...]:
        return tuple(self._assertions.values())

    def forget_promises(self) -> None:
        """A new mission makes promises of its own."""
        self._assertions.clear()

    def promise(self, event: Event) -> None:
        """Take in the contract of ``mission.planned`` or ``mission.decided``; what is in it no longer is forgotten."""
        before, self._assertions = self._assertions, {}
        for item in fields.mappings(fields.mapping(event.data, "contract"), "assertions"):
            assertion = Assertion(fields.text(item, "id"), fields.text(item, "text"))
            known = before.get(assertion.id)
            self._assertions[assertion.id] = known if known and known.text == assertion.text else assertion

    def verify(self, event: Event) -> Verification:
        """Take in one command of the contract and return what came of it."""
        data = event.data
        verification = Verification(
            at=event.at,
            task=event.task or "",
            attempt=event.attempt,
            assertion=fields.text(data, "assertion"),
            command=fields.text(data, "command"),
            exit_code=fields.optional_number(data, "exit_code"),
            output=fields.text(data, "output"),
            duration_s=fields.optional_float(data, "duration_s"),
        )
        self.verifications.append(verification)
        promised = self._assertions.get(verification.assertion)
        if promised:
            self._assertions[promised.id] = replace(promised, holds=verification.exit_code == 0)
        return verification

    def judge(self, event: Event) -> Verdict:
        """Take in one verdict and return it."""
        data = event.data
        by = fields.text(data, "by") or event.agent or ""
        words, findings = fields.text(data, "verdict"), fields.texts(data, "findings")
        verdict = Verdict(event.at, event.task or "", event.attempt, words, by, findings)
        self.verdicts.append(verdict)
        self._changed(event, words)
        return verdict

    def merge(self, event: Event) -> None:
        """Take in that the work of a task came onto the mission's branch."""
        self._changed(event, "merged", parent=next(iter(fields.texts(event.data, "parents")), None))

    def _changed(self, event: Event, what: str, *, parent: str | None = None) -> None:
        commit = fields.text(event.data, "commit")
        if commit:
            agent = event.agent or ""
            self.changes.append(Change(event.at, event.task or "", event.attempt, what, agent, commit, parent))
