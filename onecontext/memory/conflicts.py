"""What merges could not unite: read from ``branches/<branch>/conflicts/``, and resolved one by one.

Rule 1: a conflict is never taken out of its file: resolving it adds what was decided, by whom and when.
Rule 2: each resolution is a commit of its own, with the change and the decision in it together.
Rule 3: an id is the file and the place in it, so it means the same conflict for ever.
"""

from typing import Any

from onecontext.errors import Damaged, InvalidDocument, UnknownConflict, UsageError
from onecontext.memory import facts, message, metadata, sections
from onecontext.memory.author import Author
from onecontext.memory.desk import Desk, writing
from onecontext.memory.locking import known_tip
from onecontext.memory.model import KeptConflict, Resolution
from onecontext.memory.summary import one_line
from onecontext.records import check_text, iso
from onecontext.store.layout import Layout
from onecontext.store.objects import Objects
from onecontext.text.redact import redact

OURS, THEIRS, TEXT = "ours", "theirs", "text"
_ROADMAP, _MERGED = "main.md", "merged"


def listed(layout: Layout, branch: str, *, resolved: bool = False) -> list[KeptConflict]:
    """Return the conflicts of ``branch`` that are open, in order of their ids; with ``resolved`` all of them."""
    objects = Objects(layout)
    found = _read(objects, objects.tree_of(known_tip(layout, branch)), branch)
    return [conflict for conflict in found if resolved or conflict.resolved is None]


def resolve(
    layout: Layout, branch: str, author: Author, conflict_id: str, take: str, *, text: str | None = None
) -> Resolution:
    """Settle one conflict, as a commit.

    Args:
        take: ``ours`` leaves what stands, ``theirs`` puts the other side's in its place, ``text`` puts ``text`` there.
        text: what stands below the heading of main.md, a YAML value for a key of the metadata, or a whole file.

    Raises:
        UnknownConflict: there is no such conflict on this branch.
        UsageError: it has been resolved, or ``text`` does not fit ``take``; nothing was written.
        Damaged: the other side's file is not in the store any more, or the document of the conflict was garbled.
    """
    if take not in (OURS, THEIRS, TEXT) or (take == TEXT) != (text is not None):
        raise UsageError(
            "a conflict is resolved by 'ours', 'theirs' or a text", hint="choose one of --ours, --theirs, --text"
        )
    words = None if text is None else redact(check_text(text, what="text"))
    with writing(layout, branch) as desk:
        desk.take_in_edits(author.at())
        known = _read(desk.objects, desk.tree, branch)
        conflict = next((one for one in known if one.id == conflict_id), None)
        if conflict is None:
            raise UnknownConflict(
                f"no conflict {conflict_id[:80]!r} on {branch!r}", hint="'onecontext conflicts' lists them"
            )
        if conflict.where == _MERGED and take != OURS:
            raise UsageError("the list of merged branches is kept by merges alone", hint="resolve it by --ours")
        if conflict.resolved is not None:
            raise UsageError(
                f"{conflict.id} was resolved already: {conflict.resolved}", hint="edit what stands there as you like"
            )
        base, changes = _change(desk, conflict, take, words)
        changes |= _decided(desk, conflict, author, take, words)
        subject = f"resolved {conflict.id} by {take}: {conflict.path} {one_line(conflict.where)}".rstrip()
        commit = desk.commit(
            changes, message.build(subject, branch=branch), author=author.agent, at=author.at(), base=base
        )
        left = sum(one.resolved is None for one in known) - 1
        return Resolution(conflict, take, commit, left)


def _change(desk: Desk, conflict: KeptConflict, take: str, text: str | None) -> tuple[str, dict[str, bytes | None]]:
    """Return the tree to start from, and what to change in it."""
    tree = desk.tree
    if take == OURS:
        return tree, {}
    if conflict.path == _ROADMAP:
        roadmap = (desk.objects.read(tree, _ROADMAP) or b"").decode("utf-8", "replace")
        body = conflict.theirs if take == THEIRS else _section(conflict, text or "")
        return tree, {_ROADMAP: sections.put(roadmap, conflict.where, body).encode("utf-8")}
    if conflict.path == f"{desk.folder}/metadata.yaml":
        data = desk.metadata()
        value = conflict.theirs if take == THEIRS else _value(text or "")
        data[conflict.where] = value
        if value is None:
            del data[conflict.where]
        facts.pinned(data, desk.branch)
        return tree, {conflict.path: metadata.dump(data)}
    if take == TEXT:
        return tree, {conflict.path: (text or "").encode("utf-8")}
    if not isinstance(conflict.theirs, str) or not desk.objects.has(conflict.theirs):
        raise Damaged(f"the other side's {conflict.path!r} is not in the store", hint="fetch its branch first")
    return desk.objects.graft(tree, {conflict.path: conflict.theirs}), {}


def _section(conflict: KeptConflict, text: str) -> str:
    """Return ``text`` as a section: under the heading of the sides, unless it brings one, and with a line end."""
    body = text if text.endswith("\n") or not text else f"{text}\n"
    # The heading as it stands: the key may have a number after it, which tells equal headings apart.
    sides = [side for side in (conflict.ours, conflict.theirs, conflict.base) if isinstance(side, str)]
    heading = sides[0].split("\n", 1)[0].rstrip() if conflict.where and sides else conflict.where
    return body if not heading or body.startswith(f"{heading}\n") else f"{heading}\n\n{body}"


def _value(text: str) -> Any:
    try:
        return metadata.value(text)
    except InvalidDocument as error:
        raise UsageError(f"{text[:40]!r} is no YAML value", hint="quote it as YAML does") from error


def _decided(
    desk: Desk, conflict: KeptConflict, author: Author, take: str, text: str | None
) -> dict[str, bytes | None]:
    name, number = conflict.id.rsplit("-", 1)
    path = f"{desk.folder}/conflicts/{name}.yaml"
    document = metadata.load(desk.objects.read(desk.tree, path), where=path)
    decision = {"at": iso(author.at()), "by": author.agent, "take": take, **({} if text is None else {"text": text})}
    document["conflicts"][int(number) - 1]["resolved"] = decision
    return {path: metadata.dump(document)}


def _read(objects: Objects, tree: str, branch: str) -> list[KeptConflict]:
    folder = f"branches/{branch}/conflicts"
    found: list[KeptConflict] = []
    for name in sorted(objects.entries(tree, folder)):
        path = f"{folder}/{name}"
        document = metadata.load(objects.read(tree, path), where=path)
        entries = document.get("conflicts")
        if not name.endswith(".yaml") or not isinstance(entries, list):
            raise Damaged(f"{path} is no list of conflicts", hint="git log in the memory shows what it was")
        found += [
            _kept(f"{name.removesuffix('.yaml')}-{number}", branch, document, entry, path)
            for number, entry in enumerate(entries, 1)
        ]
    return found


def _kept(id_: str, branch: str, document: dict[str, Any], entry: Any, path: str) -> KeptConflict:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or not isinstance(entry.get("where"), str):
        raise Damaged(f"{path}: entry {id_} is no conflict", hint="git log in the memory shows what it was")
    decision = entry.get("resolved")
    resolved = None
    if isinstance(decision, dict):
        resolved = f"{decision.get('take')} by {decision.get('by')} at {decision.get('at')}"
    return KeptConflict(
        id=id_,
        branch=branch,
        path=entry["path"],
        where=entry["where"],
        base=entry.get("base"),
        ours=entry.get("ours"),
        theirs=entry.get("theirs"),
        source=str(document.get("source") or ""),
        source_commit=str(document.get("source_commit") or ""),
        ours_commit=str(document.get("ours_commit") or ""),
        at=str(document.get("at") or ""),
        by=str(document.get("by") or ""),
        resolved=resolved,
    )
