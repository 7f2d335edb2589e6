"""Small files that only programs write: git's configuration and indexes, our notes, pointers of linked work trees.

Rule 1: all of it can be made anew from what else is there, so repair sets aside what is garbled and makes it again.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from onecontext.doctor.case import FILE, HEX, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.errors import Damaged
from onecontext.names import is_name
from onecontext.store import indexes, repository, worktrees
from onecontext.store.files import replace_text
from onecontext.store.index import is_index
from onecontext.store.kinds import files_below
from onecontext.store.objects import Objects
from onecontext.store.place import Place
from onecontext.store.schema import DURABILITY

_CONFIG, _SWITCH, _DURABILITY = ".git/config", ".git/onecontext/switching", ".git/onecontext/durability"
_PACKS = ".git/onecontext/packs"
_HINT = re.compile(rb"(\d{1,9} pack-[0-9a-f]{40}\n)*", re.ASCII)


class _Fault(NamedTuple):
    name: str
    what: str
    mend: str


def find(case: Case) -> Iterator[Finding]:
    """Name garbled configuration, notes, hints and pointers."""
    for fault in [*_config(case), *_notes(case), *_pointers(case)]:
        yield Finding(fault.what, fault.name, None, "fail", fault.mend)


def mend(case: Case) -> Iterator[Done]:
    """Set garbled ones aside and make them anew. The caller holds the locks of HEAD and of all branches."""
    for fault in list(_config(case)):
        kept = _keep(case, fault.name)
        repository.remake_config(case.layout)
        yield Done("git's configuration was written anew", fault.name, kept)
    for fault in list(_notes(case)):
        yield Done(f"{fault.what}; it was moved aside", fault.name, case.aside(fault.name))
        place = _place_of(case, fault.name)
        branch = case.layout.head() if place and place.main else place and place.folder.name
        tip = case.tip(branch) if branch and is_name(branch) else None
        if place and branch and tip:
            # The note is what tells an edit by a person from a file that is behind.
            replace_text(case.path(fault.name), place.note_text(branch, tip), durable=True)
    for fault in list(_pointers(case)):
        place = _place_of(case, fault.name)
        kept = _keep(case, fault.name)
        if place is not None:
            branch = place.folder.name
            worktrees.ensure_linked(case.layout, place, branch)
            tip = case.tip(branch)
            if tip and case.layout.place(branch).main:
                worktrees.park(place, tip)
        yield Done("the pointer of a linked work tree was written anew", fault.name, kept)


def find_indexes(case: Case) -> Iterator[Finding]:
    """Name indexes of git that are missing or garbled."""
    for _, _, name, what in _indexes(case):
        yield Finding(what, name, None, "fail", "repair sets it aside and makes it anew from the branch")


def mend_index(case: Case, branch: str) -> Iterator[Done]:
    """Make the index of a branch anew. The caller holds the branch."""
    for of, place, name, _ in list(_indexes(case)):
        tip = case.tip(of)
        if of != branch or tip is None:
            continue
        kept = _keep(case, name)
        objects = Objects(case.layout)
        if indexes.remake(case.layout, objects, place, of, objects.tree_of(tip)):
            yield Done("the index was made anew from the branch", name, kept)


def _config(case: Case) -> Iterator[_Fault]:
    if case.kind(_CONFIG) in (None, FILE) and (what := repository.config_fault(case.layout)):
        yield _Fault(_CONFIG, what, "repair sets it aside and writes ours anew")


def _notes(case: Case) -> Iterator[_Fault]:
    mend = "repair moves it to the quarantine; it is made again when it is needed"
    words = case.text(_SWITCH)
    if words is not None and (len(words.split()) != 2 or not all(map(is_name, words.split()))):
        yield _Fault(_SWITCH, "the note of a switch names no two branches", mend)
    level = case.text(_DURABILITY)
    if level is not None and level not in DURABILITY:
        yield _Fault(_DURABILITY, "it names no durability", mend)
    for place in _places(case):
        name = case.name(place.git_dir / "onecontext-shown")
        words = case.text(name)
        if words is not None and not _names_a_state(words):
            yield _Fault(name, "the note of what the work tree shows names no branch and commit", mend)
    for name, kind in files_below(case.layout.path, _PACKS):
        if kind == FILE and not _HINT.fullmatch(case.read(name) or b""):
            yield _Fault(name, "lines of this hint name no pack", mend)


def _names_a_state(text: str) -> bool:
    words = text.split()
    # The third is the run of the machine in which it was written.
    return len(words) in (2, 3) and is_name(words[0]) and HEX.fullmatch(words[1]) is not None


def _pointers(case: Case) -> Iterator[_Fault]:
    mend = "repair sets it aside and writes it anew"
    for place in _places(case):
        if place.main or case.kind(case.name(place.folder)) is None:
            continue
        branch = place.folder.name
        wanted = {
            case.name(place.git_dir / "commondir"): {"../.."},
            case.name(place.git_dir / "gitdir"): {str(place.folder / ".git")},
            case.name(place.folder / ".git"): {f"gitdir: {place.git_dir}"},
        }
        for name, texts in wanted.items():
            if case.text(name) not in texts:
                yield _Fault(
                    name, "it does not lead to the work tree (garbled, missing, or the memory was moved)", mend
                )
        head = case.name(place.git_dir / "HEAD")
        text = case.text(head) or ""
        if text != f"ref: refs/heads/{branch}" and not HEX.fullmatch(text):
            yield _Fault(head, "HEAD of a linked work tree names neither its branch nor a commit", mend)


def _indexes(case: Case) -> Iterator[tuple[str, Place, str, str]]:
    for branch in case.branches():
        if case.tip(branch) is None:
            continue
        try:
            place = case.layout.place(branch)
            shown = place.shown()
        except Damaged:
            continue
        if shown is None or case.kind(name := case.name(place.git_dir / "index")) not in (None, FILE):
            continue
        content = case.read(name)
        if content is None or not is_index(content):
            yield branch, place, name, "git's index is missing" if content is None else "git's index is damaged"


def _places(case: Case) -> Iterator[Place]:
    yield case.layout.main_place()
    folder = case.layout.git / "worktrees"
    if case.kind(".git/worktrees") == "a folder":
        for path in sorted(folder.iterdir()):
            if is_name(path.name):
                yield case.layout.linked_place(path.name)


def _place_of(case: Case, name: str) -> Place | None:
    for place in _places(case):
        ours = [place.git_dir / end for end in ("onecontext-shown", "commondir", "gitdir", "HEAD")]
        if case.path(name) in [*ours, place.folder / ".git"]:
            return place
    return None


def _keep(case: Case, name: str) -> str:
    content = case.read(name)
    return case.keep(name, content) if content else ""
