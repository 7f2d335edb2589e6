"""A disk that loses power: what a process did to files, from strace, and what of it a strict disk would still have.

Rule 1: the content of a file is safe as of its last fsync, a name as of the last fsync of its folder; a rename is one
        change of two names. Anything later may be there or not, in any combination: ``Loss`` says which.
Rule 2: the process is one, with threads; what it inherits is taken as safe.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_CALLS = (
    "openat,open,creat,write,pwrite64,writev,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "ftruncate,truncate,fsync,fdatasync,close,lseek"
)
_LINE = re.compile(r"(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+)(?:<.*>)?(?: .*)?")
_MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs", "overlay")


class Call(NamedTuple):
    """A system call that succeeded: its name, its arguments as strace prints them, and what it returned."""

    name: str
    args: list[str]
    result: int


class Loss(NamedTuple):
    """What of the unsafe is lost: ``names`` is the share of changes of names that got through, None the oldest so
    many; ``content`` is "old" (as of the last fsync), "zeros" (the new length without the bytes), "part" or "new".
    """

    names: float | None
    content: str


LOSSES = [Loss(names, content) for names in (0.0, 0.5, 1.0, None) for content in ("old", "zeros", "part", "new")]


def is_real_disk(folder: Path) -> bool:
    """Say whether an fsync in ``folder`` means anything."""
    done = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.strip() not in _MEMORY_FILE_SYSTEMS


def traced(code: str, *args: str, report: Path) -> list[Call]:
    """Run Python ``code`` under strace and return its calls that change files, in the order in which they ended."""
    trace = ["strace", "-f", "-y", "-xx", "-s", "100000000", "-qq", "-e", f"trace={_CALLS}", "-e", "signal=none"]
    subprocess.run([*trace, "-o", str(report), sys.executable, "-c", code, *args], check=True)
    return list(_calls(report.read_text("ascii").splitlines()))


def _calls(lines: list[str]) -> Iterator[Call]:
    begun: dict[str, str] = {}
    for line in lines:
        pid, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            begun[pid] = text.removesuffix("<unfinished ...>")
            # From here on another thread may be given the number, so a close counts when it begins.
            if not begun[pid].startswith("close("):
                continue
            text = f"{begun[pid].rstrip()}) = 0"
        elif resumed := re.match(r"<\.\.\. (\w+) resumed>", text):
            text = begun.pop(pid) + text[resumed.end() :]
            if resumed[1] == "close":
                continue
        found = _LINE.fullmatch(text)
        if found and not found[3].startswith("-"):
            yield Call(found[1], [arg.strip() for arg in found[2].split(",")], int(found[3], 0))


@dataclass(eq=False)
class _File:
    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""


@dataclass(eq=False)
class _Folder:
    now: "dict[str, _Node]" = field(default_factory=dict)


_Node = _File | _Folder


@dataclass(eq=False)
class _Change:
    """Names that were set or taken away together; safe once one of the folders was synced."""

    names: "list[tuple[_Folder, str, _Node | None]]"
    safe: bool = False


@dataclass
class _Opened:
    node: _Node
    at: int
    append: bool


class Disk:
    """The files under ``top`` as the calls made them, and what is safe of them. ``top`` is empty at first."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._root = _Folder()
        self._changes: list[_Change] = []
        self._open: dict[int, _Opened] = {}

    def apply(self, call: Call) -> bool:
        """Do what ``call`` did; False when it was none of ours."""
        name, args = call.name, call.args
        if name in ("open", "openat", "creat"):
            return self._opened(call)
        if name in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync", "close", "lseek", "writev"):
            return self._descriptor(call)
        paths = self._paths(name, args)
        parts = [self._parts(path) for path in paths]
        if any(found is None for found in parts):
            return False
        ours = [found for found in parts if found is not None]
        if name in ("mkdir", "mkdirat"):
            self._change((*self._parent(ours[0]), _Folder()))
        elif name in ("unlink", "unlinkat", "rmdir"):
            folder, last = self._parent(ours[0])
            if last in folder.now:
                self._change((folder, last, None))
        elif name in ("rename", "renameat", "renameat2", "link", "linkat"):
            (source, old), (target, new) = self._parent(ours[0]), self._parent(ours[1])
            node = source.now[old]
            gone = [] if name.startswith("link") else [(source, old, None)]
            self._change((target, new, node), *gone)
        elif name == "truncate":
            folder, last = self._parent(ours[0])
            _cut(folder.now[last], int(args[1]))
        else:
            raise AssertionError(f"{name} is not known here")
        return True

    def lose_power(self, loss: Loss, chance: random.Random) -> None:
        """Put what is left of it at ``top``, where nothing may be."""
        unsafe = [change for change in self._changes if not change.safe]
        if loss.names is None:
            kept = set(unsafe[: chance.randint(0, len(unsafe))])
        else:
            kept = {change for change in unsafe if chance.random() < loss.names}
        names: dict[_Folder, dict[str, _Node]] = {}
        for change in self._changes:
            if change.safe or change in kept:
                for folder, name, node in change.names:
                    inside = names.setdefault(folder, {})
                    inside.pop(name, None)
                    if node is not None:
                        inside[name] = node
        _write(self._top, self._root, names, loss, chance, {})

    def _opened(self, call: Call) -> bool:
        where = call.args[-2:] if call.name == "creat" else call.args
        path = _joined(where[0], where[1]) if call.name == "openat" else _text(where[0])
        flags = call.args[2] if call.name == "openat" else call.args[1]
        parts = self._parts(path)
        if parts is None:
            self._open.pop(call.result, None)
            return False
        node = self._node(parts)
        if node is None:
            if "O_CREAT" not in flags:  # a pipe of those who wait for a lock
                return False
            node = _File()
            self._change((*self._parent(parts), node))
        elif "O_TRUNC" in flags:
            _cut(node, 0)
        self._open[call.result] = _Opened(node, 0, "O_APPEND" in flags)
        return "O_CREAT" in flags or "O_TRUNC" in flags

    def _descriptor(self, call: Call) -> bool:
        number = int(call.args[0].partition("<")[0])
        opened = self._open.get(number)
        if opened is None:
            return False
        node = opened.node
        if call.name == "close":
            del self._open[number]
            return False
        if call.name == "lseek":
            opened.at = call.result
            return False
        if call.name in ("fsync", "fdatasync"):
            self._sync(node)
            return True
        assert isinstance(node, _File), call.name
        if call.name == "ftruncate":
            _cut(node, int(call.args[1]))
            return True
        assert call.name != "writev", "writev is not known here"
        content = _bytes(call.args[1])[: call.result]
        at = int(call.args[3]) if call.name == "pwrite64" else len(node.now) if opened.append else opened.at
        node.now[len(node.now) :] = b"\0" * (at - len(node.now))
        node.now[at : at + len(content)] = content
        if call.name == "write":
            opened.at = at + len(content)
        return True

    def _sync(self, node: _Node) -> None:
        if isinstance(node, _File):
            node.safe = bytes(node.now)
            return
        for change in self._changes:
            if any(folder is node for folder, _, _ in change.names):
                change.safe = True

    def _change(self, *names: "tuple[_Folder, str, _Node | None]") -> None:
        for folder, name, node in names:
            folder.now.pop(name, None)
            if node is not None:
                folder.now[name] = node
        self._changes.append(_Change(list(names)))

    def _paths(self, name: str, args: list[str]) -> list[str]:
        if name in ("unlinkat", "mkdirat"):
            return [_joined(args[0], args[1])]
        if name in ("renameat", "renameat2", "linkat"):
            return [_joined(args[0], args[1]), _joined(args[2], args[3])]
        if name in ("rename", "link"):
            return [_text(args[0]), _text(args[1])]
        return [_text(args[0])]

    def _parts(self, path: str) -> tuple[str, ...] | None:
        try:
            return Path(os.path.normpath(path)).relative_to(self._top).parts
        except ValueError:
            return None

    def _node(self, parts: tuple[str, ...]) -> _Node | None:
        node: _Node | None = self._root
        for part in parts:
            node = node.now.get(part) if isinstance(node, _Folder) else None
        return node

    def _parent(self, parts: tuple[str, ...]) -> tuple[_Folder, str]:
        folder = self._node(parts[:-1])
        assert isinstance(folder, _Folder), parts
        return folder, parts[-1]


def _cut(node: _Node, size: int) -> None:
    assert isinstance(node, _File)
    node.now[:] = bytes(node.now[:size]).ljust(size, b"\0")


def _write(
    path: Path,
    node: _Node,
    names: dict[_Folder, dict[str, _Node]],
    loss: Loss,
    chance: random.Random,
    written: dict[_File, Path],
) -> None:
    if isinstance(node, _Folder):
        path.mkdir()
        for name, inside in names.get(node, {}).items():
            _write(path / name, inside, names, loss, chance, written)
    elif node in written:
        path.hardlink_to(written[node])
    else:
        path.write_bytes(_left(node, loss.content, chance))
        written[node] = path


def _left(file: _File, content: str, chance: random.Random) -> bytes:
    now = bytes(file.now)
    if content == "new" or now == file.safe:
        return now
    if content == "old":
        return file.safe
    # What was safe and still stands at its place stays; of what came later the bytes may be missing.
    same = next((n for n, (one, two) in enumerate(zip(now, file.safe, strict=False)) if one != two), None)
    same = min(len(now), len(file.safe)) if same is None else same
    if content == "part":
        same = chance.randint(same, len(now))
        return now[:same]
    return now[:same] + b"\0" * (len(now) - same)


def _joined(folder: str, path: str) -> str:
    return os.path.join(_bytes(f'"{folder.partition("<")[2].removesuffix(">")}"').decode(), _text(path))  # noqa: PTH118


def _text(quoted: str) -> str:
    return os.fsdecode(_bytes(quoted))


def _bytes(quoted: str) -> bytes:
    assert quoted.endswith('"'), "strace cut something short"
    return bytes.fromhex(quoted.strip('"').replace("\\x", ""))


def emptied(folder: Path) -> None:
    """Take ``folder`` away with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)
