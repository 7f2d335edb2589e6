"""The files of each branch: as its newest commit has them, and as its work tree has them now.

Rule 1: a work tree is compared with what it says it shows; one that is behind is for the next command to mend.
Rule 2: what differs and could be an edit by a person is no finding in main.md and metadata, which people edit.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from onecontext.doctor import past
from onecontext.doctor.case import FILE, FOLDER, Case
from onecontext.doctor.documents import Fault, compared, faults, is_ours, line_of
from onecontext.doctor.finding import Finding
from onecontext.errors import Damaged
from onecontext.store.place import Place
from onecontext.store.view import view

_BACK = "repair sets it aside and puts back the committed one"


def find(case: Case) -> Iterator[Finding]:
    """Name damage in committed files and in work trees, of all branches."""
    seen: set[tuple[str, str]] = set()
    for branch in case.branches():
        tip = case.tip(branch)
        if tip is None:
            continue
        yield from _committed(case, branch, tip, seen)
        place = place_of(case, branch)
        if place is not None and shows(case, place) == (branch, tip):
            yield from _work_tree(case, branch, tip, place)


def place_of(case: Case, branch: str) -> Place | None:
    """Return where the branch is written; None when it has no work tree here."""
    try:
        place = case.layout.place(branch)
    except Damaged:
        return None
    return place if case.kind(name_of(case, place.folder) or "branches") == FOLDER else None


def here(case: Case, branch: str, tip: str, place: Place) -> dict[str, str]:
    """Return the files of a commit that the work tree of its branch has on disk, to blobs."""
    seen = view(place, branch)
    return {path: blob for path, blob in files(case, tip).items() if seen.has(path)}


def shows(case: Case, place: Place) -> tuple[str, str] | None:
    """Return branch and commit that the work tree says it shows; None when it says nothing."""
    words = (case.text(case.name(place.git_dir / "onecontext-shown")) or "").split()
    return (words[0], words[1]) if len(words) in (2, 3) else None


def name_of(case: Case, path: Path) -> str:
    """Return ``path`` relative to the memory; empty for the memory itself."""
    name = case.name(path)
    return "" if name == "." else name


def files(case: Case, tip: str) -> dict[str, str]:
    """Return the files of a commit, to blobs."""
    info = case.sound.commit(tip)
    return dict(case.sound.files(info.tree)) if info else {}


def log_faults(content: bytes) -> list[Fault]:
    """Return what is wrong with a log of pending steps."""
    return faults("branches/x/log.md", content)


def _committed(case: Case, branch: str, tip: str, seen: set[tuple[str, str]]) -> Iterator[Finding]:
    found = files(case, tip)
    again = changing(branch, found)
    for path, blob in found.items():
        # Branches share most of their files: each is told once.
        if (path, blob) in seen or not is_ours(path):
            continue
        seen.add((path, blob))
        read = case.sound.read(blob)
        own = path.startswith(f"branches/{branch}/") or path == "main.md"
        for fault in committed_faults(case, branch, tip, path, read[1], changes=path in again) if read else []:
            mend = _committed_mend(path, own=own) if fault.damage else "it is kept as it is, and shown as edited"
            what = f"{fault.what} (as committed)"
            yield Finding(what, f"{branch}:{path}", fault.line, "fail" if fault.damage else "warn", mend)
    for path in past.gone(case, branch, tip):
        yield Finding(
            "the history file was committed and is not in the newest commit",
            f"{branch}:{path}",
            None,
            "fail",
            "repair takes it from the commit that had it, and commits it as 'onecontext-doctor'",
        )
    yield from _gaps(branch, found)


def changing(branch: str, paths: Iterable[str]) -> set[str]:
    """Return those of the ``paths`` of a tree that a branch writes again and again; all others are written once."""
    folder = f"branches/{branch}"
    newest = max((path for path in paths if path.startswith(f"{folder}/commit/")), default="")
    return {"main.md", f"{folder}/metadata.yaml", f"{folder}/commit.md", newest}


def committed_faults(case: Case, branch: str, tip: str, path: str, content: bytes, *, changes: bool) -> list[Fault]:
    """Return what is wrong with ``path`` as it was committed last; if it ``changes``, also against what it was."""
    found = faults(path, content)
    if changes:
        whole = past.whole(case, branch, tip, path, content)
        if whole is not None:
            what = f"it ends after {len(content):,} of the {len(whole):,} bytes that it had before"
            found.append(Fault(what, line_of(content, len(content))))
    return found


def _committed_mend(path: str, *, own: bool) -> str:
    if not own:
        return "repair mends it on the branch it came from; here it stays as it was merged"
    if path == "main.md":
        return "repair takes the newest good version from the history of the branch, and commits it"
    return "repair commits what is good in it and in its earlier versions, as 'onecontext-doctor'"


def _gaps(branch: str, found: dict[str, str]) -> Iterator[Finding]:
    numbers: dict[str, set[int]] = {}
    for path in found:
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".md")
        if is_ours(path) and stem.isdecimal() and folder.startswith(f"branches/{branch}/"):
            numbers.setdefault(folder, set()).add(int(stem))
            outer, _, inner = folder.rpartition("/")
            if inner.isdecimal():
                numbers.setdefault(outer, set()).add(int(inner))
    for folder, there in numbers.items():
        missing = sorted(set(range(max(there))) - there)
        if missing:
            what = f"the numbering has a gap: {', '.join(f'{n:04d}' for n in missing[:5])}"
            yield Finding(what, f"{branch}:{folder}", None, "warn", "new records go on after the highest number")


def _work_tree(case: Case, branch: str, tip: str, place: Place) -> Iterator[Finding]:
    top = name_of(case, place.folder)
    for path, blob in here(case, branch, tip, place).items():
        name = f"{top}/{path}" if top else path
        if path == f"branches/{branch}/log.md":
            yield from _log(case, name)
            continue
        if not is_ours(path):
            continue
        read = case.sound.read(blob)
        for fault in work_tree_faults(case, name, path, read[1]) if read else []:
            mend = _BACK if fault.damage else "it is kept, and shown as edited; git has it as it was committed"
            yield Finding(fault.what, name, fault.line, "fail" if fault.damage else "warn", mend)


def work_tree_faults(case: Case, name: str, path: str, committed: bytes) -> list[Fault]:
    """Return what is wrong with the file ``name`` of a work tree, where ``path`` was committed."""
    kind = case.kind(name)
    if kind == FOLDER:
        return [Fault("a folder lies where a file should be", None)]
    if kind not in (None, FILE):
        return []  # told, and moved aside, by the room for oddities
    current = case.read(name)
    if kind is None or current is None:
        return [Fault("the file is missing", None)]
    return compared(path, committed, current) if current != committed else []


def _log(case: Case, name: str) -> Iterator[Finding]:
    if case.kind(name) == FOLDER:
        yield Finding("a folder lies where a file should be", name, None, "fail", "repair moves it to the quarantine")
    if case.kind(name) is None:
        what = "the log is missing, and with it any steps that had no milestone yet"
        yield Finding(what, name, None, "fail", "repair makes an empty one; steps that are in no other file are lost")
    for fault in log_faults(case.read(name) or b""):
        mend = "repair moves it to the quarantine; every whole record stays" if fault.damage else "it is kept as it is"
        yield Finding(fault.what, name, fault.line, "fail" if fault.damage else "warn", mend)
