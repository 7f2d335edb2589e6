"""What the newest state of a branch has to hold where it is damaged, put together from its past and its work tree.

Rule 1: an edit that is sound counts before older versions, and an older version before nothing.
Rule 2: of files of records every intact record is kept, wherever it stands.
"""

from onecontext.doctor import past
from onecontext.doctor.branches import changing, committed_faults, files, place_of
from onecontext.doctor.case import Case
from onecontext.doctor.documents import cleaned, faults, is_ours, is_records, is_yaml
from onecontext.memory import metadata
from onecontext.records import iso, split


def wanted(case: Case, branch: str, tip: str, edited: dict[str, bytes]) -> dict[str, bytes | None]:
    """Return what a commit has to change so that the newest state of the branch is whole.

    Args:
        edited: files of the work tree as they were found, which count before older versions.
    """
    changes: dict[str, bytes | None] = {}
    there = files(case, tip)
    again = changing(branch, there)
    for path, blob in there.items():
        read = case.sound.read(blob)
        own = path.startswith(f"branches/{branch}/") or path in ("main.md", "format")
        if read is None and not own and (theirs := _owners(case, path)) is not None:
            changes[path] = theirs
        elif read is None:
            changes[path] = _made_again(case, branch, tip, path, edited.get(path))
        elif (
            own
            and is_ours(path)
            and any(fault.damage for fault in committed_faults(case, branch, tip, path, read[1], changes=path in again))
        ):
            better = _better(case, branch, tip, path, read[1], edited.get(path))
            if better != read[1]:
                changes[path] = better
    for path, blob in past.gone(case, branch, tip).items():
        if read := case.sound.read(blob):
            changes[path] = read[1]
    return changes


def _owners(case: Case, path: str) -> bytes | None:
    """Return what the branch that a folder is named after has at ``path`` now."""
    branch = path.removeprefix("branches/").partition("/")[0]
    tip = case.tip(branch) if branch in case.branches() else None
    read = case.sound.read(files(case, tip).get(path, "")) if tip else None
    return read[1] if read else None


def _made_again(case: Case, branch: str, tip: str, path: str, edited: bytes | None) -> bytes | None:
    """Return what is to stand where the content is lost: the newest good version, else the least that is valid."""
    if edited and not faults(path, edited):
        return edited
    if is_records(path) and not path.endswith("/log.md"):
        older = past.newest_good(case, branch, tip, path) or b""
        place = place_of(case, branch)
        there = case.read(case.name(place.folder / path)) if place else None
        found = with_records(older, there or b"")
        return found if found or path.endswith("/commit.md") else None
    if (good := past.newest_good(case, branch, tip, path)) is not None:
        return good
    if path.endswith("/metadata.yaml"):
        return metadata.dump(metadata.new(purpose="", parent=None, created=iso(case.now)))
    return b"" if path.endswith("/log.md") else None


def _better(case: Case, branch: str, tip: str, path: str, content: bytes, edited: bytes | None) -> bytes:
    whole = past.whole(case, branch, tip, path, content)
    if edited and edited != content and not is_records(path) and not faults(path, edited):
        return edited
    if whole is not None and not any(fault.damage for fault in faults(path, whole)):
        return whole
    if not is_records(path) or path.endswith("/commit.md"):
        good = past.newest_good(case, branch, tip, path)
        if good is None and is_yaml(path):
            return _made_again(case, branch, tip, path, edited) or content
        return content if good is None else good
    found = cleaned(content)
    for version in reversed(list(past.versions(case, branch, tip, path))):
        found = with_records(found, version)
    return found


def with_records(content: bytes, other: bytes) -> bytes:
    """Return ``content`` with the intact records of ``other`` that it has not, at its end."""
    known = {raw.id for raw in split(content).records}
    new = [raw.raw for raw in split(other).records if raw.intact and raw.id not in known]
    separator = b"\n" if new and content and not content.endswith(b"\n") else b""
    return content + separator + b"".join(new)
