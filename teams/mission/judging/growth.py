"""Whether a file of tests only grew: what was there is there, and nothing new can change what it does.

Rule 1: decided on the syntax tree, statement by statement at the top of the file. Nothing is run.
Rule 2: in doubt it did not: then the change is for a task that may write the file.
"""

import ast

MAX_BYTES = 1024 * 1024
_HOOKS = ("pytest", "setup", "teardown", "__")
_HARMLESS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)

_IMPORTS_PYTEST = ast.dump(ast.parse("import pytest").body[0])


def only_grew(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Say whether ``after`` is ``before`` with more tests, helpers and imports. Only for Python; None is no text."""
    if not path.endswith(".py") or before is None or after is None or max(len(before), len(after)) > MAX_BYTES:
        return False
    try:
        old, new = ast.parse(before).body, ast.parse(after).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    added = _added(old, new)
    if added is None:
        return False
    known = {node.id for statement in old for node in ast.walk(statement) if isinstance(node, ast.Name)}
    known |= {name for statement in old for name in _bound(statement)}
    return all(_is_harmless(statement, known) for statement in added)


def _added(old: list[ast.stmt], new: list[ast.stmt]) -> list[ast.stmt] | None:
    """Return what ``new`` has beyond ``old``; None where something of ``old`` is gone, changed or elsewhere."""
    left = [ast.dump(statement) for statement in old]
    added = []
    for statement in new:
        if left and ast.dump(statement) == left[0]:
            left.pop(0)
        else:
            added.append(statement)
    return None if left else added


def _is_harmless(statement: ast.stmt, known: set[str]) -> bool:
    if ast.dump(statement) == _IMPORTS_PYTEST and "pytest" not in known:
        return True
    names = _bound(statement)
    return (
        isinstance(statement, _HARMLESS)
        and bool(names)
        and not any(name in known or name.startswith(_HOOKS) for name in names)
        and not any(keyword.arg == "autouse" for keyword in ast.walk(statement) if isinstance(keyword, ast.keyword))
    )


def _bound(statement: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a file binds there; "*" stands for any."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        names = [(alias.asname or alias.name).split(".")[0] for alias in statement.names]
        return [] if "*" in names else names
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    # Anything but plain names (an attribute, a subscript) changes what is elsewhere.
    return (
        [target.id for target in targets if isinstance(target, ast.Name)]
        if all(isinstance(target, ast.Name) for target in targets)
        else []
    )
