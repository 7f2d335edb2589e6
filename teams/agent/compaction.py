"""Going on with an empty window: what was said is left behind, and what matters comes back from the memory.

Rule 1: with a memory nothing is lost: every call of a tool is a step in it before it is left behind, and a milestone
    marks the place. Without one the model is told that what it said before is gone.
Rule 2: the last calls and what came of them stay, where they are small enough: the model was about to read them.
"""

from collections.abc import Callable, Sequence

from teams.agent.observer import Notebook, storable_head
from teams.models.counting import Counting
from teams.models.port import Message, ToolSpec

FULL = 0.8
"""Of the window: from here on a conversation is begun anew before it is sent."""
KEPT = 0.25
"""Of the window: as much as the last calls and their results may take in a new one."""
_SAID = 500
REMEMBERED = (
    "Your window was full, so what was said before is left behind: what you remember stands above, and every call you "
    "made is in your memory. Look again at what you need, and go on."
)
FORGOTTEN = "Your window was full, so what was said before is gone. Look again at what you need, and go on."


class Compaction:
    """How one run begins anew.

    Args:
        opening: returns system prompt and task, the task followed by what the memory says to it now, and by the words
            it is given.
        memory: where a milestone marks the place; None: there is none.
        window_tokens: what the window holds; None: nobody knows, and only an overflow tells that it is full.
    """

    def __init__(
        self, opening: Callable[[str], Sequence[Message]], memory: Notebook | None, window_tokens: int | None
    ) -> None:
        self._opening = opening
        self._memory = memory
        self._window = window_tokens
        self._counting = Counting()

    @property
    def window_tokens(self) -> int | None:
        """What the window holds; None: nobody knows."""
        return self._window

    def is_due(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> bool:
        """Say whether the conversation fills the window, and beginning anew would make room for more than a turn.

        It does not where the task itself, or the one turn that there is, fills it: that would be begun anew for ever.
        """
        if self._window is None or sum(message.role == "assistant" for message in messages) < 2:
            return False
        if self._counting.tokens_in(messages, tools) <= self._window * FULL:
            return False
        return self._counting.tokens_in(messages[:2], tools) <= self._window * (FULL - KEPT)

    def anew(self, messages: Sequence[Message], *, opened: int, turns: int) -> list[Message]:
        """Return the conversation to go on with instead of ``messages``.

        Args:
            opened: with how many of them the run began: what was said before its task is none of its last calls.
            turns: replies of the model in this run, for the milestone.

        Raises:
            StorageError, Conflict: the milestone could not be recorded; nothing was left behind.
        """
        if self._memory is not None:
            last = next((m.content for m in reversed(messages) if m.role == "assistant" and m.content.strip()), "")
            said = f" It last said: {storable_head(last)[:_SAID]}" if last else ""
            self._memory.commit(f"The window was full after {turns} turns; went on from memory.{said}")
        words = FORGOTTEN if self._memory is None else REMEMBERED
        return [*self._opening(words), *self._tail(messages[opened:])]

    def _tail(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the last calls with all that came of them, nothing where they are large or there are none."""
        start = next((at for at in range(len(messages) - 1, -1, -1) if messages[at].tool_calls), len(messages))
        tail = messages[start:]
        tokens = sum(map(self._counting.of, tail))
        return tail if self._window is None or tokens <= self._window * KEPT else ()
