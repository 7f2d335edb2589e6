"""Expressions of playbooks: a small part of Python's, looked at as a tree and never run as code.

Rule 1: what may stand in one is listed here; everything else is refused where it is read, before anything runs.
Rule 2: names lead to plain values (texts, numbers, lists, mappings) alone: a dot is a key, never an attribute.
Rule 3: length, depth, number of steps and size of what comes out are bounded, whatever the values are. What it comes to
    is worked out in :mod:`teams.playbook.evaluation`.
"""

import ast
from collections.abc import Mapping
from typing import Any

from teams.playbook.evaluation import COMPARED, CONSTANTS, BadExpression, Evaluation, check_number
from teams.playbook.functions import FUNCTIONS

MAX_CHARACTERS = 2000
_ALLOWED = (
    *(ast.Expression, ast.Load, ast.Store, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Compare, ast.BoolOp),
    *(ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.IfExp, ast.List, ast.Tuple),
    *(ast.Dict, ast.ListComp, ast.comprehension, ast.Call, *COMPARED),
)


class Expression:
    """One expression, read. ``names`` are those it begins with, ``steps`` the steps it speaks of.

    Raises:
        BadExpression: it has something that no expression may have; the message says what.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        self._tree = _parsed(self.text)
        found = _names_in(self._tree)
        self.names = frozenset(found.names)
        self.steps = frozenset(found.steps)

    def value(self, scope: Mapping[str, Any]) -> Any:
        """Return what it comes to; ``scope`` gives names their values.

        Raises:
            BadExpression: a name, a key or an index is not there, or kinds of values do not go together.
        """
        try:
            return Evaluation(scope).of(self._tree)
        except BadExpression as error:
            raise BadExpression(f"{self.text}: {error.message}") from None
        except (TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as error:
            raise BadExpression(f"{self.text}: {error}") from error


def _parsed(text: str) -> ast.expr:
    if not text:
        raise BadExpression("the expression is empty")
    if len(text) > MAX_CHARACTERS:
        raise BadExpression(f"an expression of {len(text):,} characters; {MAX_CHARACTERS:,} are the most")
    try:
        # In brackets, a line break in it is a blank.
        tree = ast.parse(f"({text}\n)", mode="eval").body
        for node in ast.walk(tree):
            _check(node)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise BadExpression(f"{text[:80]!r} is no expression: {reason}") from error
    return tree


def _names_in(tree: ast.expr) -> "_Names":
    found = _Names()
    try:
        found.visit(tree)
    except RecursionError as error:
        raise BadExpression("the expression is nested too deeply") from error
    return found


def _check(node: ast.AST) -> None:
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str | int | float | bool | None):
            raise BadExpression(f"{node.value!r} may not stand in an expression")
        check_number(node.value)
    elif not isinstance(node, _ALLOWED):
        raise BadExpression(f"{type(node).__name__} may not stand in an expression; docs/playbooks.md lists what may")
    elif isinstance(node, ast.Call):
        _check_call(node)
    elif isinstance(node, ast.Dict) and None in node.keys:
        raise BadExpression("** may not stand in an expression")
    elif isinstance(node, ast.comprehension) and (node.is_async or not isinstance(node.target, ast.Name)):
        raise BadExpression("a list is made with one name: [x.text for x in …]")


def _check_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        raise BadExpression(f"there is no function {ast.unparse(node.func)}; there are {', '.join(FUNCTIONS)}")
    if node.keywords:
        raise BadExpression(f"{node.func.id} takes its arguments by place, without names")


class _Names(ast.NodeVisitor):
    """Which names an expression takes from outside, and which steps it speaks of."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.steps: set[str] = set()
        self._own: list[str] = []

    def visit_Name(self, node: ast.Name) -> None:
        if node.id == "steps":
            raise BadExpression("'steps' is asked for one of them: steps.NAME")
        if node.id not in self._own and node.id not in CONSTANTS:
            self.names.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == "steps":
            self._step(node.attr)
        else:
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not (isinstance(node.value, ast.Name) and node.value.id == "steps"):
            self.generic_visit(node)
        elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            self._step(node.slice.value)
        else:
            raise BadExpression("a step is named as it is written: steps.NAME or steps['NAME']")

    def visit_Call(self, node: ast.Call) -> None:
        for argument in node.args:
            self.visit(argument)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        before = len(self._own)
        for part in node.generators:
            self.visit(part.iter)
            self._own.append(part.target.id)  # type: ignore[attr-defined]  # _check saw to it
            for condition in part.ifs:
                self.visit(condition)
        self.visit(node.elt)
        del self._own[before:]

    def _step(self, name: str) -> None:
        self.names.add("steps")
        self.steps.add(name)
