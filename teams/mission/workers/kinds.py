"""Who works, in the words of a person: ``codex``, ``command:make-it-so``, ``docs=python:helpers:write``.

Rule 1: only a person says who works. What a repository or a journal says of it is never run.
Rule 2: what needs the network and a login of its own runs only outside the sandbox, where a person said so; nothing
    leads there by itself.
Rule 3: what is missing is said before anything is started.
"""

import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from onecontext.errors import SetupError, UsageError
from onecontext.names import check_name, is_name
from teams.guard.port import Sandbox
from teams.member.minds.function import load_function
from teams.mission.site import prompt
from teams.mission.workers import claude_code, codex
from teams.mission.workers.function import FunctionWorker
from teams.mission.workers.port import Worker
from teams.mission.workers.program import Program
from teams.mission.workers.transcript import MakeDialect

KindName = Literal["builtin", "claude-code", "codex", "command", "python", "member"]
DEFAULT_ROLE = "worker"
_OUTSIDE: dict[str, tuple[str, MakeDialect]] = {
    "claude-code": (claude_code.COMMAND, claude_code.ClaudeCode),
    "codex": (codex.COMMAND, codex.Codex),
}
_FORMS = "builtin, claude-code[:COMMAND], codex[:COMMAND], command:COMMAND, python:MODULE:FUNCTION or member:NAME"


@dataclass(frozen=True)
class Kind:
    """Who works: ``what`` is the command, the function or the member, "" where there is nothing to say."""

    kind: KindName
    what: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.what}" if self.what else self.kind

    @property
    def needs_network(self) -> bool:
        """Whether it is an agent of another maker, which asks a model over the network, with a login of its own."""
        return self.kind in _OUTSIDE

    @property
    def is_priced(self) -> bool:
        """Whether it says what it costs, or costs nothing that we could know of."""
        return self.kind != "codex"


def parse_worker(text: str) -> tuple[str, Kind]:
    """Return the role and who works in it, as ``[ROLE=]KIND`` says; without a role it is ``worker``.

    Raises:
        UsageError: it says neither; the message lists what there is.
    """
    role, equals, rest = text.partition("=")
    if equals and is_name(role) and rest.partition(":")[0] in get_args(KindName):
        return role, _parse(rest, text)
    return DEFAULT_ROLE, _parse(text, text)


def _parse(said: str, text: str) -> Kind:
    kind, colon, what = said.partition(":")
    alone = kind in ("builtin", *_OUTSIDE) and not colon
    with_more = kind in ("command", "python", "member", *_OUTSIDE) and what.strip()
    if not alone and not with_more:
        raise UsageError(f"{text[:80]!r} is nobody who could work", hint=f"say {_FORMS}; before it ROLE= for one role")
    if kind == "member":
        check_name(what, what="member")
    return Kind(kind, what)  # type: ignore[arg-type]  # one of the words above


def open_worker(kind: Kind, *, sandbox: Sandbox, env: Mapping[str, str], folder: Path, timeout_s: float) -> Worker:
    """Return who works; ``builtin`` and ``member`` are none of these.

    Args:
        sandbox: where programs run; ``env``: what they find around them where that confines nothing.
        folder: where a function's module is looked for first, and commands of the person.

    Raises:
        UsageError: there is no such function. SetupError: the program is missing, or cannot work in that sandbox.
    """
    if kind.kind == "python":
        return FunctionWorker(load_function(kind.what, folder), name=str(kind))
    if not kind.needs_network:
        return Program("command", kind.what, sandbox, env, timeout_s)
    command, dialect = _OUTSIDE[kind.kind]
    if sandbox.tier != "none":
        raise SetupError(
            f"{kind.kind} needs the network and a login of its own, and the sandbox has neither",
            hint="if it may work with your rights, say --worker-sandbox none",
        )
    command = kind.what or command
    _check_program(command, env)
    return Program(kind.kind, command, sandbox, env, timeout_s, dialect, prompt("outside"))


def _check_program(command: str, env: Mapping[str, str]) -> None:
    try:
        first = next(iter(shlex.split(command)), "")
    except ValueError as error:
        raise UsageError(f"the command {command[:80]!r} has a quote that does not end") from error
    # What bash makes of variables and lists of commands only bash knows; a plain name must be there.
    if first.replace("-", "").replace("_", "").isalnum() and not shutil.which(
        first, path=env.get("PATH") or os.defpath
    ):
        raise SetupError(f"there is no program {first} on your PATH", hint="install it, or say which: KIND:COMMAND")
