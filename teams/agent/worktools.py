"""What a worker can do to its working copy: run commands, read, write, edit, list, search.

Rule 1: these are plain functions; what they raise is told to the model, in the words of the error.
Rule 2: every command is recorded as it really went; the handoff is written from that record, not from what is said.
Rule 3: what they change dies with the copy, but for commands that nothing confines (tier "none"): those may do
    anything, so the copy they worked on is part of what they did, and outlives a crash with all that was done to it.
Rule 4: docstrings are part of the system prompt's budget: one line, and only what the model must know.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from teams.agent.tools import Effect, Tool, tool_from
from teams.guard.port import CommandResult, Sandbox
from teams.guard.workspace import Workspace

OUTPUT_CHARS = 16_000


@dataclass(frozen=True, slots=True)
class WorkTools:
    """The tools of one attempt, and ``commands``: what was run through them so far, oldest first.

    ``tools`` are the ``functions`` with what they do to the world said of each.
    """

    functions: Sequence[Callable[..., Any]]
    commands: list[CommandResult]
    tools: Sequence[Tool]


def outlives(sandbox: Sandbox) -> bool:
    """Say whether what commands in ``sandbox`` do may outlive their working copy."""
    return sandbox.tier == "none"


def work_tools(
    workspace: Workspace, sandbox: Sandbox, *, read_only: bool = False, timeout_s: float = 120.0
) -> WorkTools:
    """Return the tools for ``workspace``.

    Args:
        read_only: for one who judges: no writing or editing, and commands see the workspace read-only where the
            sandbox can hold that. They are there to look, so that doing one again does no harm.
        timeout_s: of one command; after it the whole process tree is killed.
    """
    commands: list[CommandResult] = []

    def run(command: str) -> str:
        """Run a bash command in the workspace; no network, no input."""
        result = sandbox.run(
            ["bash", "-c", command], workspace=workspace.path, writable=not read_only, timeout_s=timeout_s
        )
        commands.append(result)
        return describe(result, timeout_s=timeout_s)

    def read_file(path: str, first_line: int = 1, max_lines: int = 400) -> str:
        """Read lines of a text file."""
        return workspace.read(path, first_line=first_line, max_lines=max_lines)

    def write_file(path: str, text: str) -> str:
        """Create or replace a text file."""
        workspace.write(path, text)
        return f"wrote {path}, {len(text.splitlines())} lines"

    def edit_file(path: str, old: str, new: str) -> str:
        """Replace old, which must stand in the file exactly once, by new."""
        workspace.edit(path, old, new)
        return f"edited {path}"

    def list_files(folder: str = ".") -> str:
        """List the files below a folder."""
        listing = workspace.list_files(folder)
        more = [] if listing.complete else [f"[the first {len(listing.paths)}; name a folder to see the others]"]
        return "\n".join([*listing.paths, *more]) or "no files"

    def search(text: str, folder: str = ".") -> str:
        """Find lines that contain text, literally."""
        found = workspace.search(text, folder)
        return "\n".join(f"{match.path}:{match.line}: {match.text}" for match in found) or "not found"

    looking: list[Callable[..., Any]] = [read_file, list_files, search]
    writing: list[Callable[..., Any]] = [] if read_only else [write_file, edit_file]
    may_outlive: Effect = "outlives" if outlives(sandbox) and not read_only else "confined"
    tools = [
        tool_from(run, idempotent=read_only, effect=may_outlive),
        *(tool_from(function, idempotent=True, effect="confined") for function in looking),
        *(tool_from(function, idempotent=True, effect=may_outlive) for function in writing),
    ]
    return WorkTools([run, *looking, *writing], commands, tools)


def describe(result: CommandResult, *, timeout_s: float) -> str:
    """Return a result as a model reads it: how it ended, then head and tail of what it printed."""
    ending = (
        f"ended after {timeout_s:g} s: it took too long"
        if result.exit_code is None
        else f"exit code {result.exit_code}"
    )
    return f"{ending}\n{head_and_tail(result.output)}"


def head_and_tail(text: str, *, limit_chars: int = OUTPUT_CHARS) -> str:
    """Return ``text``, or its first and last half of ``limit_chars`` with a line between that says what is missing."""
    if len(text) <= limit_chars:
        return text
    half = limit_chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
