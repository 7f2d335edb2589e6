"""Refs beside the branches: tags, and the tips of deleted branches; and taking any ref away.

Rule 1: a ref is made or taken away from the commit the caller saw, or not at all (compare-and-set).
Rule 2: names and times become part of a path here, so they are checked here.
Rule 3: everything here can be done again after a kill at any point.
"""

import os
import re
import stat
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from onecontext.errors import Conflict
from onecontext.names import check_name, is_name
from onecontext.store import gitlock
from onecontext.store.files import read_bytes, replace_bytes, sync_folder
from onecontext.store.layout import Layout
from onecontext.store.locks import held
from onecontext.store.ways import check_way

HEADS, TAGS = "refs/heads/", "refs/tags/"
DELETED, DELETED_TAGS = "refs/onecontext/deleted/", "refs/onecontext/deleted-tags/"
_LINE_BYTES = 80
_HEX = re.compile(r"[0-9a-f]{40,64}", re.ASCII)


def tag_ref(name: str) -> str:
    """Return the ref of a tag.

    Raises:
        InvalidName: ``name`` cannot name a tag.
    """
    return TAGS + check_name(name, what="tag")


def deleted_ref(name: str, at: datetime, *, prefix: str = DELETED) -> str:
    """Return where the tip of a branch (or what a tag named) is kept since ``at``; those of one name sort by time."""
    return f"{prefix}{check_name(name)}/{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def read(layout: Layout, ref: str) -> str | None:
    """Return the object that ``ref`` names, as hex; None when there is no such ref."""
    return _loose(layout.git / ref) or layout.packed_refs().get(ref)


def heads(layout: Layout) -> dict[str, str]:
    """Return all branches, to their tips, sorted by name: what ``layout.tip`` says of each, at a fifth of the time.

    Raises:
        Damaged: a ref names no commit.
    """
    top = str(layout.git / HEADS)
    found: dict[str, str | None] = {}
    for name in layout.branches():
        text = _small(f"{top}{os.sep}{name}")
        found[name] = text if _HEX.fullmatch(text) else layout.tip(name)
    return {name: tip for name, tip in found.items() if tip}


def _small(path: str) -> str:
    """Return the one line of a small regular file; empty where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return os.read(descriptor, _LINE_BYTES).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)


def under(layout: Layout, prefix: str) -> dict[str, str]:
    """Return the refs that begin with ``prefix`` (it ends with ``/``), to objects, sorted by name."""
    top = layout.git / prefix
    found = {ref: value for ref, value in layout.packed_refs().items() if ref.startswith(prefix)}
    paths = [path for path in top.rglob("*") if not path.name.endswith(".lock")] if top.is_dir() else []
    found |= {path.relative_to(layout.git).as_posix(): value for path in paths if (value := _loose(path))}
    return dict(sorted(found.items()))


def tags(layout: Layout) -> dict[str, str]:
    """Return the names of all tags, sorted, to the objects they name; one made by hand under another rule is none."""
    found = {ref.removeprefix(TAGS): value for ref, value in under(layout, TAGS).items()}
    return {name: value for name, value in found.items() if is_name(name)}


def put(layout: Layout, ref: str, commit: str) -> None:
    """Make ``ref`` name ``commit``, durably; nothing happens when it does already.

    Raises:
        Conflict: it names something else; that was left there.
    """
    check_way(layout.git, layout.git / ref)
    with held(_lock(layout, ref)):
        if read(layout, ref) == commit:
            return
        gitlock.put(
            layout.git / ref, f"{commit}\n".encode(), _scratch(layout, ref), still=lambda: read(layout, ref) is None
        )


def delete(layout: Layout, ref: str, *, expect: str) -> None:
    """Take ``ref`` away, durably, if it names ``expect`` still. What it named stays in the object store.

    Raises:
        Conflict: it names something else by now, or nothing; it was left as it is.
        LockTimeout: a git command holds it.
    """
    path, scratch = layout.git / ref, _scratch(layout, ref)
    check_way(layout.git, path)
    with ExitStack() as stack:
        # The lock of a branch is the branch's own, which its caller holds.
        if not ref.startswith(HEADS):
            stack.enter_context(held(_lock(layout, ref)))
        gitlock.clear_dead_lock(path, scratch)
        scratch.parent.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(scratch, f"{expect}\n".encode(), durable=True)
        with gitlock.taken(path, scratch):
            if read(layout, ref) != expect:
                raise Conflict(f"{ref} has moved meanwhile", hint="run it again")
            try:
                # First out of packed-refs: as long as the loose file stands, an older packed value cannot come back.
                _unpack(layout, ref)
                path.unlink(missing_ok=True)
                sync_folder(path.parent)
            except OSError:
                if read(layout, ref) is None:
                    replace_bytes(path, f"{expect}\n".encode())
                raise


def _unpack(layout: Layout, ref: str) -> None:
    path, scratch = layout.git / "packed-refs", layout.scratch("packed-refs")
    with held(layout.private / "locks" / "packed-refs.lock"):
        # Also where nothing is to be taken out: a writer of ours that was killed here must not stop git for good.
        gitlock.clear_dead_lock(path, scratch)
        if ref not in layout.packed_refs():
            return
        before = read_bytes(path)
        replace_bytes(scratch, _without(before, ref), durable=True)
        gitlock.install(path, scratch, still=lambda: read_bytes(path) == before)
        sync_folder(path.parent)


def _without(packed: bytes, ref: str) -> bytes:
    kept: list[bytes] = []
    dropping = False
    for line in packed.splitlines(keepends=True):
        # A line with '^' tells what the tag on the line before it peels to, and goes with that one.
        dropping = dropping if line.startswith(b"^") else line.rstrip(b"\n").endswith(b" " + ref.encode())
        if not dropping:
            kept.append(line)
    return b"".join(kept)


def _loose(path: Path) -> str | None:
    try:
        text = read_bytes(path, limit_bytes=1024).decode("ascii", "replace").strip() if path.is_file() else ""
    except (FileNotFoundError, NotADirectoryError):
        return None
    return text if _HEX.fullmatch(text) else None


def _lock(layout: Layout, ref: str) -> Path:
    return layout.private / "locks" / f"{ref}.lock"


def _scratch(layout: Layout, ref: str) -> Path:
    # The same name that a commit uses for a branch: both are covered by the lock of that branch.
    branch = ref.removeprefix(HEADS) if ref.startswith(HEADS) else None
    return layout.scratch(f"ref-{branch}" if branch else ref.replace("/", "-"))
