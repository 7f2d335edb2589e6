"""Small missions for tests: a repository with two words in files, scripts that change them, the command that runs it.

Everything is as for a user (the command line, the sandbox, git); only the model's words are scripted.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from onecontext.cli.main import main
from teams.engine.event import Event
from teams.engine.journal import Journal

IDENTITY = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]


@dataclass(frozen=True)
class Ran:
    """How a command line ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> Any:
        return json.loads(self.stdout)["data"]


def git(folder: Path, *arguments: str) -> str:
    """Run the git command and return what it prints."""
    return subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def make_repository(folder: Path, files: Mapping[str, str]) -> Path:
    """Make a git repository with these files in one commit."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=first")
    return folder


def onecontext(cwd: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command line in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    code = main(list(arguments), env=dict(env or {}), cwd=cwd, stdin=io.StringIO(), stdout=stdout, stderr=stderr)
    return Ran(code, stdout.getvalue(), stderr.getvalue())


def start_onecontext(cwd: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a command line as a process of its own."""
    command = [sys.executable, "-m", "onecontext", *arguments]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=cwd, env=dict(os.environ), stdout=quiet, stderr=quiet)


def write_script(folder: Path, conversations: list[dict[str, Any]]) -> str:
    """Write a script of the scripted model and return the name to call it by."""
    path = folder / "script.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "conversations": conversations}, sort_keys=False))
    return f"scripted:{path}"


def plan(assertions: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the conversation of an orchestrator that hands in this plan at once."""
    call = {"tool": "submit_plan", "args": {"assertions": assertions, "tasks": tasks}}
    return {"role": "orchestrator", "turns": [{"call": [call]}]}


def work(task: str, *calls: tuple[str, dict[str, Any]], attempt: int | None = None, **turn: Any) -> dict[str, Any]:
    """Return the conversation of a worker: one turn with these calls, one that hands over."""
    turns = [
        {"call": [{"tool": tool, "args": args} for tool, args in calls], **turn},
        {"call": [{"tool": "finish", "args": {"summary": f"did {task}"}}]},
    ]
    only = {} if attempt is None else {"attempt": attempt}
    return {"role": "worker", "task": task, **only, "turns": turns}


def verdict(
    *,
    accept: bool = True,
    findings: Sequence[str | dict[str, Any]] = (),
    quotes: Sequence[dict[str, Any]] = (),
    answers: Sequence[str] = (),
    **when: Any,
) -> dict[str, Any]:
    """Return the conversation of a validator that says only this; a rejection twice: it may be told to think."""
    said = {"accept": accept, "findings": [*findings], "quotes": [*quotes], "answers": [*answers]}
    given = {name: value for name, value in said.items() if value or name in ("accept", "findings")}
    turn = {"call": [{"tool": "give_verdict", "args": given}]}
    return {"role": "validator", **when, "turns": [turn] if accept else [turn, turn]}


def quote(assertion: str, path: str, line: int, text: str) -> dict[str, Any]:
    """Return what a validator quotes for a judged assertion."""
    return {"assertion": assertion, "path": path, "line": line, "text": text}


def failing(text: str, path: str, content: str, command: str, *about: str) -> dict[str, Any]:
    """Return a finding with its test."""
    return {"text": text, "about": [*about], "test": {"path": path, "content": content, "command": command}}


def says(word: str, file: str) -> str:
    """Return a command that exits 0 exactly when the file says the word."""
    return f"grep -qx {word} {file}"


def journal_of(repository: Path) -> Journal:
    """Return the journal of the one mission in a repository."""
    (path,) = (repository / ".onecontext" / "teams").glob("*/onecontext/journal.jsonl")
    return Journal(path.parent, team=path.parents[1].name)


def events_of(repository: Path, *types: str) -> list[Event]:
    """Return the events of these types, oldest first; all of them when none is named."""
    return [event for event in journal_of(repository).read() if not types or event.type in types]
