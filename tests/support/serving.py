"""A board that is served, for tests: a workflow, tasks by command and by file, and the command that serves."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from teams.engine.event import Event
from teams.protocol.board.task import Task
from teams.protocol.team import Team
from tests.support.missions import Ran, events_of, onecontext, quote, start_onecontext, verdict

BOARD = "board"


def accepted(*, names: int = 1) -> dict[str, Any]:
    """Return the conversation of a validator who accepts; the README shows what is judged, as many things as it is."""
    quotes = [quote(f"VAL-TASK-{number:03}", "README.md", 1, "kept") for number in range(1, names + 1)]
    return verdict(quotes=quotes)


def workflow(repository: Path, front: str, prompt: str = "") -> Path:
    """Write WORKFLOW.md as an editor does: a new file in the place of the old one."""
    path = repository / "WORKFLOW.md"
    new = path.with_suffix(".new")
    new.write_text(f"---\n{front.strip()}\n---\n{prompt}")
    new.rename(path)
    return path


def team_of(repository: Path) -> Team:
    return Team.open(BOARD, root=repository / ".onecontext")


def make_board(repository: Path) -> Team:
    """Make the memory and the empty board."""
    assert onecontext(repository, "init").code == 0
    assert onecontext(repository, "team", "new", BOARD, "--root", ".onecontext").code == 0
    return team_of(repository)


def put(repository: Path, subject: str, key: str, *words: str, about: str = "") -> str:
    """Put a task on the board by the command line; return its id."""
    ran = onecontext(repository, "task", "create", subject, about, "--key", key, "--team", BOARD, *words, "--json")
    assert ran.code == 0, ran.stderr
    return str(ran.data["id"])


def put_as_client(repository: Path, task_id: str, subject: str, **fields: Any) -> Path:
    """Write a task file as another program does, which knows no journal."""
    path = repository / ".onecontext" / "tasks" / BOARD / f"{task_id}.json"
    document = {
        "id": task_id,
        "subject": subject,
        "description": "",
        "status": "pending",
        "blocks": [],
        "blockedBy": [],
    }
    path.write_text(json.dumps({**document, **fields}, indent=2))
    return path


def serve(repository: Path, model: str, *words: str) -> Ran:
    """Serve the board in this process, until it ends."""
    return onecontext(repository, "serve", "--board", "--model", model, "--sandbox", "none", "--json", *words)


def tasks(repository: Path) -> dict[str, Task]:
    """Return the tasks of the board by key."""
    return {task.key: task for task in team_of(repository).board.list()}


@contextmanager
def serving(repository: Path, model: str, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Serve the board in a process of its own for as long as a block takes; it is killed at its end."""
    process = start_onecontext(repository, "serve", "--board", "--model", model, "--sandbox", "none", *words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def told(repository: Path, *types: str) -> list[Event]:
    """Return the events of these types; none while there is no journal."""
    try:
        return events_of(repository, *types)
    except ValueError:
        return []
