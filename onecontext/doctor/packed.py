"""Files of git's object store: packs, their indexes, loose objects, and what git derives from them.

Rule 1: a pack is judged by the checksum it ends with, an object on its own by its name.
Rule 2: of a damaged pack every object that can still be read is written anew, durably, before the pack is moved aside.
Rule 3: what git only derives (commit-graph, multi-pack-index, bitmaps) is moved aside: git makes it again.
"""

import hashlib
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from onecontext.doctor.case import FILE, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.store import packs
from onecontext.store.kinds import files_below
from onecontext.store.salvage import KIND_NAMES, objects_in, trailer_agrees
from onecontext.store.trees import object_name

_PACKS = ".git/objects/pack/"
_BATCH_BYTES = 64 * 1024 * 1024
_MEND_PACK = "repair writes what can still be read into a new pack, and moves this one to the quarantine"
_MEND_DERIVED = "repair moves it to the quarantine; git makes it again"
_DERIVED = (".rev", ".bitmap", ".mtimes", "multi-pack-index", "commit-graph", ".graph")


class _Fault(NamedTuple):
    name: str
    what: str
    mend: str


def find(case: Case) -> Iterator[Finding]:
    """Name packs, indexes and loose objects that are damaged."""
    for fault in _faults(case):
        yield Finding(fault.what, fault.name, None, "fail", fault.mend)


def mend(case: Case) -> Iterator[Done]:
    """Save what can be read, and move damaged files aside."""
    damaged = [fault.name for fault in _faults(case)]
    stems = sorted({name.rpartition(".")[0] for name in damaged if name.endswith((".pack", ".idx"))})
    for stem in stems:
        yield from _replace(case, stem)
    if stems and case.kind(f"{_PACKS}multi-pack-index") == FILE:
        damaged.append(f"{_PACKS}multi-pack-index")
    for name in damaged:
        if case.kind(name) == FILE and not name.endswith((".pack", ".idx")):
            yield Done("it was moved aside", name, case.aside(name))
    case.forget()


def _replace(case: Case, stem: str) -> Iterator[Done]:
    # The index before the pack: after a kill in between, what is left is seen as damaged once more.
    suffixes = (".rev", ".bitmap", ".mtimes", ".keep", ".idx", ".pack")
    before = {name: content for suffix in suffixes if (content := case.read(name := f"{stem}{suffix}")) is not None}
    kept = {name: case.keep(name, content) for name, content in before.items()}
    saved = _save(case, stem)
    for name, content in before.items():
        # The new pack may have the very name of the old one, and has then replaced it.
        if case.read(name) == content and any(_pack_pair_faults(case, stem)):
            case.path(name).unlink()
    last = [*before][-1]
    lost = "" if f"{stem}.pack" in before else "its pack is missing; it was moved aside"
    yield Done(lost or f"{saved} objects of it were written anew", last, kept[last])


def _pack_pair_faults(case: Case, stem: str) -> Iterator[_Fault]:
    for name in (f"{stem}.pack", f"{stem}.idx"):
        content = case.read(name)
        if content is None:
            yield _Fault(name, "it is not there", "")
        else:
            yield from _pack_faults(case, name, content)


def _save(case: Case, stem: str) -> int:
    index = case.read(f"{stem}.idx")
    sound = case.sound
    found = objects_in(
        case.read(f"{stem}.pack") or b"", index if index and _is_index(index) else None, elsewhere=sound.read
    )
    count, size, batch = 0, 0, dict[str, packs.New]()
    for kind, content in found:
        name = object_name(KIND_NAMES[kind], content)
        batch[name] = packs.New(name, kind, content)
        size += len(content)
        if size > _BATCH_BYTES:
            count, size = count + _write(case, batch), 0
            batch = {}
    return count + _write(case, batch)


def _write(case: Case, batch: dict[str, packs.New]) -> int:
    if batch:
        packs.write(case.path(_PACKS), list(batch.values()), durable=True)
    return len(batch)


def _faults(case: Case) -> Iterator[_Fault]:
    for name, kind in files_below(case.layout.path, ".git/objects"):
        content = case.read(name) if kind == FILE else None
        if content is None:
            continue
        if name.startswith(_PACKS):
            yield from _pack_faults(case, name, content)
        elif _is_loose(name):
            if not _loose_agrees(name, content):
                yield _Fault(name, "the loose object is not what its name says", "repair moves it to the quarantine")
        elif name.endswith(_DERIVED) and not trailer_agrees(content):
            yield _Fault(name, "what git derived from its objects is damaged", _MEND_DERIVED)


def _pack_faults(case: Case, name: str, content: bytes) -> Iterator[_Fault]:
    stem, _, suffix = name.rpartition(".")
    if suffix == "pack":
        if content[:4] != b"PACK" or not trailer_agrees(content):
            yield _Fault(name, f"the pack does not agree with its checksum ({len(content):,} bytes)", _MEND_PACK)
        elif case.kind(f"{stem}.idx") is None:
            yield _Fault(name, "the pack has no index, so nobody finds what is in it", _MEND_PACK)
    elif suffix == "idx":
        pack = case.read(f"{stem}.pack")
        if not _is_index(content):
            yield _Fault(name, "the index of a pack does not agree with its checksum", _MEND_PACK)
        elif pack is None:
            yield _Fault(name, "the pack of this index is missing, and with it the objects in it", _MEND_DERIVED)
        elif pack[-20:] != content[-40:-20] and trailer_agrees(pack):
            yield _Fault(name, "the index is of another pack", _MEND_PACK)
    elif name.endswith(_DERIVED) and not trailer_agrees(content):
        yield _Fault(name, "what git derived from its packs is damaged", _MEND_DERIVED)


def _is_index(content: bytes) -> bool:
    return content[:8] == b"\xfftOc\0\0\0\2" and len(content) >= 8 + 1024 + 40 and trailer_agrees(content)


def _is_loose(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 4 and len(parts[2]) == 2 and len(parts[3]) == 38


def _loose_agrees(name: str, content: bytes) -> bool:
    try:
        plain = zlib.decompress(content)
    except zlib.error:
        return False
    return hashlib.sha1(plain, usedforsecurity=False).hexdigest() == name[-41:].replace("/", "")
