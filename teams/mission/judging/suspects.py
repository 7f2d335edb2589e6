"""Places in a change where code could make tests pass without doing what they ask: for somebody to look at and answer.

Rule 1: none of them is wrong in itself; they are asked about, and what is answered is kept.
Rule 2: read from the syntax tree, never run; what it did when it was tested comes from the witness. Only what a change
        adds is asked about.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from onecontext.store.project import Project
from onecontext.store.project_files import files_of, read_stored
from teams.mission.judging.patterns import is_setting, is_test

MOST = 20
_METHODS = frozenset({"__eq__", "__ne__", "__instancecheck__", "__subclasscheck__", "__class__"})
_USES = {
    "os": ("_exit", "kill", "abort"),
    "atexit": ("register",),
    "sys": ("settrace", "setprofile", "modules", "_getframe", "_current_frames", "monitoring"),
    "gc": ("get_objects", "get_referrers", "get_referents"),
    "inspect": ("stack", "currentframe", "getouterframes", "trace"),
}
"""Modules to what in them ends a process, or reaches into what called us."""
_PARTS = frozenset(
    {
        *("f_back", "f_locals", "f_globals", "f_code", "tb_frame", "gi_frame", "co_consts", "co_code"),
        *("__code__", "__closure__", "cell_contents", "__globals__", "__subclasses__"),
        # Under whatever name their module was imported.
        *("_exit", "_getframe", "get_objects", "get_referrers"),
    }
)
_RUNS_TEXT = frozenset({"exec", "eval", "compile", "__import__", "import_module"})
_WORDS = ("PYTEST_", ".onecontext-", "onecontext-witness", "_pytest", "pluginmanager")
_TESTING = frozenset({"pytest", "_pytest", "pluggy", "unittest", "builtins", "ctypes"})


def suspects(project: Project, pinned: str, commit: str, *, looked: Iterable[str] = ()) -> list[str]:
    """Return what ``commit`` adds to ``pinned`` that is worth a question, ``path:line what``; at most 20.

    Args:
        looked: what code was seen to look at while it was tested, likewise; of files that the change did not touch
            it is not asked.
    """
    before, after = files_of(project, pinned), files_of(project, commit)
    changed = {path: file for path, file in sorted(after.items()) if before.get(path) != file}
    found = [what for what in dict.fromkeys(looked) if what.split(":", 1)[0] in changed]
    for path, file in changed.items():
        if path.endswith(".py") and not is_test(path) and not is_setting(path):
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
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _METHODS:
        yield node.lineno, f"defines {node.name}"
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in _METHODS:
        yield node.lineno, f"defines {node.id}"
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from ((node.lineno, f"imports {name}") for name in _imported(node))
    elif isinstance(node, ast.Attribute):
        yield from _of_attribute(node)
    elif isinstance(node, ast.Call) and _runs_text(node):
        yield node.lineno, "runs text as code, or imports by a name that is made"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_telling(node.value):
        yield node.lineno, f"says {node.value[:40]!r}"


def _of_attribute(node: ast.Attribute) -> Iterator[tuple[int, str]]:
    of = node.value.id if isinstance(node.value, ast.Name) else ""
    if node.attr in _USES.get(of, ()):
        yield node.lineno, f"uses {of}.{node.attr}"
    elif node.attr in _PARTS:
        yield node.lineno, f"uses {node.attr}"
    elif node.attr in _METHODS and isinstance(node.ctx, ast.Store):
        yield node.lineno, f"defines {node.attr}"


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield what is imported that reaches into tests: modules, or what ends a process by its own name."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] in _TESTING)
    elif (node.module or "").split(".")[0] in _TESTING:
        yield node.module or ""
    else:
        told = _USES.get(node.module or "", ())
        yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name in (*told, "*") and told)


def _runs_text(node: ast.Call) -> bool:
    called = node.func
    name = called.id if isinstance(called, ast.Name) else ""
    if isinstance(called, ast.Attribute) and called.attr == "import_module":
        name = called.attr
    return name in _RUNS_TEXT and not (node.args and isinstance(node.args[0], ast.Constant))


def _is_telling(text: str) -> bool:
    return text.startswith("/proc/") or text in _METHODS or any(word in text for word in _WORDS)
