"""How many tokens a conversation has before it is sent, by our own count."""

import json
from collections.abc import Sequence

from onecontext.text.tokens import default_counter
from teams.models.port import Message, ToolSpec


class Counting:
    """Counts one conversation again and again: each message and tool once, for it is asked for anew with every turn."""

    def __init__(self) -> None:
        self._counted: dict[Message, int] = {}
        self._tools: list[ToolSpec] = []
        self._schemas = 0

    def tokens_in(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> int:
        """Return the tokens of messages and schemas; what a provider puts around them is not in it."""
        if self._tools != list(tools):
            count = default_counter().count
            self._tools = list(tools)
            self._schemas = sum(
                count(f"{tool.name} {tool.description} {json.dumps(tool.parameters)}") for tool in tools
            )
        return self._schemas + sum(self.of(message) for message in messages)

    def of(self, message: Message) -> int:
        """Return the tokens of one message and the calls in it."""
        if message not in self._counted:
            texts = [message.content, *(f"{call.name} {call.arguments}" for call in message.tool_calls)]
            self._counted[message] = sum(map(default_counter().count, texts))
        return self._counted[message]
