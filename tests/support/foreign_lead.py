"""A lead as another program is one: it writes the files of a team itself, under their locks, and knows no journal."""

import json
import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from teams.engine.locks import mkdir_lock
from teams.protocol.roster import Roster
from teams.protocol.team import Team


class ForeignLead:
    """The lead of team ``crew`` under ``root``. ``team`` is our handle on it; ``sent`` the ids of what it sent."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "teams" / "crew"
        self.tasks = root / "tasks" / "crew"
        for folder in (self.folder / "inboxes", self.tasks):
            folder.mkdir(parents=True)
        Roster(self.folder).create("crew", cwd=root)
        self.team = Team.open("crew", root=root)
        self.sent: list[str] = []

    def send(self, to: str, text: str, *, sender: str = "team-lead") -> str:
        """Put an entry into an inbox."""
        entry = {"from": sender, "text": text, "timestamp": _now(), "msgV": 1, "msg_id": str(uuid.uuid4())}
        path = self.folder / "inboxes" / f"{to}.json"
        with mkdir_lock(path, wait_s=10):
            entries = json.loads(path.read_text()) if path.exists() else []
            self._replace(path, [*entries, {**entry, "type": "message", "read": False}])
        self.sent.append(entry["msg_id"])  # type: ignore[arg-type]
        return str(entry["msg_id"])

    def task(self, subject: str, description: str, after: Sequence[str] = ()) -> str:
        """Make a task as the client does."""
        with mkdir_lock(self.tasks / ".lock", wait_s=10):
            task_id = str(1 + max((int(path.stem) for path in self.tasks.glob("*.json")), default=0))
            document = {"id": task_id, "subject": subject, "description": description, "status": "pending"}
            self._replace(self.tasks / f"{task_id}.json", {**document, "blocks": [], "blockedBy": [*after]})
        return task_id

    def assign(self, to: str, task_id: str, *, subject: str = "") -> None:
        """Write the owner into the task, if there is one, and tell them."""
        path = self.tasks / f"{task_id}.json"
        with suppress(FileNotFoundError), mkdir_lock(path, wait_s=10):
            document = json.loads(path.read_text())
            subject = document["subject"]
            self._replace(path, {**document, "owner": to})
        about = {"taskId": task_id, "subject": subject, "description": "", "assignedBy": "team-lead"}
        self.send(to, json.dumps({"type": "task_assignment", **about, "timestamp": _now()}))

    def shutdown(self, to: str, *, sender: str = "team-lead") -> str:
        """Ask a member to end; return the request's id."""
        request_id = f"shutdown-{time.time_ns() // 1_000_000}@{to}"
        form = {"type": "shutdown_request", "requestId": request_id, "from": sender, "timestamp": _now()}
        self.send(to, json.dumps(form), sender=sender)
        return request_id

    def member(self, name: str) -> None:
        """Add a member of its own."""
        document = self._config()
        mine = {"agentId": f"{name}@crew", "name": name, "joinedAt": 1, "subscriptions": [], "cwd": "/"}
        self._write_config({**document, "members": [*document["members"], mine]})

    def expel(self, name: str) -> None:
        """Take a member out of the roster."""
        document = self._config()
        self._write_config({**document, "members": [m for m in document["members"] if m["name"] != name]})

    def remove_team(self) -> None:
        """Remove the team's folders, as a client does that cleans up."""
        with suppress(FileNotFoundError):
            (self.folder / "config.json").unlink()
        shutil.rmtree(self.folder, ignore_errors=True)

    def names(self) -> list[str]:
        return [member["name"] for member in self._config()["members"]]

    def inbox(self, name: str = "team-lead") -> list[dict[str, Any]]:
        path = self.folder / "inboxes" / f"{name}.json"
        return json.loads(path.read_text()) if path.exists() else []

    def document(self, task_id: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.tasks / f"{task_id}.json").read_text())
        return document

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many entries are in the lead's inbox and return them."""
        self.until(lambda: len(self.inbox()) >= count)
        assert len(self.inbox()) == count
        return self.inbox()

    def until(self, holds: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < deadline, f"not within 30 s; the lead has {self.inbox()}"
            time.sleep(0.02)

    def _config(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        return document

    def _write_config(self, document: dict[str, Any]) -> None:
        with mkdir_lock(self.folder / "config.json", wait_s=10):
            self._replace(self.folder / "config.json", document)

    def _replace(self, path: Path, document: Any) -> None:
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(json.dumps(document, indent=2))
        temporary.rename(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
