"""What ``claude -p --output-format stream-json --verbose`` says of itself.

Rule 1: what it took is what its last line says, by model, with the price; of a run that was cut short it is what its
    messages said by then, of unknown price, and what they said of an answer that was still coming is too little.

Source: code.claude.com/docs/en/headless and /sdk (SDKAssistantMessage, SDKUserMessage, SDKResultMessage), and lines of
Claude Code 2.1.330 (tests/data/workers/claude.jsonl).
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from teams.agent.limits import NOTHING, total
from teams.mission.workers.transcript import Heard, Json, Taken, count_of, number_of, part_of, parts_of, text_of
from teams.models.port import ToolCall, Usage

COMMAND = "claude -p --output-format stream-json --verbose --permission-mode acceptEdits --allowedTools Bash"
_EXIT = re.compile(r"Exit code (\d{1,3})\b")
_MAX_MESSAGES = 100_000


class ClaudeCode:
    """A dialect (:class:`teams.mission.workers.transcript.Dialect`)."""

    name = "claude-code"

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._commands: dict[str, str] = {}
        """Ids of calls of Bash to what they run."""
        self._messages: dict[str, tuple[str, Usage]] = {}
        """Ids of answers to the model and what that answer took; each block of an answer comes on a line of its own."""
        self._whole: Sequence[Taken] = ()

    def line(self, document: Json) -> None:
        """Take in one line."""
        kind = text_of(document, "type")
        if kind == "assistant":
            self._assistant(part_of(document, "message"))
        elif kind == "user":
            for block in parts_of(part_of(document, "message"), "content"):
                self._returned(block)
        elif kind == "result":
            self._result(document)

    def taken(self) -> Sequence[Taken]:
        """Return what models took, by model."""
        if self._whole:
            return self._whole
        sums: dict[str, tuple[int, Usage]] = {}
        for model, usage in self._messages.values():
            calls, before = sums.get(model, (0, NOTHING))
            sums[model] = calls + 1, total(before, usage)
        return [Taken(model, calls, usage) for model, (calls, usage) in sums.items()]

    def _assistant(self, message: Json) -> None:
        name = text_of(message, "id")
        if len(self._messages) < _MAX_MESSAGES or name in self._messages:
            self._messages[name] = text_of(message, "model") or self.name, _usage(part_of(message, "usage"))
        for block in parts_of(message, "content"):
            if block.get("type") == "text":
                self._heard.said(text_of(block, "text"))
            elif block.get("type") == "tool_use":
                self._called(block)

    def _called(self, block: Json) -> None:
        call, tool = text_of(block, "id"), text_of(block, "name")
        given = part_of(block, "input")
        if tool == "Bash":
            self._commands[call] = text_of(given, "command")
        self._heard.began(ToolCall(call, tool, json.dumps(given, ensure_ascii=False)))

    def _returned(self, block: Json) -> None:
        if block.get("type") != "tool_result":
            return
        call, output = text_of(block, "tool_use_id"), _text(block.get("content"))
        ok = block.get("is_error") is not True
        said = _EXIT.match(output)
        # An error without an exit code was no run: it was not permitted, say, or broken off.
        ran = ok or said is not None
        command = self._commands.pop(call, "") if ran else ""
        self._heard.ended(call, ok=ok, output=output, command=command, exit_code=int(said[1]) if said and not ok else 0)

    def _result(self, document: Json) -> None:
        seconds = (number_of(document, "duration_api_ms") or 0.0) / 1000
        answers: dict[str, int] = {}
        for model, _ in self._messages.values():
            answers[model] = answers.get(model, 0) + 1
        models = {name: of for name, of in part_of(document, "modelUsage").items() if isinstance(of, dict)}
        self._whole = [
            Taken(name, max(answers.get(name, 0), 1), _of_model(of), seconds if number == 0 else 0.0)
            for number, (name, of) in enumerate(models.items())
        ]
        text = text_of(document, "result")
        if text:
            self._heard.said(text)
        if document.get("is_error") is True or document.get("subtype") != "success":
            kind = text_of(document, "subtype")
            # What the provider refused comes as a success that is an error.
            told = "" if kind in ("", "success") else f"{kind}: "
            self._heard.failed(f"{told}{text or 'it did not say why'}")


def _usage(usage: Json) -> Usage:
    cached = count_of(usage, "cache_read_input_tokens")
    every = count_of(usage, "input_tokens") + cached + count_of(usage, "cache_creation_input_tokens")
    return Usage(every, cached, count_of(usage, "output_tokens"), None)


def _of_model(of: Json) -> Usage:
    cached = count_of(of, "cacheReadInputTokens")
    every = count_of(of, "inputTokens") + cached + count_of(of, "cacheCreationInputTokens")
    return Usage(every, cached, count_of(of, "outputTokens"), number_of(of, "costUSD"))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(text_of(part, "text") for part in content) if isinstance(content, list) else ""
