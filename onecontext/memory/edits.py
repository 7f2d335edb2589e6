"""What a person may have changed by hand, told from what only a failing disk would write.

Rule 1: an edit is taken in; damage is refused, so that it never becomes the newest state of a branch by itself.
"""

from onecontext.errors import REPAIR, DamagedDocument
from onecontext.records import split


def refuse_damage(path: str, committed: bytes, current: bytes) -> None:
    """Refuse to take ``current`` in as an edit of ``committed``.

    Raises:
        DamagedDocument: it has NUL bytes, is metadata without any, or lacks milestones that had been committed.
    """
    what = ""
    if b"\0" in current:
        line = current.count(b"\n", 0, current.index(b"\0")) + 1
        what = f"has NUL bytes in line {line}"
    elif path.endswith("/metadata.yaml") and committed.strip() and not current.strip():
        what = "is empty"
    elif path.endswith(".md") and path != "main.md":
        there = {raw.id for raw in split(current).records}
        lost = [raw.id for raw in split(committed).records if raw.id not in there]
        what = f"lacks the committed record {lost[0]}" if lost else ""
    if what:
        raise DamagedDocument(f"{path} {what}; nothing was written", hint=REPAIR)
