"""Whom a person trusts: a skill may run commands by itself only as it was when the person said so.

Rule 1: what is trusted is the digest of all files of the skill: names, contents, which are executable, where symlinks
        lead. Any change of any of them is another skill, which is not trusted, and it is said that it changed.
Rule 2: what is trusted is kept in the person's own folder. Nothing in a project, a skill or a configuration of a
        project can say it.
Rule 3: what we ship is trusted as it is shipped.
Rule 4: trust is not a way out of the sandbox: what is trusted runs inside one.
"""

import os
import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from onecontext.errors import Damaged, InvalidDocument
from onecontext.store.files import read_bytes
from skills.activation.trusted import TrustedSkill, TrustStore
from skills.finding.places import BUNDLED
from skills.format.skill import FILE_NAME, Skill

State = Literal["bundled", "trusted", "changed", "untrusted"]
MAX_FILES = 5_000
MAX_BYTES = 64 * 1024 * 1024  # of all files together


class Digest(NamedTuple):
    """What a skill is: ``sha256`` in hex over all its files, and the bytes of its document that went into it."""

    sha256: str
    document: bytes


def digest_of(folder: Path) -> Digest:
    """Return the digest of all files in ``folder``.

    Raises:
        InvalidDocument: it has more than 5,000 files or 64 MiB, or what is neither file, folder nor symlink.
        OSError: one cannot be read.
    """
    whole, document, left = sha256(), b"", MAX_BYTES
    for count, (name, path, status) in enumerate(_walk(folder)):
        if count >= MAX_FILES:
            raise InvalidDocument(f"{folder} has more than {MAX_FILES:,} files, too many to be trusted as a whole")
        kind, content = _content(path, status, left)
        left -= len(content)
        document = content if name == FILE_NAME else document
        for part in (os.fsencode(name), kind, content):
            # With its length before it, no part can be taken for another.
            whole.update(len(part).to_bytes(8, "big") + part)
    return Digest(whole.hexdigest(), document)


class Trust:
    """What the person trusts, as it is kept in ``path``; it is read when it is asked for, and so follows changes."""

    def __init__(self, path: Path | None) -> None:
        """Ask the store at ``path``; None: there is no folder of the person's own: only what is bundled is trusted."""
        self._store = TrustStore(path) if path else None

    def state(self, skill: Skill) -> State:
        """Return whether a skill is trusted as it is now; ``changed``: as it was before.

        Raises:
            InvalidDocument: the store is broken, or the skill cannot be digested. OSError: one cannot be read.
        """
        return self._state(skill, lambda: digest_of(skill.folder))

    def why_not(self, skill: Skill, body: str) -> str:
        """Return why commands in ``body``, read from the skill, may not run; "" where they may."""
        digest: list[Digest] = []

        def digested() -> Digest:
            digest.append(digest_of(skill.folder))
            return digest[0]

        state = self._state(skill, digested)
        if state == "untrusted":
            return "nobody here has trusted this skill"
        # What is run must be what was digested, though another program may be writing the file.
        if state == "changed" or (digest and body.strip("\n").encode("utf-8", "replace") not in digest[0].document):
            return "the skill has changed since it was trusted"
        return ""

    def _state(self, skill: Skill, digest: Callable[[], Digest]) -> State:
        if skill.folder.is_relative_to(BUNDLED):
            return "bundled"
        kept = self._store.read() if self._store else ()
        if not kept:
            return "untrusted"
        if digest().sha256 in {one.sha256 for one in kept}:
            return "trusted"
        return "changed" if str(skill.folder) in {one.folder for one in kept} else "untrusted"

    def add(self, skill: Skill) -> TrustedSkill:
        """Trust ``skill`` as it is now; what was trusted of the same folder before is not any more.

        Raises:
            SetupError: there is no folder of the person's own. InvalidDocument: it cannot be digested, or the store is
                broken; nothing was written. OSError: it could not be written.
        """
        return self._own().put(skill.name, str(skill.folder), digest_of(skill.folder).sha256)

    def remove(self, name: str) -> list[TrustedSkill]:
        """Trust no skill of this name any more, and return those that were; raises as :meth:`add`."""
        return self._own().remove(name)

    def all(self) -> tuple[TrustedSkill, ...]:
        """Return all that are trusted, by name."""
        return self._store.read() if self._store else ()

    def _own(self) -> TrustStore:
        if self._store is None:
            from onecontext.errors import SetupError

            raise SetupError("neither HOME nor XDG_CONFIG_HOME is set, so there is no folder of your own to keep it in")
        return self._store


def state_of(one: TrustedSkill) -> Literal["trusted", "changed", "gone"]:
    """Return what became of a skill that was trusted; ``changed`` also where it cannot be read any more."""
    folder = Path(one.folder)
    if not folder.is_dir():
        return "gone"
    try:
        return "trusted" if digest_of(folder).sha256 == one.sha256 else "changed"
    except (InvalidDocument, OSError):
        return "changed"


def _walk(folder: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield all files and symlinks below ``folder``, hidden ones too, in an order that depends on names alone."""
    found = []
    for here, folders, names in os.walk(folder):
        linked = [name for name in folders if Path(here, name).is_symlink()]
        for name in (*names, *linked):
            path = Path(here, name)
            found.append((path.relative_to(folder).as_posix(), path))
            if len(found) > MAX_FILES:
                break
    for name, path in sorted(found):
        yield name, path, path.lstat()


def _content(path: Path, status: os.stat_result, left: int) -> tuple[bytes, bytes]:
    if stat.S_ISLNK(status.st_mode):
        return b"link", os.fsencode(os.readlink(path))  # noqa: PTH115 - its bytes, and never what it leads to
    if not stat.S_ISREG(status.st_mode):
        raise InvalidDocument(f"{path} is neither a file, a folder nor a symlink, so its skill cannot be trusted")
    try:
        content = read_bytes(path, limit_bytes=left)
    except Damaged as error:
        raise InvalidDocument(
            f"the skill at {path.parent} has more than {MAX_BYTES >> 20} MiB, too many to be trusted as a whole"
        ) from error
    return (b"program" if status.st_mode & 0o111 else b"file"), content
