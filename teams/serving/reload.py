"""``WORKFLOW.md`` as it is now: looked at again and again, and taken over when it is good.

Rule 1: what is not good changes nothing: the last good one holds, and what is wrong is said once, until that changes.
Rule 2: the file is hostile: no link is followed, no pipe opened, and no more read than a workflow can have.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onecontext.errors import Damaged, InvalidDocument, OneContextError
from onecontext.store.files import read_bytes
from teams.serving.workflow import Workflow, default_workflow, parse_workflow

LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True)
class Loaded:
    """Another workflow holds from here on; ``mended``: the look before was told to be no good."""

    workflow: Workflow
    mended: bool


@dataclass(frozen=True)
class Refused:
    """The file is no good, so the workflow of before holds."""

    reason: str


class WorkflowFile:
    """The file at ``path``; ``current`` is the last good one.

    Args:
        named: whether a person named the file; else it may be missing, and then the built-in workflow holds.
        said: settings that a person gave, which stand whatever the file says.

    Raises:
        InvalidDocument, NewerFormat: it is no good, or a file that was named is not there.
    """

    def __init__(self, path: Path, *, named: bool, said: Mapping[str, object] | None = None) -> None:
        self.path = path
        self._said = dict(said or {})
        self._refused = ""
        self._is_there = True
        self.current = self._with_what_was_said(default_workflow())
        try:
            self.current = self._read()
        except FileNotFoundError as error:
            if named:
                raise InvalidDocument(f"there is no file {path}", hint="--workflow names a WORKFLOW.md") from error
            self._is_there = False

    @property
    def is_there(self) -> bool:
        """Whether there was a file when it was last looked at."""
        return self._is_there

    def look(self) -> Loaded | Refused | None:
        """Look at the file; return what changed since the last look, None when nothing did."""
        try:
            found = self._read()
        except FileNotFoundError:
            return self._refuse(f"{self.path} is gone") if self._is_there else None
        except (OneContextError, OSError) as error:
            self._is_there = True
            return self._refuse(str(error))
        self._is_there = True
        mended, self._refused = bool(self._refused), ""
        if found.digest == self.current.digest and not mended:
            return None
        self.current = found
        return Loaded(found, mended)

    def _refuse(self, reason: str) -> Refused | None:
        if reason == self._refused:
            return None
        self._refused = reason
        return Refused(reason)

    def _read(self) -> Workflow:
        try:
            content = read_bytes(self.path, limit_bytes=LIMIT_BYTES)
        except Damaged as error:
            raise InvalidDocument(error.message, hint="put the file itself there") from error
        digest = hashlib.sha256(content).hexdigest()
        if self.current.digest == digest:
            return self.current
        try:
            found = parse_workflow(content.decode("utf-8"), source=str(self.path), digest=digest)
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise InvalidDocument(f"{self.path}, line {line}: it is not UTF-8 text") from error
        return self._with_what_was_said(found)

    def _with_what_was_said(self, workflow: Workflow) -> Workflow:
        settings = workflow.settings.model_copy(update=self._said)
        return Workflow(settings, workflow.prompt, workflow.digest)
