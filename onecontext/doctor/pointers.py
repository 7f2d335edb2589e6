"""HEAD, refs and packed-refs: what names the commits. A power cut leaves such small files empty.

Rule 1: a ref that cannot be believed is not taken from an older copy: the newest commit of its branch counts.
Rule 2: where nothing is left to restore a ref from, it stays as it is, and the finding says so.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from onecontext.doctor import rebuilt, tips
from onecontext.doctor.case import FILE, HEADS, HEX, Case
from onecontext.doctor.finding import Done, Finding
from onecontext.names import is_name
from onecontext.store import refs
from onecontext.store.files import replace_bytes
from onecontext.store.kinds import files_below

_PACKED = ".git/packed-refs"
_LINE = re.compile(rb"#.*|\^[0-9a-f]{40}|[0-9a-f]{40} refs/[^\0-\x20\x7f~^:?*\\\[]+")
_NAME_IN = re.compile(rb"refs/heads/([a-z0-9][a-z0-9._-]*)")
_SYMBOLIC = re.compile(r"ref: refs/[^\s\0]+")


class _Lost(NamedTuple):
    ref: str
    what: str


def find(case: Case) -> Iterator[Finding]:
    """Name what does not name a commit that is there."""
    what = _head_fault(case)
    if what:
        mend = f"repair makes it name {_head_wanted(case)!r}" if _head_wanted(case) else "no branch is left to name"
        yield Finding(what, ".git/HEAD", None, "fail", mend)
    for line in _bad_lines(case):
        yield Finding(
            "the line names no ref", _PACKED, line + 1, "fail", "repair sets a copy aside and takes the line out"
        )
    for ref, what in _lost(case):
        wanted = _wanted(case, ref)
        if (text := case.text(f".git/{ref}")) in rebuilt.commits(case):
            mend = f"repair makes {str(text)[:12]} again from the newest milestone and the files"
            yield Finding(what, f".git/{ref}", None, "fail", mend)
            continue
        mend = f"repair makes it name {wanted[:12]}, the newest commit of it" if wanted else _hopeless(ref)
        yield Finding(what, f".git/{ref}", None, "fail", mend)


def mend(case: Case) -> Iterator[Done]:
    """Restore refs and HEAD. The caller holds the locks of HEAD and of all branches."""
    lost, packed = list(_lost(case)), case.read(_PACKED)
    bad = list(_bad_lines(case))
    wanted = {ref: _wanted(case, ref) for ref, _ in lost}
    for ref, commit in wanted.items():
        name = f".git/{ref}"
        if commit is None:
            # A branch stays, garbled as it is, so that it is not taken for one that was never there.
            if not ref.startswith(HEADS) and case.kind(name) == FILE:
                yield Done("what it named cannot be known; it was moved aside", name, case.aside(name))
            continue
        before = case.read(name)
        kept = case.keep(name, before) if before is not None else ""
        case.path(name).parent.mkdir(parents=True, exist_ok=True)
        replace_bytes(case.path(name), f"{commit}\n".encode(), durable=True)
        yield Done(f"it names {commit[:12]} again, the newest commit of it", name, kept)
    if bad and packed is not None:
        kept = case.keep(_PACKED, packed)
        lines = packed.split(b"\n")
        good = b"".join(line + b"\n" for n, line in enumerate(lines) if line and n not in bad)
        replace_bytes(case.path(_PACKED), good, durable=True)
        yield Done(f"{len(bad)} lines that named no ref were taken out", _PACKED, kept)
    head = _head_wanted(case)
    if _head_fault(case) and head:
        before = case.read(".git/HEAD")
        kept = case.keep(".git/HEAD", before) if before else ""
        replace_bytes(case.path(".git/HEAD"), f"ref: {HEADS}{head}\n".encode(), durable=True)
        yield Done(f"it names the branch {head!r} again", ".git/HEAD", kept)


def _head_fault(case: Case) -> str:
    text = case.text(".git/HEAD")
    if text is None:
        return "HEAD is missing" if case.kind(".git/HEAD") is None else ""
    if HEX.fullmatch(text):
        return "" if case.sound.commit(text) else f"HEAD names the commit {text[:12]}, which is not there"
    if not text.startswith(f"ref: {HEADS}"):
        return "HEAD is empty" if not text else "HEAD names neither a branch nor a commit"
    branch = text.removeprefix(f"ref: {HEADS}")
    known = {*case.branches(), *tips.expected(case)}
    if not is_name(branch):
        return "HEAD names something that cannot be a branch"
    return f"HEAD names {branch[:64]!r}, and there is no such branch" if known and branch not in known else ""


def _head_wanted(case: Case) -> str | None:
    known = sorted({*case.branches(), *(name for name in tips.expected(case) if tips.newest(case, name))})
    shown = (case.text(".git/onecontext-shown") or "").split()[:1]
    return next((name for name in [*shown, "main", *known] if name in known), None)


def _bad_lines(case: Case) -> Iterator[int]:
    content = case.read(_PACKED)
    for n, line in enumerate((content or b"").split(b"\n")):
        if line and not _LINE.fullmatch(line):
            yield n


def _lost(case: Case) -> Iterator[_Lost]:
    """Yield refs that name nothing that is there, and branches that have lost theirs."""
    seen: set[str] = set()
    for path, kind in files_below(case.layout.git, "refs"):
        if kind != FILE or path.endswith(".lock"):
            continue
        seen.add(path)
        text = case.text(f".git/{path}") or ""
        if _SYMBOLIC.fullmatch(text):
            continue
        if not HEX.fullmatch(text):
            yield _Lost(path, "the ref is empty" if not text else "the ref names no commit")
        elif fault := _target_fault(case, path, text):
            yield _Lost(path, fault)
    for ref, value in case.packed().items():
        if ref not in seen and ref.startswith("refs/"):
            seen.add(ref)
            if fault := _target_fault(case, ref, value):
                yield _Lost(ref, f"{fault} (in packed-refs)")
    gone = {HEADS + name.decode() for name in _NAME_IN.findall(_bad_text(case)) if is_name(name.decode())}
    gone |= {HEADS + name for name in tips.expected(case)}
    for ref in sorted(gone - seen):
        if tips.newest(case, ref.removeprefix(HEADS)):
            yield _Lost(ref, "the branch has no ref any more, and nobody deleted it")


def _bad_text(case: Case) -> bytes:
    lines = (case.read(_PACKED) or b"").split(b"\n")
    return b"\n".join(lines[n] for n in _bad_lines(case))


def _target_fault(case: Case, ref: str, value: str) -> str:
    if not HEX.fullmatch(value):
        return "the ref names no commit"
    if case.sound.read(value) is None:
        return f"the ref names {value[:12]}, which is missing or damaged"
    commit = case.sound.commit(value) is not None if ref.startswith(HEADS) else case.sound.peel(value) is not None
    return "" if commit else f"the ref names {value[:12]}, which is no commit"


def _wanted(case: Case, ref: str) -> str | None:
    """Return what a lost ref is to name; None when nothing can be known."""
    if ref.startswith(HEADS):
        return tips.newest(case, ref.removeprefix(HEADS))
    packed = case.packed().get(ref)
    if packed and HEX.fullmatch(packed) and case.sound.peel(packed):
        return packed
    return tips.newest(case, ref.removeprefix(refs.DELETED).partition("/")[0]) if ref.startswith(refs.DELETED) else None


def _hopeless(ref: str) -> str:
    if ref.startswith(refs.TAGS):
        return "what it named is written nowhere else; repair moves it to the quarantine, and you can tag anew"
    return "no commit of it is left here: fetch it from a clone of this memory, if there is one"
