"""How the orchestrator ends a mission before its end: what it must show, and what is recorded of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from onecontext.errors import UsageError
from teams.mission.site import LEAD, Site
from teams.mission.steering.feasibility import Proof, Refuted, examine
from teams.mission.steering.tools import StopEnding

CLAIMS = 3
"""How often in one conversation it may be claimed that the goal cannot be reached."""


class Stopping:
    """One conversation's way to end the mission; ``commit`` is what has landed. ``data`` goes into the record."""

    def __init__(self, site: Site, commit: str, data: Mapping[str, Any]) -> None:
        self._site = site
        self._commit = commit
        self._data = data
        self._claims = 0

    def stop(self, ending: StopEnding, reason: str, proofs: Sequence[Proof]) -> None:
        """Record that the mission is to end, once that may be said.

        Raises:
            UsageError: it may not; the message is for the model.
            StorageError: nothing was recorded.
        """
        if not reason.strip():
            raise UsageError("say why: the reason is empty")
        confirmed: list[str] = []
        if ending == "infeasible":
            confirmed = self._examined(reason, proofs)
        self._site.journal.append(
            "mission.decided",
            {
                **self._data,
                "choice": "stop",
                "ending": ending,
                "reason": reason,
                "proofs": [proof.model_dump(mode="json") for proof in proofs],
                "confirmed": confirmed,
            },
            mission=self._site.mission,
            agent=LEAD,
        )

    def _examined(self, reason: str, proofs: Sequence[Proof]) -> list[str]:
        if not proofs:
            raise UsageError("infeasible needs proofs: commands that show it, with the exit codes they have")
        if self._claims == CLAIMS:
            raise UsageError("that was not confirmed often enough; do something else")
        self._claims += 1
        try:
            return examine(self._site, self._commit, reason, proofs)
        except Refuted as error:
            raise UsageError(f"not confirmed: {error}") from error
