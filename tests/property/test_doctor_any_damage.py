"""Whatever happens to whatever file: the doctor ends, every intact record stays, and twice is the same as once."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from onecontext.doctor.examine import examine
from onecontext.doctor.finding import Done
from onecontext.doctor.repair import repair
from onecontext.errors import NewerFormat
from onecontext.records import split
from onecontext.store.layout import Layout
from onecontext.store.soundness import Sound
from tests.support.damage import put, snapshot, story
from tests.support.memory import git

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
NOW = datetime.now(UTC) + timedelta(hours=1)
# What git or we only derive from something else, and write again without asking what was there.
_DERIVED = ("/index", "onecontext-shown", "/settled", "/COMMIT_EDITMSG", "/packs/main", "/packs/idea")
_NOT_FILES_OF_OURS = ("/locks/", "/hooks/", "/description", "/info/")
Keys = set[tuple[str, str, str]]

fractions = st.floats(0, 1, exclude_max=True)
kinds = st.sampled_from(["truncate", "flip", "nul", "delete", "symlink", "fifo", "folder", "garbage"])
damages = st.lists(st.tuples(fractions, kinds, fractions, st.integers(1, 255)), min_size=1, max_size=2)


@pytest.mark.timeout(600)
@settings(max_examples=200 if DEEP else 20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(packed=st.booleans(), what=damages)
def test_any_damage_is_survived(packed: bool, what: list[tuple[float, str, float, int]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="onecontext-damage-"))
    try:
        memory = story(folder)
        if packed:
            git(memory, "gc", "-q")
        tips = [git(memory, "rev-parse", branch).strip() for branch in ("main", "idea")]
        for where, kind, place, value in what:
            damage(memory, where, kind, place, value)
        damaged = snapshot(memory)
        intact = in_files(memory) | in_git(memory, tips)

        try:
            examine(memory, NOW)
        except NewerFormat:
            # One digit too many is a version that we do not know, and not for us to mend.
            assert snapshot(memory) == damaged
            event("the version of its format is newer")
            return
        did = list(mended(memory))
        left = examine(memory, NOW)

        assert intact <= in_files(memory) | in_git(memory, now(memory)), (did, left)
        assert list(mended(memory)) == [], (did, left)
        if not any(finding.severity == "fail" for finding in left):
            git(memory, "fsck", "--strict", "--no-dangling")
        else:
            event("not all could be mended")
            assert all(finding.mend for finding in left)
        assert_kept(damaged, snapshot(memory))
    finally:
        shutil.rmtree(folder)


def damage(memory: Path, where: float, kind: str, place: float, value: int) -> None:
    files = sorted(path for path in files_of(memory) if not any(word in str(path) for word in _NOT_FILES_OF_OURS))
    path = files[int(where * len(files))]
    event(f"{kind}")
    content = path.read_bytes()
    at = int(place * len(content))
    if kind == "truncate":
        put(path, content[:at])
    elif kind == "flip":
        put(path, content[:at] + bytes([content[at] ^ value]) + content[at + 1 :] if content else b"")
    elif kind == "nul":
        put(path, content[:at] + b"\0" * (len(content) - at))
    elif kind == "garbage":
        put(path, content[:at] + bytes([value]) * value + content[at:])
    else:
        path.unlink()
        if kind == "symlink":
            path.symlink_to(memory.parent / "elsewhere")
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()


def mended(memory: Path) -> Iterator[Done]:
    did: list[Done] = []
    repair(memory, NOW, did.append)
    yield from did


def files_of(memory: Path) -> Iterator[Path]:
    for top, _, names in os.walk(memory):
        for name in names:
            path = Path(top) / name
            if path.is_file() and not path.is_symlink():
                yield path


def in_files(memory: Path) -> Keys:
    found: Keys = set()
    for path in files_of(memory):
        if path.suffix == ".md" and "quarantine" not in str(path):
            found |= keys(path.read_bytes())
    return found


def in_git(memory: Path, tips: list[str]) -> Keys:
    """Return the intact records in the files of commits, as far as they can be read."""
    if any(not path.is_file() or path.is_symlink() for path in (memory / ".git/objects/pack").glob("*")):
        return set()
    if not (memory / ".git/objects").is_dir():
        return set()
    store, found = Sound(Layout(memory)), Keys()
    for tip in tips:
        info = store.commit(tip)
        for path, blob in store.files(info.tree) if info else ():
            content = store.read(blob)
            if content and path.endswith(".md"):
                found |= keys(content[1])
    return found


def keys(content: bytes) -> Keys:
    return {raw.key for raw in split(content).records if raw.intact}


def now(memory: Path) -> list[str]:
    done = subprocess.run(
        ["git", "-C", str(memory), "for-each-ref", "--format=%(objectname)", "refs/heads"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


def assert_kept(before: dict[str, tuple[int, bytes]], after: dict[str, tuple[int, bytes]]) -> None:
    kept = {content for path, (_, content) in after.items() if "/quarantine/" in path}
    for path, (mode, content) in before.items():
        if content and after.get(path) != (mode, content) and not path.endswith(_DERIVED):
            assert content in kept, path
