"""What another program may put in the place of a file: each shape as a function that puts it at a path."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

MIB = 1024 * 1024

CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "one space": b" ",
    "half": b'{"id": "7", "subj',
    "garbled": b"\x93\x07{]]]]\xfe,,:",
    "nul bytes": b"\0" * 5000,
    "nul inside": b'{"id": "7\0", "members": []}',
    "byte order mark": b'\xef\xbb\xbf{"id": "7"}',
    "byte order mark before an array": b'\xef\xbb\xbf[{"from": "x", "text": "y"}]',
    "no utf-8": b'{"id": "\xff\xfe"}',
    "utf-16": '{"id": "7"}'.encode("utf-16"),
    "surrogates as bytes": b'{"id": "\xed\xa0\x80"}',
    "lone surrogate in a key": b'{"\\ud800": 1}',
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep in a field": b'{"id": "7", "x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    "deep in an element": b'[{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    "not a number": b'{"id": NaN}',
    "infinity": b"[Infinity, -Infinity]",
    "beyond a double": b'{"createdAt": 1e999}',
    "ten thousand digits": b'{"createdAt": ' + b"7" * 10_000 + b"}",
    "twice the same key": b'{"members": 1, "members": 2}',
    "a number": b"7",
    "null": b"null",
    "text": b'"text"',
    "array of everything": b'[1, "a", null, true, {}, [], 1e5]',
    "a million elements": b"[" + b"1," * 999_999 + b"1]",
    "a million objects": b"[" + b"{}," * 999_999 + b"{}]",
    "many keys": b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(200_000)) + b"}",
    "long string": b'{"id": "' + b"x" * (5 * MIB) + b'"}',
    "all quotes": b'"' * MIB,
    "all commas": b"[" + b"," * (8 * MIB - 1),
    "all openings": b"[{" * (2 * MIB),
    "lines like entries": b"[\n" + b"  {\n" * (2 * MIB),
}


def _enormous(head: bytes) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(head)
        with path.open("r+b") as file:  # a hole: 100 MiB that take no room
            file.truncate(100 * MIB)

    return put


def _enormous_string(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'[{"from": "x", "text": "')
        for _ in range(100):
            file.write(b"x" * MIB)
        file.write(b'"}]')


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket has at most 107 bytes
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


def _link_to_file(path: Path) -> None:
    target = path.with_name("elsewhere.txt")
    target.write_text(json.dumps({"secret": "not for you"}))
    path.symlink_to(target)


def _unreadable(path: Path) -> None:
    path.write_bytes(b"[]")
    path.chmod(0)


THINGS: dict[str, Callable[[Path], None]] = {
    "fifo": os.mkfifo,
    "socket": _socket,
    "link to a file": _link_to_file,
    "link to a device": lambda path: path.symlink_to("/dev/null"),
    "dangling link": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "folder": lambda path: path.mkdir(),
    "folder with something in it": lambda path: (path / "x").mkdir(parents=True),
    "unreadable": _unreadable,
    "100 MiB": _enormous(b'[{"from": "x", "text": "y"},'),
    "100 MiB string": _enormous_string,
}

SHAPES: dict[str, Callable[[Path], object]] = {
    **{name: lambda path, content=content: path.write_bytes(content) for name, content in CONTENTS.items()},  # type: ignore[misc]
    **THINGS,
}
