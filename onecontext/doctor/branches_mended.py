"""Mending the files of one branch: first what is committed, then its work tree, then its log.

Rule 1: history is never rewritten: what was damaged in it is mended by a new commit in the doctor's name.
Rule 2: a record that only a work tree still has is committed before the work tree is brought up to date.
Rule 3: whatever is written over or cut has been copied to the quarantine, durably.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from onecontext.doctor.branches import files, here, log_faults, name_of, place_of, shows, work_tree_faults
from onecontext.doctor.case import FILE, FOLDER, Case
from onecontext.doctor.documents import cleaned, faults, is_ours, is_records, is_steps
from onecontext.doctor.finding import Done
from onecontext.doctor.private import mend_index
from onecontext.doctor.wanted import wanted, with_records
from onecontext.errors import Damaged, StorageError
from onecontext.memory import message
from onecontext.memory.desk import Desk, writing
from onecontext.records import split
from onecontext.store import packs
from onecontext.store.files import replace_bytes
from onecontext.store.kinds import files_below
from onecontext.store.locks import held
from onecontext.store.objects import Objects
from onecontext.store.trees import object_name

DOCTOR = "onecontext-doctor"


def mend(case: Case, branch: str) -> Iterator[Done]:
    """Mend the files of ``branch``, which names a commit whose folders can be read.

    Raises:
        LockTimeout: somebody else is writing it.
        Damaged: something in it can neither be read nor mended.
    """
    with ExitStack() as stack:
        stack.enter_context(held(case.layout.lock(branch)))
        only_there = _only_in_work_tree(case, branch)
        place, paths = place_of(case, branch), ("main.md", f"branches/{branch}/metadata.yaml")
        # Read before the work tree is brought up to date, which may write over them.
        edited = {path: case.read(case.name(place.folder / path)) or b"" for path in paths} if place else {}
    with ExitStack() as stack:
        desk = _desk(case, branch, stack)
        case.forget()
        while True:
            changes = {**wanted(case, branch, desk.tip, edited), **_untouched(case, desk, only_there)}
            back = list(_written_back(case, desk, changes))
            yield from back
            if not back:  # else more can be read than before
                break
        if changes:
            yield from _commit(case, desk, changes)
        if place_of(case, branch) is not None:
            yield from _work_tree(case, desk)
            yield from _log(case, desk)
            yield from mend_index(case, branch)


def _desk(case: Case, branch: str, stack: ExitStack) -> Desk:
    try:
        return stack.enter_context(writing(case.layout, branch))
    except (Damaged, StorageError):
        # The usual door brings the work tree up to date first, which is what cannot be done before it is mended.
        stack.enter_context(held(case.layout.lock(branch)))
        tip = case.tip(branch)
        if tip is None:
            raise
        return Desk(case.layout, Objects(case.layout), case.layout.place(branch), branch, tip)


def _commit(case: Case, desk: Desk, changes: dict[str, bytes | None]) -> Iterator[Done]:
    subject = f"mended by the doctor: {', '.join(path.removeprefix(desk.folder + '/') for path in changes)}"
    before = desk.tip
    desk.commit(changes, message.build(subject, branch=desk.branch), author=DOCTOR, at=case.now)
    case.forget()
    for path in changes:
        done = "it was mended by a commit" if changes[path] is not None else "it cannot be had again, and was taken out"
        yield Done(f"{done} ({desk.tip[:12]}); the one before stays in git", f"{desk.branch}:{path}", before[:12])


def _written_back(case: Case, desk: Desk, changes: dict[str, bytes | None]) -> Iterator[Done]:
    """Write objects that turn out to be the very ones that were lost, and take them out of ``changes``."""
    there = files(case, desk.tip)
    names = {path: object_name(b"blob", content) for path, content in changes.items() if content is not None}
    same = {path: name for path, name in names.items() if there.get(path) == name}
    if same:
        new = {name: packs.New(name, packs.BLOB, changes[path] or b"") for path, name in same.items()}
        packs.write(case.layout.git / "objects" / "pack", list(new.values()), durable=True)
        case.forget()
    for path in same:
        del changes[path]
        yield Done("the lost object was put together again from records, and written back", f"{desk.branch}:{path}")


def _only_in_work_tree(case: Case, branch: str) -> dict[str, bytes]:
    """Return the files of a work tree that goes on from a commit which the branch has lost."""
    place, tip = place_of(case, branch), case.tip(branch)
    shown = shows(case, place) if place else None
    if place is None or tip is None or shown is None or shown[0] != branch or shown[1] == tip:
        return {}
    if shown[1] in {info.id for info in case.sound.first_parents(tip)}:
        return {}  # it is only behind, and what it shows was taken back or gone on from
    top = name_of(case, place.folder)
    prefix = f"{top}/" if top else ""
    names = [f"{prefix}main.md", *(name for name, _ in files_below(case.layout.path, f"{prefix}branches/{branch}"))]
    found = {name.removeprefix(prefix): content for name in names if (content := case.read(name)) is not None}
    ours = {path: content for path, content in found.items() if is_ours(path) and not path.endswith("/log.md")}
    return {path: content for path, content in ours.items() if not any(f.damage for f in faults(path, content))}


def _untouched(case: Case, desk: Desk, saved: dict[str, bytes]) -> dict[str, bytes | None]:
    """Return what of the ``saved`` files of a lost commit is to be committed again."""
    changes: dict[str, bytes | None] = {}
    for path, content in saved.items():
        committed = desk.objects.read(desk.tree, path) if _can_be_read(case, desk, path) else None
        better = with_records(committed, content) if committed is not None and is_records(path) else content
        if better != committed:
            changes[path] = better
    return changes


def _can_be_read(case: Case, desk: Desk, path: str) -> bool:
    blob = files(case, desk.tip).get(path)
    return blob is not None and case.sound.read(blob) is not None


def _work_tree(case: Case, desk: Desk) -> Iterator[Done]:
    top = name_of(case, desk.place.folder)
    for path, blob in here(case, desk.branch, desk.tip, desk.place).items():
        name = f"{top}/{path}" if top else path
        read = case.sound.read(blob)
        if read is None or not is_ours(path) or path == f"{desk.folder}/log.md":
            continue
        damage = [fault for fault in work_tree_faults(case, name, path, read[1]) if fault.damage]
        if damage:
            yield from _save_records(case, desk, path, name)
            yield _put_back(case, desk, name, path, damage[0].what)


def _save_records(case: Case, desk: Desk, path: str, name: str) -> Iterator[Done]:
    """Commit intact records that only the damaged file of the work tree has."""
    content = case.read(name)
    if content is None or not is_records(path) or not path.startswith(f"{desk.folder}/"):
        return
    kept = {raw.key for other in _record_files(case, desk, path) for raw in split(other).records}
    kept |= {raw.key for raw in split(case.read(_log_name(case, desk)) or b"").records}
    new = [raw.raw for raw in split(content).records if raw.intact and raw.key not in kept]
    if new:
        yield from _commit(case, desk, {path: (desk.objects.read(desk.tree, path) or b"") + b"".join(new)})


def _record_files(case: Case, desk: Desk, like: str) -> Iterator[bytes]:
    for path, blob in files(case, desk.tip).items():
        if is_records(path) and is_steps(path) == is_steps(like) and (read := case.sound.read(blob)):
            yield read[1]


def _put_back(case: Case, desk: Desk, name: str, path: str, what: str) -> Done:
    kept = ""
    if case.kind(name) == FOLDER:
        kept = case.aside(name)
    elif before := case.read(name):
        kept = case.keep(name, before)
    case.path(name).parent.mkdir(parents=True, exist_ok=True)
    replace_bytes(case.path(name), desk.objects.read(desk.tree, path) or b"", durable=True)
    return Done(f"{what}; the committed one was put back", name, kept)


def _log_name(case: Case, desk: Desk) -> str:
    return case.name(desk.place.folder / desk.folder / "log.md")


def _log(case: Case, desk: Desk) -> Iterator[Done]:
    name = _log_name(case, desk)
    if case.kind(name) == FOLDER:
        yield Done("a folder was moved aside", name, case.aside(name))
    content = case.read(name)
    if content is None and case.kind(name) in (None, FILE):
        case.path(name).parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(case.path(name), b"", durable=True)
        yield Done("the log was missing; an empty one was made", name)
    elif content is not None and any(fault.damage for fault in log_faults(content)):
        kept = case.keep(name, content)
        replace_bytes(case.path(name), cleaned(content), durable=True)
        yield Done("what is no record was taken out; every whole record stays", name, kept)
