"""The folder of an export: made, or put in place of an earlier export that nobody has written in since.

Rule 1: nothing is written where something foreign stands, and nothing foreign is taken away.
Rule 2: all of the new folder is written beside the old one before it takes its name; in between is one rename.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import Damaged, NewerFormat, UsageError
from onecontext.exchange.gcc_export import MANIFEST, VERSION
from onecontext.store.files import read_bytes, replace_bytes

FOLDER = ".GCC"
_BESIDE = re.compile(r"\.GCC\.[0-9a-f]{16}\.(new|old)", re.ASCII)
_NAMED = 3


def put(directory: Path, files: Mapping[str, bytes]) -> bool:
    """Make ``directory/.GCC`` hold ``files`` and nothing else; return whether an earlier export was replaced.

    Raises:
        UsageError: ``directory`` has something that is no earlier export, or one that was written in since; nothing
            was changed.
        OSError: full or read-only; an earlier export is as it was.
    """
    there = check(directory)
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"{FOLDER}.{os.urandom(8).hex()}"
    new, old, place = directory / f"{stem}.new", directory / f"{stem}.old", directory / FOLDER
    try:
        for path, content in files.items():
            target = new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_bytes(target, content)
        if there:
            place.rename(old)
        new.rename(place)
    except BaseException:
        # Whatever it was, ^C too: the earlier export is put back, and it is raised again.
        if there and old.exists() and not place.exists():
            old.rename(place)
        shutil.rmtree(new, ignore_errors=True)
        raise
    for beside in list(directory.iterdir()):
        if _BESIDE.fullmatch(beside.name):  # the old one, and what a killed export left: ours by their names
            shutil.rmtree(beside, ignore_errors=True)
    return there


def manifest(folder: Path) -> dict[str, Any] | None:
    """Return what an export says of itself; None where ``folder`` is no export.

    Raises:
        NewerFormat: a newer version wrote it.
        Damaged: it cannot be read.
    """
    path = folder / MANIFEST
    try:
        content = read_bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{path} is not JSON", hint="export anew into another folder") from error
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat(f"{path} has version {version}; this version reads up to {VERSION}")
    if version != VERSION or not all(isinstance(document.get(key), dict) for key in ("branches", "files")):
        raise Damaged(f"{path} is not what an export says of itself", hint="export anew into another folder")
    return dict(document)


def check(directory: Path) -> bool:
    """Return whether ``directory`` holds an earlier export, which nobody has written in since; False: nothing is there.

    Raises:
        UsageError: it holds something else.
    """
    try:
        names = {path.name for path in directory.iterdir() if not _BESIDE.fullmatch(path.name)}
    except FileNotFoundError:
        return False
    except NotADirectoryError as error:
        raise UsageError(f"{directory} is no folder", hint="name a new or an empty one") from error
    if not names:
        return False
    place = directory / FOLDER
    about = manifest(place) if FOLDER in names and not place.is_symlink() else None
    if about is None:
        raise UsageError(
            f"{directory} is not empty and holds no earlier export", hint="name a new folder, or an empty one"
        )
    if written := _written_since(place, about["files"]):
        more = ", …" if len(written) > _NAMED else ""
        raise UsageError(
            f"{place} has been written in since it was exported: {', '.join(written[:_NAMED])}{more}",
            hint=f"'onecontext import {directory}' takes that in; or name another folder for the export",
        )
    return True


def _written_since(place: Path, files: Mapping[str, Any]) -> list[str]:
    """Return the paths that are not as the export wrote them; the empty lock file of its reader is no change."""
    found = {str((Path(top) / name).relative_to(place)) for top, _, names in os.walk(place) for name in names}
    links = {str((Path(top) / name).relative_to(place)) for top, names, _ in os.walk(place) for name in names}
    changed = {path for path in found ^ {*files, MANIFEST} if path != ".lock"}
    changed |= {path for path in found & files.keys() if not _is(place / path, files[path])}
    changed |= {path for path in links if (place / path).is_symlink()}
    return sorted(changed)


def _is(path: Path, check: Any) -> bool:
    try:
        content = read_bytes(path)
    except (Damaged, OSError):
        return False
    return isinstance(check, dict) and check == {"crc": crc32c(content), "size": len(content)}
