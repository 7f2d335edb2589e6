"""The turns of a member, one message after the other, and what interrupts them.

Rule 1: a message is acknowledged when its answer is on record and sent; see :mod:`teams.member.turns` for what a kill
    leaves and how it goes on.
Rule 2: only the lead ends a member. A member that works says no first when it is to finish what it has (``finish``).
Rule 3: whatever it ends by, short of a kill, tasks are given back and the roster is left.
"""

import threading
from contextlib import suppress
from typing import Literal

from onecontext.errors import NoTeam, OneContextError, UnknownMember
from teams.engine.journal import random_id
from teams.engine.regular import Regular
from teams.engine.watch import watch
from teams.member.letters import Letters
from teams.member.mind import Answer, Asked, Mind
from teams.member.seat import give_up, is_gone
from teams.member.turns import Ended, Turns
from teams.member.vigil import Vigil
from teams.member.work import Refused, Work
from teams.protocol.care import CARE_S, Care
from teams.protocol.config import LEAD, Member
from teams.protocol.mail.forms import (
    IdleNotification,
    PermissionRequest,
    PlanApprovalRequest,
    ShutdownApproved,
    ShutdownRejected,
    ShutdownRequest,
    TaskAssignment,
    TeammateTerminated,
)
from teams.protocol.mail.message import Message
from teams.protocol.team import Team

LOOK_AGAIN_S = 1.0
# Nothing that asks a member for anything: notices, and requests that only a lead can grant.
_NOTICES = (
    IdleNotification,
    TeammateTerminated,
    ShutdownApproved,
    ShutdownRejected,
    PermissionRequest,
    PlanApprovalRequest,
)
OnShutdown = Literal["finish", "stop"]
How = Literal["shutdown", "stopped", "removed", "gone"]


class Orders:
    """What the owner of a sitting tells it. ``stop`` is a plain attribute: a signal handler that set an event which
    its own thread is waiting on could lock itself out.
    """

    stop = False


class Sitting:
    """One stay of ``me`` in ``team``; used once. ``orders`` is how its owner tells it to stop."""

    def __init__(
        self, team: Team, me: Member, mind: Mind, orders: Orders, *, on_shutdown: OnShutdown, lease_s: float
    ) -> None:
        self._team = team
        self._me = me
        self._mind = mind
        self._orders = orders
        self._on_shutdown = on_shutdown
        self._lease_s = lease_s
        self._wake = threading.Event()
        self._letters = Letters(team, me)
        self._turns = Turns(team.journal, me.name)
        self._work = Work(team, me.name, lease_s=lease_s)
        self._vigil = Vigil(self._look_up)
        # Held while mail is sorted, so that the vigil answers nothing that is being answered here.
        self._desk = threading.RLock()
        self._busy: Message | None = None
        self.count = 0

    def run(self) -> How:
        """Take turns until something ends the stay, and leave the team."""
        try:
            return self._stay()
        except (OneContextError, OSError):
            # A team that is removed under our hands: which of its files was missed first says nothing.
            if not is_gone(self._team):
                raise
            return "gone"

    def _stay(self) -> How:
        team = self._team
        care = Care(team, agent=self._me.name)
        # Now, and not when the team ends: a live client removes the journal with its folder.
        care.keep_journal()
        watching = watch([team.folder, team.folder / "inboxes", team.journal.folder], self._wake.set)
        try:
            # Where that ends by itself the team is gone or unusable, which the member meets where it takes its turns.
            caring = Regular(care.look, every_s=CARE_S, name="care for the team")
            with team.beating(self._me.name), self._vigil, caring:
                return self._take_turns()
        finally:
            watching.close()

    def _take_turns(self) -> How:
        while True:
            self._wake.clear()
            if self._orders.stop:
                self._leave_unasked()
                return "stopped"
            try:
                message = self._next()
                if message is None:
                    self._wake.wait(LOOK_AGAIN_S)
                elif self._turn(message):
                    return "shutdown"
            except UnknownMember:
                if self._is_in():
                    raise
                give_up(self._team, self._me.name, reason="taken out of the roster by others")
                return "removed"

    def _next(self) -> Message | None:
        """Take the next message into hand: in order, but a request to end first where work does not come first."""
        with self._desk:
            messages = self._team.receive(self._me.name)
            first = [m for m in messages if self._on_shutdown == "stop" and self._is_order(m)]
            self._busy = next(iter([*first, *messages]), None)
            return self._busy

    def _turn(self, message: Message) -> bool:
        """Answer one message; say whether it ended this member."""
        form = message.form
        try:
            if isinstance(form, ShutdownRequest):
                return self._shutdown(message, form)
            if not isinstance(form, _NOTICES):
                self._answer(message)
                self.count += 1
            self._team.acknowledge(self._me.name, [message])
            return False
        finally:
            with self._desk:
                self._busy = None

    def _answer(self, message: Message) -> None:
        ended = self._turns.ended(message)
        if ended is None:
            ended = self._think(message)
        told = ""
        # An answer is no question: two members that answer each other's answers would never stop.
        if ended.text.strip() and message.in_reply_to is None:
            sent = self._letters.answer(message, ended.text)
            told = f"[to {message.sender}] " + ("answered" if sent else "not in the team; the answer is in the journal")
        self._letters.idle(message, failed=ended.outcome == "failed", summary=told)

    def _think(self, message: Message) -> Ended:
        interrupted = self._turns.is_started(message)
        self._turns.start(message)
        form = message.form
        if isinstance(form, TaskAssignment):
            answer, text = self._do_task(message, form, interrupted=interrupted)
        else:
            answer = self._ask(Asked(message, interrupted=interrupted))
            missing = f"This was not done: {answer.missing}" if answer.missing else ""
            text = "\n\n".join(part for part in (missing, answer.text) if part)
        return self._turns.end(message, "failed" if answer.missing else "answered", text)

    def _do_task(self, message: Message, form: TaskAssignment, *, interrupted: bool) -> tuple[Answer, str]:
        try:
            if not message.verified:
                raise Refused(f"{message.sender} is nobody who assigns tasks here")
            task = self._work.take(form.task_id)
        except Refused as error:
            answer = Answer(missing=f"task #{form.task_id} cannot be taken: {error}")
            return answer, answer.missing
        if self._work.is_over(task):
            answer = Answer(str(task.evidence.get("summary", "")))
        else:
            self._vigil.keep(lambda: self._work.renew(task), every_s=self._lease_s / 3)
            try:
                answer = self._ask(Asked(message, task, interrupted))
            finally:
                lost = self._vigil.lost
                self._vigil.keep(None)
            if lost:
                return Answer(missing=lost), f"Task #{task.id} went to others while I had it: {lost}"
        return answer, self._work.finish(task, answer)

    def _ask(self, asked: Asked) -> Answer:
        if self._orders.stop:
            return Answer(missing=f"{self._me.name} was told to end before it began")
        return self._mind.answer(asked)

    def _shutdown(self, message: Message, request: ShutdownRequest) -> bool:
        ended = self._turns.ended(message)
        if ended is None:
            stay = self._refusal(message)
            ended = self._turns.end(message, "rejected" if stay else "approved", stay)
        back = [] if ended.outcome == "rejected" else self._work.give_back("its holder was asked to shut down")
        with self._desk:
            self._letters.shutdown(message, request, stay=ended.text)
            if ended.outcome == "rejected":
                self._letters.idle(message, failed=False, summary="")
                self._team.acknowledge(self._me.name, [message])
                return False
        with suppress(UnknownMember):  # the lead was quicker: it takes out of the roster whoever approves
            self._team.acknowledge(self._me.name, [message])
        reason = "shutdown approved" + (f"; gave back {', '.join('#' + name for name in back)}" if back else "")
        give_up(self._team, self._me.name, reason=reason)
        return True

    def _refusal(self, message: Message) -> str:
        """Return why this member does not end, "" when it does."""
        if not self._is_order(message):
            return f"only {LEAD} can ask a member to shut down, and only since it joined"
        return self._mind.stay(Asked(message, interrupted=self._turns.is_started(message)))

    def _is_order(self, message: Message) -> bool:
        """Say whether ``message`` is the lead's request to end this stay, not one from before it joined."""
        is_request = isinstance(message.form, ShutdownRequest)
        since = self._me.joined_at / 1000
        return is_request and message.sender == LEAD and message.verified and message.at.timestamp() >= since

    def _look_up(self) -> None:
        """Look what cannot wait, twice a second: the thread of the vigil."""
        if self._orders.stop or self._vigil.lost:
            self._mind.stop()
            self._wake.set()
        if self._busy is None:
            return
        with self._desk:
            orders = [m for m in self._team.receive(self._me.name) if m != self._busy and self._is_order(m)]
            if self._busy is None or not orders:
                return
            if self._on_shutdown == "stop":
                self._mind.stop()
                return
            for message in orders:
                self._say_no(message)

    def _say_no(self, message: Message) -> None:
        request = message.form
        assert isinstance(request, ShutdownRequest)
        stay = f"{self._me.name} is at work and finishes that first; ask again when it is idle"
        ended = self._turns.ended(message) or self._turns.end(message, "rejected", stay)
        if ended.outcome == "rejected":
            self._letters.shutdown(message, request, stay=ended.text)
            self._team.acknowledge(self._me.name, [message])

    def _leave_unasked(self) -> None:
        try:
            back = self._work.give_back("its holder was stopped")
            given = f"; given back: {', '.join('#' + name for name in back)}" if back else ""
            self._letters.farewell(f"{self._me.name} was stopped and leaves the team{given}.", turn=random_id())
        except (NoTeam, UnknownMember):
            # Nobody is left to tell.
            pass
        give_up(self._team, self._me.name, reason="stopped")

    def _is_in(self) -> bool:
        return any(member.name == self._me.name for member in self._team.members)
