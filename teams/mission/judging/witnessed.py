"""Run a command so that every pytest in it is witnessed, and read what the witness said.

Rule 1: what is given lies in the copy's .git, which commands cannot write in the sandbox; what is said, in a folder of
        the copy with a random name.
Rule 2: what comes back was written where the tested code can write: it counts only with the right digest, in the right
        order. A witness that began and did not end is a fact, too.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from onecontext.errors import UsageError
from teams.guard import beneath

MAX_SAID_BYTES = 32 * 1024 * 1024
_GIVEN = ".git/onecontext"
_WITHOUT_ENVIRONMENT = re.compile(r"\bpython[\d.]*\s+(-\w+\s+)*-\w*[IE]|\benv\s+(-i|-)\s")


class Said(BaseModel):
    """What one pytest came to; ids are pytest's node ids. ``exit`` is None where no session began.

    Paths of tests count from ``root``; ``among`` is where they were looked for; both are seen from the top.
    ``looked`` says what the tested code looked at that none needs to (``path:line …``), ``refused`` what it tried to
    change after the last test.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    exit: int | None
    plugins: tuple[str, ...]
    replaced: tuple[str, ...]
    narrowed: bool
    probed: bool
    collected: tuple[str, ...]
    selected: tuple[str, ...]
    errors: tuple[str, ...]
    outcomes: dict[str, str]
    skipped_by: dict[str, str]
    root: str = "."
    among: tuple[str, ...] = ()
    looked: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Testimony:
    """What witnesses said of one command. ``broken`` says why not all of it can be believed, "" that it can.

    ``touched`` are pinned files that were written while it ran.
    """

    runs: tuple[Said, ...] = ()
    broken: str = ""
    touched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A copy with a witness in it, and the command that takes it along."""

    folder: Path
    name: str
    key: str
    command: str

    def testimony(self) -> Testimony:
        """Return what was said; call it when the command has ended, before the copy is removed."""
        said = _read(self.folder, self.name)
        if said is None:
            return Testimony(broken="what pytest reported of its run is no report")
        return _believed(said, self.key)


def can_be_witnessed(command: str) -> bool:
    """Say whether a command lets its Python see an environment at all."""
    return _WITHOUT_ENVIRONMENT.search(command) is None


def prepare(folder: Path, command: str, *, pinned: Iterable[str] = (), collect_only: bool = False) -> Prepared:
    """Lay a witness into the copy at ``folder``, in which nothing has run yet.

    Args:
        pinned: paths of files that the author of the work cannot have written.
        collect_only: tests are counted and not run.
    """
    token, key = secrets.token_hex(8), secrets.token_hex(32)
    module, name = f"onecontext_witness_{token}", f".onecontext-{token}"
    _make(folder / _GIVEN, {})
    _make(folder / _GIVEN / module, {**_witness(), "pinned": "\0".join(pinned).encode("utf-8", "surrogateescape")})
    _make(folder / name, {"key": key.encode("ascii")})
    with (folder / ".git" / "info" / "exclude").open("a", encoding="ascii") as exclude:
        exclude.write(f"/{name}/\n")
    options = f"-p {module} -o enable_assertion_pass_hook=true"
    settings = [
        f'ONECONTEXT_WITNESS="$PWD/{name}"',
        f'ONECONTEXT_PYTHONPATH="$PWD/{_GIVEN}"',
        f'ONECONTEXT_PYTEST_ADDOPTS="{options}"',
        'PYTHONPATH="$PWD/' + _GIVEN + '"',
        f'PYTEST_ADDOPTS="{options}"',
        *(["ONECONTEXT_COLLECT=1"] if collect_only else []),
    ]
    return Prepared(folder, name, key, f"export {' '.join(settings)}\n{_taken_along(command)}")


def _taken_along(command: str) -> str:
    """Return the command with its own settings of these variables put behind ours."""
    with_path = re.sub(r"\bPYTHONPATH=(?=[^\s;&|])", 'PYTHONPATH="$ONECONTEXT_PYTHONPATH:"', command)
    with_path = re.sub(r"\bPYTHONPATH=(?=[\s;&|]|$)", 'PYTHONPATH="$ONECONTEXT_PYTHONPATH"', with_path)
    return re.sub(r"\bPYTEST_ADDOPTS=", 'PYTEST_ADDOPTS="$ONECONTEXT_PYTEST_ADDOPTS "', with_path)


def _witness() -> dict[str, bytes]:
    package = files("teams.mission.judging") / "witness"
    return {file.name: file.read_bytes() for file in package.iterdir() if file.name.endswith(".py")}


def _make(folder: Path, content: dict[str, bytes]) -> None:
    # Whatever our umask is: the command may be another user id.
    folder.mkdir()
    folder.chmod(0o755)
    for name, data in content.items():
        path = folder / name
        path.write_bytes(data)
        path.chmod(0o644)


def _read(folder: Path, name: str) -> bytes | None:
    """Return what lies in the file ``said``, b"" when there is none; None for what is no file, or too much."""
    try:
        with beneath.folder(folder, (name,)) as held:
            descriptor = beneath.open_file(held, "said", "said")
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(MAX_SAID_BYTES + 1)
    except FileNotFoundError:
        return b""
    except (UsageError, OSError):
        return None
    return content if len(content) <= MAX_SAID_BYTES else None


def _believed(content: bytes, key: str) -> Testimony:
    runs: list[Said] = []
    open_ = False
    for body in _bodies(content, key):
        if body is None or (body.get("event") == "end") is not open_:
            return Testimony(tuple(runs), "what pytest reported of its run was forged")
        open_ = not open_
        if open_:
            continue
        try:
            runs.append(Said.model_validate(body))
        except ValidationError:
            return Testimony(tuple(runs), "what pytest reported of its run was forged")
    return Testimony(tuple(runs), "pytest was ended before it came to its own end" if open_ else "")


def _bodies(content: bytes, key: str) -> Iterator[dict[str, Any] | None]:
    """Yield what was said, line by line; None for a line that the witness did not write."""
    for line in content.split(b"\n")[:-1]:
        try:
            document = json.loads(line)
            text, digest = str(document["body"]), str(document["digest"])
            body = json.loads(text)
            honest = hmac.compare_digest(_digest(key, text), digest) and isinstance(body, dict)
        except (ValueError, KeyError, TypeError, RecursionError):
            honest = False
        if not honest:
            yield None
            return
        if body.get("event") == "end":
            key = hashlib.sha256(f"{key} next".encode("ascii")).hexdigest()
        yield body


def _digest(key: str, text: str) -> str:
    return hmac.new(key.encode("ascii"), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
