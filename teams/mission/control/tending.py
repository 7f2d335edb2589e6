"""What a run that leads a team does beside its work: it beats, cares for the team, heeds words from outside, and says
how it ended.

Rule 1: the team is cared for, once for the whole run, from its first event to before its last word.
Rule 2: what ends a run before its end is recorded as an interruption, and raised.
Rule 3: a stop that was said is an ending for good; the word is taken away only when the ending is on record. So is one
    because the time is over (:mod:`teams.mission.spending.worktime`). A stop by a signal is an interruption.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

from onecontext.errors import OneContextError
from teams.engine.regular import Regular
from teams.mission.attempt.copy import clear
from teams.mission.attempt.effects import key_of
from teams.mission.control.halt import Halt, Heed, Order
from teams.mission.notebook import commit as keep
from teams.mission.outcome import Outcome
from teams.mission.site import LEAD, Site
from teams.protocol.care import CARE_S, TROUBLE, Care

HEED_S = 0.25


class Tending:
    """The care for one run on one site; used by its one process.

    Where the lead is another program's, as in the team of a running client, nothing is done or said in its name.

    Args:
        branches: what the names of the run's branches begin with, where it has several; None: it has ``site.branch``.
    """

    def __init__(self, site: Site, *, branches: str | None = None) -> None:
        self._site = site
        self._branches = branches
        self._lead = LEAD if site.team.is_ours(LEAD) else None
        self.care = Care(site.team, mission=site.mission, agent=self._lead)
        self.halt = Halt(site.journal)
        self._heed = Heed(self.halt, mission=site.mission)
        self._stopped: Order | None = None

    def begin(self, goal: str, *, base: str, model: str, scripted: bool, **more: object) -> None:
        """Record that the run begins on the commit ``base``; ``more`` stands in the same event."""
        site = self._site
        data = {
            "goal": goal,
            "branch": site.branch,
            "base": base,
            "model": model,
            "scripted": scripted,
            "workers": site.config.workers,
            "sandbox": site.sandbox.tier,
            "max_attempts": site.config.max_attempts,
            "budget": self._budget(),
            "who": dict(site.who),
            "memory": site.memory.branch,
            "address": site.address,
            **more,
        }
        self._record("mission.started", data)

    def come_back(self, *, reason: str, workers: int | None = None) -> None:
        """Mend what the last run, which is dead, left behind, and record that the work goes on.

        Args:
            workers: how many work at once from here on; None: as the configuration says.
        """
        self.care.look()
        repaired = self._clear_what_the_dead_left()
        reason = reason or "the last run did not come to its end"
        site = self._site
        now = {
            "workers": workers or site.config.workers,
            "max_attempts": site.config.max_attempts,
            "budget": self._budget(),
            "who": dict(site.who),
            "address": site.address,
        }
        self._record("mission.resumed", {"reason": reason, "repaired": repaired, **now})

    @contextmanager
    def tending(self) -> Iterator[Callable[[], BaseException | None]]:
        """Tend for as long as the block takes; it is given what returns the failure of anything done beside it.

        Raises:
            OneContextError, OSError, KeyboardInterrupt: of the block or beside it, recorded as an interruption.
        """
        try:
            self.care.keep_journal()
            with (
                self._site.time,
                self._site.team.beating(self._lead) if self._lead else nullcontext(),
                Regular(self.care.look, every_s=CARE_S, name="care for the team") as care,
                self._heeding() as heed,
            ):
                yield lambda: care.failure or heed.failure
            if failure := care.failure or heed.failure:
                raise failure
            self.care.look()
            self._obey()
        except (OneContextError, OSError, KeyboardInterrupt) as error:
            self._interrupted(error)
            raise
        finally:
            self._site.handed.drop()

    def end(self, outcome: Outcome, *, milestone: str, commit: str | None, kept: str = "", **more: object) -> Outcome:
        """Record how the run came out, and return it: with whoever said so, where it was stopped.

        Args:
            milestone: what the memory keeps of it, before how it ended; an interruption is no milestone.
            kept: what it keeps besides, behind that; "" nothing.
            commit: what the ending is said of, None where nothing landed.
            more: stands in the same event.
        """
        site = self._site
        if outcome.ending == "stopped" and self._stopped is None and site.time.exhausted:
            outcome = Outcome("budget_exhausted", site.time.exhausted)
        if outcome.ending == "stopped" and self._stopped is None:
            self._record("mission.interrupted", {"reason": outcome.reason})
            return outcome
        if outcome.ending == "stopped" and self._stopped is not None:
            outcome = Outcome("stopped", str(self._stopped))
        text = f"{milestone}: {outcome.ending}. {outcome.reason}"
        text = f"{text}\n\n{kept}" if kept else text
        key = key_of(site.mission, None, "ended", text, commit or "")
        keep(site, site.memory, text, key=key, look=True, code_commit=commit)
        self._collect()
        said = {"ending": outcome.ending, "reason": outcome.reason, "branch": site.branch, "commit": commit}
        self._record("mission.ended", {**said, **more})
        if self._stopped is not None:
            self.halt.path.unlink(missing_ok=True)
        return outcome

    def _collect(self) -> None:
        """Take away context variables that nothing names; what keeps that from being done is told, and no more."""
        try:
            self._site.memory.variables.collect()
        except OneContextError as error:
            self._record(TROUBLE, {"doing": "collect values", "reason": error.message})

    @contextmanager
    def _heeding(self) -> Iterator[Regular]:
        """Look for a word from outside, at once and then again and again."""
        self._obey()
        with Regular(self._obey_or_end, every_s=HEED_S, name="heeds a halt") as heed:
            yield heed

    def _obey_or_end(self) -> None:
        try:
            self._obey()
        except BaseException:
            # Whatever it was, nobody would be left to let go who is held. The mission ends with it.
            self._site.stop.set()
            raise

    def _obey(self) -> None:
        order = self._heed.look()
        if order is None:
            self._site.pause.clear()
        elif order.word == "pause":
            self._site.pause.set()
        else:
            self._stopped = order
            self._site.stop.set()

    def _interrupted(self, error: BaseException) -> None:
        """Record why the run ends before its end; where that cannot be, the error itself must not be hidden by it."""
        reason = "interrupted from the keyboard" if isinstance(error, KeyboardInterrupt) else str(error)
        with suppress(OneContextError, OSError):
            self._record("mission.interrupted", {"reason": reason})

    def _clear_what_the_dead_left(self) -> list[str]:
        """Mend what a kill cut short and return what was done; the mission's lock is ours, so its last run is dead."""
        site = self._site
        locks = site.project.drop_dead_locks(site.mission, branches=self._branches)
        repaired = [f"{name} was left by a killed run" for name in locks]
        clear(site, site.team.board.list())
        return [*repaired, *site.team.board.repair()]

    def _budget(self) -> dict[str, object]:
        return self._site.budget.model_dump(mode="json", exclude_none=True)

    def _record(self, type_: str, data: dict[str, object]) -> None:
        self._site.journal.append(type_, data, mission=self._site.mission, agent=self._lead)
