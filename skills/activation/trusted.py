"""The file that says which skills a person trusts: ``trusted-skills.json`` in the person's own folder.

Rule 1: it is the person's own: mode 0600, in a folder of mode 0700; a symlink there, or a file that others can write,
        is refused.
Rule 2: it is replaced in one step, under a lock, so that two who trust at once both land.
Rule 3: what is broken is refused with its path; it is never taken for "nothing is trusted" and written anew.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from onecontext.errors import Damaged, InvalidDocument, NewerFormat
from onecontext.folders import config_folder
from onecontext.store.files import read_bytes, replace_text
from onecontext.store.locks import held
from onecontext.text.validation import first_problem

FILE_NAME = "trusted-skills.json"
SCHEMA_VERSION = 1
_MAX_BYTES = 4 * 1024 * 1024


class TrustedSkill(BaseModel):
    """One skill as it was trusted: its name and folder then, and the digest of all its files (see ``trust``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    folder: str
    sha256: str
    at: AwareDatetime


class TrustedSkills(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    skills: tuple[TrustedSkill, ...] = ()


def trust_file(env: Mapping[str, str]) -> Path | None:
    """Return where it is kept what a person trusts; None where ``env`` does not say."""
    folder = config_folder(env)
    return folder / FILE_NAME if folder else None


class TrustStore:
    """The file at ``path``, which need not be there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[TrustedSkill, ...]:
        """Return what is in it, by name.

        Raises:
            InvalidDocument: it is broken, or others can write it. NewerFormat: a newer version wrote it.
            OSError: it cannot be read.
        """
        try:
            content = read_bytes(self._path, limit_bytes=_MAX_BYTES)
            mode = self._path.lstat().st_mode
        except FileNotFoundError:
            return ()
        except Damaged as error:
            raise InvalidDocument(error.message, hint="put the file itself there") from error
        if mode & 0o022:
            raise InvalidDocument(f"{self._path} can be written by others", hint=f"chmod 600 {self._path}")
        return self._parsed(content).skills

    def put(self, name: str, folder: str, digest: str) -> TrustedSkill:
        """Keep one skill, instead of what was kept of its folder; see :meth:`read` for what it raises."""
        new = TrustedSkill(name=name, folder=folder, sha256=digest, at=datetime.now().astimezone())
        with self._locked():
            self._write([*(one for one in self.read() if one.folder != folder), new])
        return new

    def remove(self, name: str) -> list[TrustedSkill]:
        """Forget all skills of this name, and return them; see :meth:`read` for what it raises."""
        with self._locked():
            there = self.read()
            gone = [one for one in there if one.name == name]
            if gone:
                self._write([one for one in there if one.name != name])
        return gone

    def _locked(self) -> Any:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return held(self._path.with_name(f".{self._path.name}.lock"))

    def _write(self, skills: list[TrustedSkill]) -> None:
        whole = TrustedSkills(skills=tuple(sorted(skills, key=lambda one: (one.name, one.folder))))
        replace_text(self._path, whole.model_dump_json(indent=2) + "\n", durable=True, mode=0o600)

    def _parsed(self, content: bytes) -> TrustedSkills:
        try:
            whole = TrustedSkills.model_validate_json(content)
        except ValidationError as error:
            said = first_problem(error, of=TrustedSkills)
            raise InvalidDocument(f"{self._path}: {said}", hint="mend it, or move it away and trust anew") from error
        if whole.schema_version > SCHEMA_VERSION:
            raise NewerFormat(f"{self._path} was written by a newer version (schema {whole.schema_version})")
        return whole
