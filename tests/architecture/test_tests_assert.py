"""Every test can fail: it asserts, waits for an exception, or calls a function of the tests that does.

Rule 1: a function of the tests is found by its name in its module or in the one it is imported from; what is called on
    an object, by its name among the methods of all classes of the tests.
Rule 2: what only runs, and so holds as long as nothing is raised, is no assertion.
"""

import ast
from pathlib import Path

WAITING = {"pytest.raises", "pytest.warns", "pytest.fail"}
METHOD = ""
"""Stands in the place of a module for what is called on an object: nobody knows of which class that is."""
Node = ast.FunctionDef | ast.AsyncFunctionDef
Name = tuple[str, str]
"""Module and function."""


class Function:
    """A function of the tests: whether it asserts itself, and what it calls."""

    def __init__(self, node: Node, module: str, imported: dict[str, Name], *, is_method: bool) -> None:
        inside = list(ast.walk(node))
        called = [one.func for one in inside if isinstance(one, ast.Call)]
        self.name = (METHOD if is_method else module, node.name)
        self.is_test = node.name.startswith("test_")
        self.asserts = any(map(_fails, inside)) or any(ast.unparse(one) in WAITING for one in called)
        self.calls = {(METHOD, one.attr) for one in called if isinstance(one, ast.Attribute)}
        self.calls |= {imported.get(one.id, (module, one.id)) for one in called if isinstance(one, ast.Name)}


def _fails(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return node.exc is not None and ast.unparse(node.exc).startswith("AssertionError")
    return isinstance(node, ast.Assert)


def functions_in(path: Path, module: str) -> list[Function]:
    """Return the functions of a module, at any depth of it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    methods = {id(one) for node in nodes if isinstance(node, ast.ClassDef) for one in node.body}
    imported = {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return [Function(node, module, imported, is_method=id(node) in methods) for node in nodes if isinstance(node, Node)]


def silent(tests: Path) -> list[str]:
    """Return the names of the tests below a folder that cannot fail."""
    found: list[Function] = []
    for path in sorted(tests.rglob("*.py")):
        found += functions_in(path, ".".join(("tests", *path.relative_to(tests).with_suffix("").parts)))
    able: set[Name] = set()
    before = -1
    while before != (before := len(able)):
        able |= {one.name for one in found if one.asserts or one.calls & able}
    return [one.name[1] for one in found if one.is_test and one.name not in able]


def test_every_test_asserts_something(root: Path) -> None:
    assert silent(root / "tests") == []


EXAMPLES = """
import pytest
from tests.support.helpers import holds as so, only_runs

class Client:
    def saw(self): assert self
    def send(self): pass

def own(): so(1)

def test_a(): assert True
def test_b():
    with pytest.raises(ValueError): int("a")
def test_c(): so(1)
def test_d(): Client().saw()
def test_e():
    def inner(): assert True
    inner()
def test_f(): own()

def test_only_runs(): only_runs()
def test_calls_only(): Client().send()
def test_calls_what_is_something_else_elsewhere(): unknown()
"""


def test_the_scan_tells_tests_that_assert_from_those_that_only_run(tmp_path: Path) -> None:
    (tmp_path / "support").mkdir()
    (tmp_path / "support" / "helpers.py").write_text("def holds(x): assert x\ndef only_runs(): unknown()\n")
    (tmp_path / "support" / "other.py").write_text("def unknown(): assert True\n")
    (tmp_path / "test_examples.py").write_text(EXAMPLES)

    assert silent(tmp_path) == ["test_only_runs", "test_calls_only", "test_calls_what_is_something_else_elsewhere"]
