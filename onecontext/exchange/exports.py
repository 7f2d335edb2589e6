"""An export of ours, read back: records as they lay in their memory, and whatever was written behind them since.

Rule 1: frames count up to where the export ended, which ``onecontext.json`` says with a checksum; what another program
        wrote behind that is its text, in which no frame counts.
Rule 2: where a file was changed inside, a frame counts for a record that agrees with its own length and checksum.
"""

from collections.abc import Iterator
from typing import Any

from onecontext.checksum import crc32c
from onecontext.errors import InvalidText
from onecontext.exchange.blocks import Blocks, header_of
from onecontext.exchange.branch_files import take_branch, take_text
from onecontext.exchange.branch_names import mapped
from onecontext.exchange.folder import Folder, kept_path
from onecontext.exchange.found import (
    OF_BRANCH,
    OF_EXPORT,
    OF_FOLDER,
    Found,
    FoundBranch,
    Record,
    clean_bytes,
    resealed,
    valid_record,
)
from onecontext.exchange.gcc_export import EXTRA, MANIFEST
from onecontext.exchange.gcc_records import original
from onecontext.exchange.theirs import cleaned, metadata_of
from onecontext.exchange.yaml_in import mapping
from onecontext.memory import metadata
from onecontext.names import is_name
from onecontext.records import Raw, split

_RECORDS = ("commit/", "log/")
_FILES = ("commit.md", "log.md", "metadata.yaml")


def read_export(folder: Folder, about: dict[str, Any]) -> Found:
    """Return what the export ``folder`` has; ``about`` is its manifest."""
    folder.take(MANIFEST)
    notes: list[str] = []
    roadmap = folder.take("main.md")
    names = {path.split("/")[1] for path in folder.folders if path.count("/") == 1 and path.startswith("branches/")}
    origins = mapped(names)
    branches = []
    for name in sorted(names):
        known = about["branches"].get(name)
        if isinstance(known, dict) and is_name(name):
            branch = _ours(folder, name, known, about["files"], notes)
            own = folder.take(f"branches/{name}/{EXTRA}/main.md")
            branch.roadmap = roadmap if own is None else own
        else:
            branch = take_branch(folder, name, notes, origin=origins[name])
            branch.roadmap = roadmap
        branches.append(branch)
    for branch in branches:
        strangers = folder.strangers(f"branches/{branch.name}/")
        branch.kept |= {f"{OF_BRANCH}/{path}": content for path, content in strangers.items()}
    first = next(
        (branch for branch in branches if branch.name == about.get("branch")), branches[0] if branches else None
    )
    if first is not None:
        first.kept |= {f"{OF_FOLDER}/{path}": content for path, content in folder.strangers().items()}
    return Found("gcc", branches, notes)


def _ours(folder: Folder, name: str, known: dict[str, Any], checks: dict[str, Any], notes: list[str]) -> FoundBranch:
    branch = FoundBranch(name, whole=True)
    below = f"branches/{name}/"
    document = mapping(_bytes(known.get("metadata")))
    branch.metadata = cleaned(document) if document is not None else {}
    if document is None:
        branch.kept[f"{OF_EXPORT}/metadata.yaml"] = _bytes(known.get("metadata"))
        notes.append(f"the metadata of {name!r} in {MANIFEST} is no plain YAML mapping: kept, and not read")
    elif metadata.dump(branch.metadata or {}) != _bytes(known.get("metadata")):
        branch.kept[f"{OF_EXPORT}/metadata.yaml"] = _bytes(known.get("metadata"))  # with comments, or in another order
    theirs = folder.take(f"{below}metadata.yaml")
    if theirs is not None and not _agrees(theirs, checks.get(f"{below}metadata.yaml")):
        branch.metadata = {**(branch.metadata or {}), **metadata_of(mapping(theirs))}
        branch.kept[f"{OF_BRANCH}/metadata.yaml"] = theirs
    merged = known.get("merged")
    for one, text in merged.items() if isinstance(merged, dict) else ():
        if is_name(one):
            branch.merged[one] = clean_bytes(_bytes(text))
    for file in ("commit.md", "log.md"):
        content = folder.take(below + file)
        if content:
            _records(branch, file, content, checks.get(below + file))
    for path, content in folder.strangers(f"{below}{EXTRA}/files/").items():
        mine = kept_path(path) == path and path not in _FILES and not path.startswith(_RECORDS)
        if mine:
            branch.files[path] = clean_bytes(content)
        else:
            branch.kept[f"{OF_EXPORT}/{path}"] = content
    return branch


def _records(branch: FoundBranch, file: str, content: bytes, check: Any) -> None:
    blocks = Blocks(origin=branch.name, folder=branch.name, header=header_of(file, branch.name))
    place = 0
    for part in _parts(content, check):
        if isinstance(part, Raw):
            record = _record(part, branch.name, file)
            if record is not None:
                (branch.milestones if file == "commit.md" else branch.steps).append(record)
                place += len(part.raw.decode("utf-8", "surrogateescape"))
                continue
            part = part.raw
        text = part.decode("utf-8", "surrogateescape")
        take_text(branch, blocks, file, text, place)
        place += len(text)
    if blocks.parsed.rest:
        branch.kept[f"{OF_BRANCH}/{file}"] = blocks.parsed.kept(file)


def _parts(content: bytes, check: Any) -> Iterator[Raw | bytes]:
    """Yield the exported records of a file, each without what stands behind it, and the texts between them."""
    size = check.get("size") if isinstance(check, dict) else None
    known = isinstance(size, int) and 0 <= size <= len(content) and _agrees(content[:size], check)
    framed = content[:size] if known else content
    found = split(framed)
    yield found.preamble
    for raw in found.records:
        end = raw.raw.index(b"\n") + 1 + len(raw.body)
        if raw.intact:
            yield Raw(raw.id, raw.frame, raw.body, raw.raw[:end], True)
        yield raw.raw[end:] if raw.intact else raw.raw
    yield content[found.end :]


def _record(raw: Raw, branch: str, file: str) -> Record | None:
    """Return the record that an exported one was made from; None where it is none of ours after all."""
    try:
        content = original(raw.frame, raw.body)
    except (InvalidText, ValueError, OverflowError):
        return None
    if not split(content).records:
        content = content.rstrip(b"\n") + b"\n\n---\n"  # its end was edited away, which nothing but its neighbours told
    if not valid_record(content, milestone=file == "commit.md"):
        return None
    said = raw.frame.get("folder", raw.frame["origin"])
    folder = said if isinstance(said, str) and is_name(said) else branch
    pending = raw.frame.get("pending") is True and file == "log.md" and folder == branch
    return Record(resealed(content, milestone=file == "commit.md"), folder, pending)


def _agrees(content: bytes, check: Any) -> bool:
    return isinstance(check, dict) and check == {"crc": crc32c(content), "size": len(content)}


def _bytes(text: object) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""
