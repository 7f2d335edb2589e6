"""Answers that were given before, kept so that the same question is not paid for twice.

Rule 1: a question is the whole conversation: model, address, agent, role, attempt, every message and tool, with ids of
    calls left out. Its name is the sha256 of that.
Rule 2: kept and used is only an answer that can have no side effect: one that asks for nothing but tools which change
    nothing, as whoever opens the conversation says, or one in a conversation without tools. An answer that breaks off
    (a text where tools are there, one cut at its length), an error, and what answers an error are neither.
Rule 3: one run is answered the same question once; asked again, it wants another answer.
Rule 4: where anything said looks like a secret, nothing is kept. Files are for their owner alone, and few.
"""

import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from onecontext.errors import Damaged
from onecontext.store.files import read_bytes, replace_text
from onecontext.text.redact import find_secrets
from teams.models.around import Around, Request
from teams.models.port import (
    Conversation,
    Message,
    OpenPriced,
    PricedModel,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
)

LIMIT_FILES = 1000
LIMIT_BYTES = 64 * 1024
_PRUNED_EVERY = 50
_ERROR = "error:"
FREE = Usage(0, 0, 0, 0.0)


class KeptCall(BaseModel):
    """A tool that was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    arguments: str


class Kept(BaseModel):
    """One answer as it lies on disk."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    v: int = 1
    model: str
    provider: str
    text: str
    calls: list[KeptCall]

    def reply(self, question: str) -> Reply:
        """Return the answer as if it had just been given, for nothing."""
        calls = tuple(
            ToolCall(f"call_{question[:20]}{number}", call.name, call.arguments)
            for number, call in enumerate(self.calls)
        )
        return Reply(self.text, calls, FREE, self.model, "tools" if calls else "end", self.provider, cached=True)


class Answers:
    """The answers in one folder. Safe for threads and processes: files are only ever put in place whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._put = 0

    def find(self, question: str) -> Reply | None:
        """Return the answer that is kept, None where there is none or this run has had it already."""
        with self._lock:
            if question in self._asked:
                return None
            self._asked.add(question)
        try:
            return Kept.model_validate_json(self._read(question)).reply(question)
        except (OSError, Damaged, ValidationError):
            # Not there, or nothing that can be used: then it is asked.
            return None

    def _read(self, question: str) -> bytes:
        return read_bytes(self._folder / question, limit_bytes=LIMIT_BYTES)

    def keep(self, question: str, reply: Reply) -> None:
        """Keep an answer, in place of any that is there; one that is too long, or finds no room, is passed over."""
        calls = [KeptCall(name=call.name, arguments=call.arguments) for call in reply.tool_calls]
        text = Kept(model=reply.model, provider=reply.provider, text=reply.text, calls=calls).model_dump_json()
        if len(text.encode("utf-8")) > LIMIT_BYTES:
            return
        # No work ends because an answer could not be kept.
        with suppress(OSError), self._lock:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_text(self._folder / question, text, mode=0o600)
            self._put += 1
            if self._put % _PRUNED_EVERY == 1:
                self._prune()

    def _prune(self) -> None:
        with os.scandir(self._folder) as entries:
            found = sorted((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in entries)
        for _, path in found[: max(len(found) - LIMIT_FILES, 0)]:
            # Another process may prune, too.
            with suppress(FileNotFoundError):
                Path(path).unlink()


def answered(
    open_model: OpenPriced, answers: Answers, *, harmless: Callable[[str], frozenset[str]], address: str
) -> OpenPriced:
    """Return what opens conversations that are answered from ``answers`` where they can be.

    Args:
        harmless: returns the names of those tools of a role that change nothing.
        address: of the models' server, "" is the provider's own: who answers there is somebody else.
    """

    def open_conversation(whose: Conversation) -> PricedModel:
        model = open_model(whose)
        # A script is at the turn it is at: passing over one would give its answer to the next question.
        return model if model.scripted else Answered(model, whose, answers, harmless(whose.role), address)

    return open_conversation


class Answered(Around):
    """One conversation that may be answered by what was said before."""

    def __init__(
        self, model: PricedModel, whose: Conversation, answers: Answers, harmless: frozenset[str], address: str
    ) -> None:
        super().__init__(model, whose)
        self._answers = answers
        self._harmless = harmless
        self._address = address

    def answer(self, request: Request) -> Reply:
        """Answer the conversation, or say what was said before; see :meth:`teams.models.around.Answering.answer`."""
        messages, tools = request.messages, request.tools
        if not messages or messages[-1].content.startswith(_ERROR):
            return request.to(self._model)
        question = question_of(self.name, self._address, self._whose, messages, tools)
        found = self._answers.find(question)
        if found is not None and self._is_harmless(found, tools):
            if request.on_text is not None and found.text:
                request.on_text(found.text)
            return found
        reply = request.to(self._model)
        if self._is_harmless(reply, tools) and not _tells_secrets(messages, reply):
            self._answers.keep(question, reply)
        return reply

    def _is_harmless(self, reply: Reply, tools: Sequence[ToolSpec]) -> bool:
        if not tools:
            return reply.stop == "end" and not reply.tool_calls
        return reply.stop == "tools" and all(call.name in self._harmless for call in reply.tool_calls)


def question_of(
    model: str, address: str, whose: Conversation, messages: Sequence[Message], tools: Sequence[ToolSpec]
) -> str:
    """Return the name of a question: 64 hex digits."""
    ids: dict[str, int] = {}
    told: list[Any] = [[model, address, whose.agent, whose.role, whose.attempt]]
    for message in messages:
        calls = [(ids.setdefault(call.id, len(ids)), call.name, call.arguments) for call in message.tool_calls]
        answers = None if message.tool_call_id is None else ids.setdefault(message.tool_call_id, len(ids))
        told.append([message.role, message.content, calls, answers])
    told.append([asdict(tool) for tool in tools])
    return sha256(json.dumps(told, sort_keys=True).encode("ascii")).hexdigest()


def _tells_secrets(messages: Sequence[Message], reply: Reply) -> bool:
    texts = [message.content for message in messages] + [reply.text, *(call.arguments for call in reply.tool_calls)]
    return any(find_secrets(text) for text in texts)
