"""Whether a line of a test says itself that the test is skipped, or expected to fail.

Rule 1: read from the syntax tree of the file. What a name is that was imported from the project, nobody knows.
"""

from __future__ import annotations

import ast
import functools
from typing import Any

_SAYING = frozenset({"skip", "xfail", "importorskip", "skipTest", "SkipTest", "Exception"})
_HOMES = frozenset({"pytest", "_pytest", "unittest"})


@functools.lru_cache(maxsize=None)  # noqa: UP033  # the project may have Python 3.8
def _lines(path: str) -> frozenset[int]:
    """Return the lines of a file on which something of pytest or unittest is called, or raised, that skips."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    names = _imported(tree)
    found: set[int] = set()
    for node in ast.walk(tree):
        said = node.func if isinstance(node, ast.Call) else getattr(node, "exc", None)
        if isinstance(node, (ast.Call, ast.Raise)) and said is not None and _skips(said, names):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(found)


def _imported(tree: ast.AST) -> set[str]:
    """Return the names that are modules of pytest and unittest, or came from there."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(a.asname or a.name).split(".")[0] for a in node.names if a.name.split(".")[0] in _HOMES}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _HOMES:
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _skips(said: Any, names: set[str]) -> bool:
    """Say whether ``pytest.skip``, ``skip`` (imported from there) or ``self.skipTest`` is called."""
    if isinstance(said, ast.Name):
        return said.id in names
    if not isinstance(said, ast.Attribute) or said.attr not in _SAYING:
        return False
    root: Any = said
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and (root.id in names or said.attr == "skipTest")


def says_skip(path: str, line: int) -> bool:
    """Say whether a test skips itself there."""
    return line in _lines(path)
