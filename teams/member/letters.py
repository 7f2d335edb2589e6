"""What a member writes: answers, and the forms that the client's own members send (docs/formats.md, part 2).

Rule 1: each letter has an id made of the turn it belongs to, so that a turn taken up again after a kill sends it once.
Rule 2: nobody left to answer is no error: the lead is told instead.
"""

import uuid

from onecontext.errors import UnknownMember
from teams.agent.tools import cut
from teams.protocol.config import LEAD, Member
from teams.protocol.mail.forms import IdleNotification, ShutdownApproved, ShutdownRejected, ShutdownRequest
from teams.protocol.mail.message import Message
from teams.protocol.team import Team

LIMIT_CHARACTERS = 200_000
SUMMARY_CHARACTERS = 80
_OURS = uuid.UUID("8f1b4c8e-7a52-5d0b-9f43-2f0f6d1f8a11")


def letter_id(team: str, name: str, turn: str, what: str) -> str:
    """Return the id of a letter that ``name`` writes in the turn of message ``turn``: the same whenever it is asked."""
    return str(uuid.uuid5(_OURS, "\n".join((team, name, turn, what))))


class Letters:
    """The letters of one member."""

    def __init__(self, team: Team, me: Member) -> None:
        self._team = team
        self._me = me

    def answer(self, message: Message, text: str) -> bool:
        """Send ``text`` to who wrote ``message``; False when they are not in the team."""
        return self._send(message.sender, text, turn=message.msg_id, what="answer", summary=_head(text), answers=True)

    def idle(self, message: Message, *, failed: bool, summary: str) -> None:
        """Tell the lead that the turn is over, as the client's members do."""
        form = IdleNotification.make(self._me.name, reason="failed" if failed else "available", summary=summary or None)
        self._send(LEAD, form.to_text(), turn=message.msg_id, what="idle")

    def shutdown(self, message: Message, request: ShutdownRequest, *, stay: str) -> None:
        """Answer a request to shut down: ``stay`` says why not, "" approves."""
        form: ShutdownApproved | ShutdownRejected
        if stay:
            form = ShutdownRejected.make(request.request_id, self._me.name, reason=stay)
        else:
            form = ShutdownApproved.make(request.request_id, self._me)
        self._send(message.sender, form.to_text(), turn=message.msg_id, what="shutdown", answers=True)

    def farewell(self, text: str, *, turn: str) -> None:
        """Tell the lead why this member leaves without having been asked to; ``turn`` makes it one letter."""
        self._send(LEAD, text, turn=turn, what="farewell", summary=_head(text))

    def _send(self, to: str, text: str, *, turn: str, what: str, summary: str = "", answers: bool = False) -> bool:
        if to == self._me.name:
            return False
        msg_id = letter_id(self._team.name, self._me.name, turn, what)
        body = cut(text, LIMIT_CHARACTERS).encode("utf-8", "replace").decode("utf-8")
        try:
            self._team.send(
                to,
                body,
                sender=self._me.name,
                summary=summary or None,
                msg_id=msg_id,
                in_reply_to=turn if answers else None,
            )
        except UnknownMember:
            return False
        return True


def _head(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUMMARY_CHARACTERS else line[: SUMMARY_CHARACTERS - 1] + "…"
