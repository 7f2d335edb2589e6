"""Versions, the git command and room on the disk. Nothing heavy is imported: versions are read from metadata."""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from onecontext.doctor.check import Check
from onecontext.version import __version__

_LIBRARIES = ("pygit2", "pydantic", "textual", "litellm", "watchdog", "tiktoken", "google-re2")
_MALWARE = {("litellm", "1.82.7"), ("litellm", "1.82.8")}
_FEW_BYTES = 2 * 1024**3
_TOO_FEW_BYTES = 200 * 1024**2
_PROBE = b"written by onecontext doctor\n"


def checks(cwd: Path) -> Iterable[Check]:
    """Check what every command needs."""
    yield Check("onecontext", "ok", f"{__version__} on Python {platform.python_version()}, {platform.system()}")
    yield _libraries()
    yield _git(cwd)
    yield _disk(cwd)


def _libraries() -> Check:
    found: list[str] = []
    missing: list[str] = []
    for name in _LIBRARIES:
        try:
            installed = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        if (name, installed) in _MALWARE:
            return Check(
                "libraries",
                "fail",
                f"{name} {installed} carries malware",
                "install another version, and change every key this machine knew",
            )
        found.append(f"{name} {installed}")
    if missing:
        return Check("libraries", "fail", f"not installed: {', '.join(missing)}", "pip install onecontext-teams")
    return Check("libraries", "ok", ", ".join(found))


def _git(cwd: Path) -> Check:
    git = shutil.which("git", path=os.defpath + ":/usr/local/bin:/opt/homebrew/bin")
    fix = "memory works without it; agents look at history with it: install the package git"
    if git is None:
        return Check("git", "warn", "the git command is not installed", fix)
    try:
        answer = subprocess.run(
            [git, "--version"], cwd="/", env={}, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check("git", "warn", f"{git} does not run: {error}", fix)
    return Check("git", "ok", answer.stdout.strip())


def _disk(cwd: Path) -> Check:
    """Write a file where temporary files go, read it back, and look at how much room there is here."""
    try:
        with tempfile.NamedTemporaryFile(prefix="onecontext-doctor-") as file:
            file.write(_PROBE)
            file.flush()
            os.fsync(file.fileno())
            read = Path(file.name).read_bytes()
        free_bytes = shutil.disk_usage(cwd).free
    except OSError as error:
        return Check("disk", "fail", f"temporary files cannot be written: {error}", "check room and rights of $TMPDIR")
    if read != _PROBE:
        return Check("disk", "fail", "a temporary file reads back other than it was written", "check the disk")
    message = f"{free_bytes / 1024**3:.1f} GiB free here; a temporary file was written and read back"
    if free_bytes < _TOO_FEW_BYTES:
        return Check("disk", "fail", message, "make room: working copies and memory need some")
    return Check(
        "disk",
        "warn" if free_bytes < _FEW_BYTES else "ok",
        message,
        "make some room soon" if free_bytes < _FEW_BYTES else "",
    )
