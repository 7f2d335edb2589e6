"""What a worker can do to its working copy: run commands, read, write, edit, list, search.

Rule 1: these are plain functions; what they raise is told to the model, in the words of the error.
Rule 2: every command is recorded as it really went; the handoff is written from that record, not from what is said.
Rule 3: what they change dies with the copy, but for commands that nothing confines (tier "none"): those may do
    anything, so the copy they worked on is part of what they did, and outlives a crash with all that was done to it.
Rule 4: docstrings are part of the system prompt's budget: one line, and only what the model must know.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from onecontext.variables.model import Variable
from teams.agent.shelf import SHOWN_CHARACTERS, Printed, Shelf, shown
from teams.agent.tools import Effect, Tool, tool_from
from teams.guard.port import CommandResult, Sandbox
from teams.guard.workspace import MAX_FILE_BYTES, Workspace

OUTPUT_CHARS = 16_000


@dataclass(frozen=True, slots=True)
class WorkTools:
    """The tools of one attempt, and ``commands``: what was run through them so far, oldest first.

    ``tools`` are the ``functions`` with what they do to the world said of each. ``shelf``: where results went that were
    too large; whoever has the tools should have its tool, too.
    """

    functions: Sequence[Callable[..., Any]]
    commands: list[CommandResult]
    tools: Sequence[Tool]
    shelf: Shelf | None = None


def outlives(sandbox: Sandbox) -> bool:
    """Say whether what commands in ``sandbox`` do may outlive their working copy."""
    return sandbox.tier == "none"


def work_tools(
    workspace: Workspace,
    sandbox: Sandbox,
    *,
    read_only: bool = False,
    timeout_s: float = 120.0,
    shelf: Shelf | None = None,
) -> WorkTools:
    """Return the tools for ``workspace``.

    Args:
        read_only: for one who judges: no writing or editing, and commands see the workspace read-only where the
            sandbox can hold that. They are there to look, so that doing one again does no harm.
        timeout_s: of one command; after it the whole process tree is killed.
        shelf: keeps outputs and files that are too large to be shown; None: only head and tail of them are had.
    """
    commands: list[CommandResult] = []

    def run(command: str) -> str:
        """Run a bash command; no network, no input."""

        def ran(on_output: Callable[[bytes], None] | None) -> CommandResult:
            result = sandbox.run(
                ["bash", "-c", command],
                workspace=workspace.path,
                writable=not read_only,
                timeout_s=timeout_s,
                on_output=on_output,
            )
            commands.append(result)
            return result

        if shelf is None:
            return describe(ran(None), timeout_s=timeout_s)
        with Printed(shelf, OUTPUT_CHARS) as printed:
            return describe(ran(printed.feed), timeout_s=timeout_s, kept=printed.finish())

    def read_file(path: str, first_line: int = 1, max_lines: int = 400) -> str:
        """Read lines of a text file."""
        if shelf is not None and (kept := _too_large(workspace, path, shelf)):
            return _lines_of(kept, shelf, first_line, max_lines)
        return workspace.read(path, first_line=first_line, max_lines=max_lines)

    def write_file(path: str, text: str) -> str:
        """Create or replace a text file."""
        workspace.write(path, text)
        return f"wrote {path}, {len(text.splitlines())} lines"

    def edit_file(path: str, old: str, new: str) -> str:
        """Replace old, which must stand in the file exactly once, by new."""
        workspace.edit(path, old, new)
        return f"edited {path}"

    def list_files(folder: str = "") -> str:
        """List the files below a folder."""
        listing = workspace.list_files(folder or ".")
        more = [] if listing.complete else [f"[the first {len(listing.paths)}; name a folder to see the others]"]
        return "\n".join([*listing.paths, *more]) or "no files"

    def search(text: str, folder: str = "") -> str:
        """Find lines that contain text, literally."""
        found = workspace.search(text, folder or ".")
        return "\n".join(f"{match.path}:{match.line}: {match.text}" for match in found) or "not found"

    looking: list[Callable[..., Any]] = [read_file, list_files, search]
    writing: list[Callable[..., Any]] = [] if read_only else [write_file, edit_file]
    may_outlive: Effect = "outlives" if outlives(sandbox) and not read_only else "confined"
    tools = [
        tool_from(run, idempotent=read_only, effect=may_outlive),
        *(tool_from(function, idempotent=True, effect="confined") for function in looking),
        *(tool_from(function, idempotent=True, effect=may_outlive) for function in writing),
    ]
    return WorkTools([run, *looking, *writing], commands, tools, shelf)


def _too_large(workspace: Workspace, path: str, shelf: Shelf) -> Variable | None:
    """Keep a file that is larger than what is read at once; None: it is not."""
    with workspace.opened(path) as file:
        if os.fstat(file.fileno()).st_size <= MAX_FILE_BYTES:
            return None
        # As it comes from a descriptor that was opened beneath the workspace, so no link leads elsewhere.
        return shelf.variables.put_stream(file)


def _lines_of(kept: Variable, shelf: Shelf, first_line: int, max_lines: int) -> str:
    first = max(first_line, 1)
    part = shelf.variables.lines(kept.handle, first, first + max(max_lines, 1) - 1)
    text = part.text[:OUTPUT_CHARS]
    end = first + text.count("\n") - (1 if text.endswith("\n") else 0) if text else first - 1
    size = f"{kept.characters:,} characters, {kept.lines:,} lines"
    return f"[{kept.handle} has all of it, {size}: look into it with ctx. Lines {first:,} to {end:,}:]\n{text}"


def describe(result: CommandResult, *, timeout_s: float, kept: Variable | None = None) -> str:
    """Return a result as a model reads it: how it ended, then what it printed, or head and tail of it.

    Args:
        kept: where all that it printed is; None: nowhere else.
    """
    ending = (
        f"ended after {timeout_s:g} s: it took too long"
        if result.exit_code is None
        else f"exit code {result.exit_code}"
    )
    if kept is None:
        return f"{ending}\n{head_and_tail(result.output)}"
    return f"{ending}\n{shown(kept, result.output[:SHOWN_CHARACTERS], result.output[-SHOWN_CHARACTERS:])}"


def head_and_tail(text: str, *, limit_chars: int = OUTPUT_CHARS) -> str:
    """Return ``text``, or its first and last half of ``limit_chars`` with a line between that says what is missing."""
    if len(text) <= limit_chars:
        return text
    half = limit_chars // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
