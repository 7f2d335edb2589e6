"""What ``codex exec --json`` says of itself.

Rule 1: of what went wrong only the failure of a turn counts; an ``error`` is also said of what it
    tries again by itself.
Rule 2: it names no model and no price: what it took stands in the journal under its own name, of unknown price.

Source: developers.openai.com/codex/noninteractive, and lines of codex-cli 0.169.0 (tests/data/workers/codex.jsonl).
"""

import json
from collections.abc import Sequence

from teams.agent.limits import NOTHING, total
from teams.mission.workers.transcript import Heard, Json, Taken, count_of, part_of, text_of
from teams.models.port import ToolCall, Usage

COMMAND = "codex exec --json --sandbox workspace-write -"


class Codex:
    """A dialect (:class:`teams.mission.workers.transcript.Dialect`)."""

    name = "codex"

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._usage = NOTHING
        self._turns = 0

    def line(self, document: Json) -> None:
        """Take in one line."""
        about, _, what = text_of(document, "type").partition(".")
        if about == "item" and what == "started":
            self._started(part_of(document, "item"))
        elif about == "item" and what == "completed":
            self._completed(part_of(document, "item"))
        elif about == "turn" and what == "completed":
            self._turns += 1
            self._usage = total(self._usage, _usage(part_of(document, "usage")))
        elif about == "turn" and what == "failed":
            self._heard.failed(text_of(part_of(document, "error"), "message") or "it did not say why")

    def taken(self) -> Sequence[Taken]:
        """Return what it took in all; what was cut short says nothing of that."""
        return [Taken(self.name, self._turns, self._usage)] if self._turns else []

    def _started(self, item: Json) -> None:
        if item.get("type") == "command_execution":
            given = json.dumps({"command": text_of(item, "command")}, ensure_ascii=False)
            self._heard.began(ToolCall(text_of(item, "id"), "run", given))

    def _completed(self, item: Json) -> None:
        if item.get("type") == "agent_message":
            self._heard.said(text_of(item, "text"))
        elif item.get("type") == "command_execution":
            code = item.get("exit_code")
            known = isinstance(code, int) and not isinstance(code, bool)
            # Without an exit code it was refused, and did not run.
            self._heard.ended(
                text_of(item, "id"),
                ok=code == 0,
                output=text_of(item, "aggregated_output"),
                command=text_of(item, "command") if known else "",
                exit_code=count_of(item, "exit_code") if known else None,
            )


def _usage(usage: Json) -> Usage:
    # Its input tokens hold the cached ones.
    return Usage(
        count_of(usage, "input_tokens"), count_of(usage, "cached_input_tokens"), count_of(usage, "output_tokens"), None
    )
