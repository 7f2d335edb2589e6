"""A model that says what a script says: for tests, demonstrations and working without a network.

Rule 1: a conversation starts at its first turn whenever it is opened; nothing is kept between processes.
Rule 2: a script that does not fit what happens is an error that says both sides, never an invented answer.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from onecontext.errors import ScriptExhausted
from teams.models.counting import Counting
from teams.models.port import Conversation, Message, OnText, OpenPriced, Price, Reply, ToolCall, ToolSpec, Usage
from teams.models.script import ScriptConversation, Turn, load_script

_PIECES = re.compile(r"\s*\S+\s*|\s+")
_SHOWN = 300


def open_script(path: Path, *, sleep: Callable[[float], None] = time.sleep) -> OpenPriced:
    """Read the script at ``path`` once and return what opens its conversations.

    Raises:
        UnknownModel, NewerFormat, InvalidDocument: as :func:`teams.models.script.load_script`.
    """
    conversations = load_script(path)
    name = f"scripted:{path}"

    def open_conversation(whose: Conversation) -> ScriptedModel:
        fitting = ((place, found) for place, found in conversations.items() if found.fits(whose))
        place, found = next(fitting, (str(path), None))
        return ScriptedModel(name, whose, place, found, sleep=sleep)

    return open_conversation


class ScriptedModel:
    """One conversation of a script: each :meth:`reply` is its next turn. Costs nothing, and says so: 0.0."""

    scripted = True

    def __init__(
        self,
        name: str,
        whose: Conversation,
        place: str,
        conversation: ScriptConversation | None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        new_id: Callable[[], str] = lambda: f"call_{uuid.uuid4().hex[:24]}",
    ) -> None:
        self.name = name
        self._whose = whose
        self._place = place
        self._conversation = conversation
        self._sleep = sleep
        self._new_id = new_id
        self._next = 0
        self._counting = Counting()

    def window(self) -> None:
        """Return that a script has no end but its own."""

    def price(self) -> Price:
        """Return that it costs nothing."""
        return Price(0.0, 0.0)

    def reply(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        *,
        on_text: OnText | None = None,
        most_tokens: int | None = None,
    ) -> Reply:
        """Say the next turn, however long; see :meth:`teams.models.port.Model.reply`.

        Raises:
            ScriptExhausted: no conversation fits, it has no further turn, or the last message lacks what is expected.
        """
        turn = self._turn(messages)
        if turn.wait_s:
            self._sleep(turn.wait_s)
        self._next += 1
        for piece in _PIECES.findall(turn.say):
            if on_text is not None:
                on_text(piece)
        calls = tuple(
            ToolCall(self._new_id(), call.tool, json.dumps(call.args, ensure_ascii=False)) for call in turn.call
        )
        reply = Message("assistant", turn.say, calls)
        usage = Usage(self._counting.tokens_in(messages, tools), 0, self._counting.of(reply), 0.0)
        return Reply(turn.say, calls, usage, self.name, "tools" if calls else "end", "scripted")

    def _turn(self, messages: Sequence[Message]) -> Turn:
        asked = _shortened(messages[-1].content if messages else "")
        if self._conversation is None:
            raise ScriptExhausted(f"{self._place} has no conversation for {self._who()}; it was asked: {asked}")
        turns = self._conversation.turns
        if self._next >= len(turns):
            raise ScriptExhausted(
                f"{self._place} ends after {len(turns)} turns, and {self._who()} was asked for one more: {asked}"
            )
        turn = turns[self._next]
        if turn.expect is not None and turn.expect not in (messages[-1].content if messages else ""):
            raise ScriptExhausted(
                f"{self._place}.turns.{self._next} expects {turn.expect!r} in the last message for {self._who()}, "
                f"which is: {asked}"
            )
        return turn

    def _who(self) -> str:
        whose = self._whose
        return f"agent {whose.agent!r}, role {whose.role!r}, task {whose.task!r}, attempt {whose.attempt}"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return repr(flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN // 2]} … {flat[-_SHOWN // 2 :]}")
