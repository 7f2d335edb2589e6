"""The files of one foreign branch: its records, what it says of itself, and what else lies there.

Rule 1: a file whose records are numbered entries is kept as well, and so is one with CRLF; of any other file only what
        no record holds.
"""

from typing import Any

from onecontext.exchange import entries
from onecontext.exchange.blocks import Blocks, header_of
from onecontext.exchange.folder import Folder
from onecontext.exchange.found import OF_BRANCH, FoundBranch
from onecontext.exchange.theirs import metadata_of, purpose_of
from onecontext.exchange.yaml_in import mapping


def take_branch(
    folder: Folder, name: str, notes: list[str], *, origin: str, listed: dict[str, Any] | None = None
) -> FoundBranch:
    """Return what ``branches/<name>/`` has; ``listed`` is what the metadata of the whole folder says of the branch."""
    branch = FoundBranch(name)
    below = f"branches/{name}/"
    metadata, summary = folder.take(f"{below}metadata.yaml"), folder.take(f"{below}summary.md")
    for file, content in (("metadata.yaml", metadata), ("summary.md", summary)):
        if content is not None:
            branch.kept[f"{OF_BRANCH}/{file}"] = content
    known = mapping(metadata)
    if metadata is not None and known is None:
        notes.append(f"the metadata.yaml of {name!r} is no YAML mapping: kept, and not read")
    branch.metadata = {**purpose_of(summary), **metadata_of(listed), **metadata_of(known)}
    for file in ("commit.md", "log.md"):
        if content := folder.take(below + file):
            take_records(branch, file, content, origin=origin)
    for path, content in folder.strangers(below).items():
        branch.kept[f"{OF_BRANCH}/{path}"] = content
    return branch


def take_records(branch: FoundBranch, file: str, content: bytes, *, origin: str, kept: str = OF_BRANCH) -> None:
    """Add the records of a commit.md or log.md to ``branch``, and what is none to its kept files, below ``kept``."""
    text = content.decode("utf-8", "surrogateescape")
    name = f"{kept}/{file}"
    if entries.has_entries(text):
        branch.milestones += [entry.make(origin, branch.name) for entry in entries.milestones(text)]
        branch.steps += [entry.make(origin, branch.name) for entry in entries.steps(text)]
        branch.kept[name] = content
        return
    blocks = Blocks(origin=origin, folder=branch.name, header=header_of(file, branch.name))
    # A checkout may have turned its line feeds into CRLF: the records are read without, the file is kept with them.
    crlf = text.partition("\n")[0].endswith("\r")
    take_text(branch, blocks, file, text.replace("\r\n", "\n") if crlf else text)
    if crlf:
        branch.kept[name] = content
    elif blocks.parsed.rest:
        branch.kept[name] = blocks.parsed.kept(file)


def take_text(branch: FoundBranch, blocks: Blocks, file: str, text: str, place: int = 0) -> None:
    """Take the records out of ``text``, which stands at character ``place`` of the file, into ``branch``."""
    before = len(blocks.parsed.records)
    if file == "commit.md":
        blocks.milestones(text, place)
        branch.milestones += blocks.parsed.records[before:]
    else:
        blocks.steps(text, place)
        branch.steps += blocks.parsed.records[before:]
