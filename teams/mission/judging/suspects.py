"""Places in a change where code could make tests pass without doing what they ask: for somebody to look at and answer.

Rule 1: none of them is wrong in itself; they are asked about, and what is answered is kept.
Rule 2: read from the syntax tree, never run. Only what a change adds is asked about.
"""

import ast
from collections import Counter
from collections.abc import Iterator

from onecontext.store.project import Project
from onecontext.store.project_files import files_of, read_stored
from teams.mission.judging.patterns import is_setting, is_test

MOST = 20
_METHODS = frozenset({"__eq__", "__ne__", "__instancecheck__", "__subclasscheck__", "__class__"})
_USES = {
    "os": ("_exit", "kill", "abort"),
    "atexit": ("register",),
    "sys": ("settrace", "setprofile", "modules", "_getframe"),
    "gc": ("get_objects", "get_referrers"),
    "inspect": ("stack",),
}
"""Modules to what in them ends a process, or reaches into what called us."""
_TESTING = frozenset({"pytest", "_pytest", "pluggy", "unittest", "builtins", "ctypes"})


def suspects(project: Project, pinned: str, commit: str) -> list[str]:
    """Return what ``commit`` adds to ``pinned`` that is worth a question, ``path:line what``; at most 20."""
    before, after = files_of(project, pinned), files_of(project, commit)
    found: list[str] = []
    for path, file in sorted(after.items()):
        if path.endswith(".py") and before.get(path) != file and not is_test(path) and not is_setting(path):
            old = before.get(path)
            content = read_stored(project, old) if old is not None else b""
            found += _added(path, content or b"", read_stored(project, file) or b"")
    return found[:MOST]


def _added(path: str, before: bytes, after: bytes) -> Iterator[str]:
    known = Counter(what for _, what in _places(before))
    for line, what in _places(after):
        if known[what]:
            known[what] -= 1
        else:
            yield f"{path}:{line} {what}"


def _places(content: bytes) -> list[tuple[int, str]]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return sorted(place for node in ast.walk(tree) for place in _of(node))


def _of(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.FunctionDef) and node.name in _METHODS:
        yield node.lineno, f"defines {node.name}"
    elif isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        yield from ((node.lineno, f"imports {name}") for name in names if name.split(".")[0] in _TESTING)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.attr in _USES.get(node.value.id, ()):
            yield node.lineno, f"uses {node.value.id}.{node.attr}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_telling(node.value):
        yield node.lineno, f"says {node.value[:40]!r}"


def _is_telling(text: str) -> bool:
    return text.startswith("/proc/") or "PYTEST_" in text or ".onecontext-" in text
