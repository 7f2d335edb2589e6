"""Git commits as plain data: what one says of itself, and the bytes of a new one."""

from datetime import datetime
from typing import NamedTuple


class CommitInfo(NamedTuple):
    """What a git commit says of itself. ``at_s`` is seconds since 1970, UTC."""

    id: str
    parents: tuple[str, ...]
    tree: str
    message: str
    author: str
    at_s: int


def commit_content(tree: str, parents: tuple[str, ...], message: str, author: str, at: datetime) -> bytes:
    """Return the commit object by ``author``, a checked name, which has no character that git gives a meaning."""
    who = f"{author} <{author}@onecontext> {int(at.timestamp())} +0000"
    links = "".join(f"parent {parent}\n" for parent in parents)
    return f"tree {tree}\n{links}author {who}\ncommitter {who}\n\n{message}".encode()


def tree_named(content: bytes) -> str:
    """Return the name of the tree that a commit object names, on its first line."""
    return content[5 : content.index(b"\n")].decode("ascii")
