"""Expressions of playbooks: a small part of Python's, looked at as a tree and never run as code.

Rule 1: what may stand in one is listed here; everything else is refused where it is read, before anything runs.
Rule 2: names lead to plain values (texts, numbers, lists, mappings) alone: a dot is a key, never an attribute.
Rule 3: length, depth, number of steps and size of what comes out are bounded, whatever the values are.
"""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

from onecontext.errors import UsageError
from teams.playbook.functions import FUNCTIONS, check_size, weight

MAX_CHARACTERS = 2000
MAX_STEPS = 100_000
MAX_WORK = 10_000_000
"""Parts and characters that one expression may compare, copy and hand to functions, taken together."""
_CONSTANTS = {"true": True, "false": False, "none": None}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_ALLOWED = (
    *(ast.Expression, ast.Load, ast.Store, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Compare, ast.BoolOp),
    *(ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.IfExp, ast.List, ast.Tuple),
    *(ast.Dict, ast.ListComp, ast.comprehension, ast.Call, *_COMPARED),
)


class BadExpression(UsageError):
    """An expression that is none of ours, or that cannot be worked out with the values there are."""


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
            return _Evaluation(scope).of(self._tree)
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
        _check_number(node.value)
    elif not isinstance(node, _ALLOWED):
        raise BadExpression(f"{type(node).__name__} may not stand in an expression; docs/playbooks.md lists what may")
    elif isinstance(node, ast.Call):
        _check_call(node)
    elif isinstance(node, ast.Dict) and None in node.keys:
        raise BadExpression("** may not stand in an expression")
    elif isinstance(node, ast.comprehension) and (node.is_async or not isinstance(node.target, ast.Name)):
        raise BadExpression("a list is made with one name: [x.text for x in …]")


def _check_number(value: Any) -> Any:
    """Return ``value`` if it is no number that no document can carry."""
    if isinstance(value, float) and not math.isfinite(value):
        raise BadExpression("it comes to no number")
    return value


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
        if node.id not in self._own and node.id not in _CONSTANTS:
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


class _Evaluation:
    """One working out of a tree, node by node."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope: dict[str, Any] = dict(scope)
        self._left = MAX_STEPS
        self._work = MAX_WORK

    def of(self, node: ast.AST) -> Any:
        self._left -= 1
        if self._left < 0:
            raise BadExpression(f"it takes more than {MAX_STEPS:,} steps")
        if self._work < 0:
            raise BadExpression(f"it looks at more than {MAX_WORK:,} parts and characters")
        return getattr(self, f"_{type(node).__name__.lower()}")(node)

    def _at_work_on(self, *values: Any) -> None:
        """Count what is looked at in full: lists that hold one another can be without end, and take no memory."""
        for value in values:
            self._work -= weight(value, most=max(self._work, 0))
        if self._work < 0:
            raise BadExpression(f"it looks at more than {MAX_WORK:,} parts and characters")

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        if node.id in self._scope:
            return self._scope[node.id]
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        raise BadExpression(f"there is no {node.id!r} here; there are {', '.join(sorted(self._scope))}")

    def _attribute(self, node: ast.Attribute) -> Any:
        return _member(self.of(node.value), node.attr, ast.unparse(node.value))

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.of(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            first, last, step = (None if bound is None else self.of(bound) for bound in bounds)
            part = value[first:last:step]
            self._work -= len(part)
            return part
        return _member(value, self.of(node.slice), ast.unparse(node.value))

    def _compare(self, node: ast.Compare) -> bool:
        left = self.of(node.left)
        for operator, operand in zip(node.ops, node.comparators, strict=True):
            right = self.of(operand)
            self._at_work_on(left, right)
            if not _COMPARED[type(operator)](left, right):
                return False
            left = right
        return True

    def _boolop(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.of(part)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.of(node.operand)
        return not value if isinstance(node.op, ast.Not) else -value

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.of(node.left), self.of(node.right)
        if not isinstance(node.op, ast.Add):
            return _check_number(left - right)
        both = _check_number(check_size(left + right))
        if isinstance(both, str | list):
            self._work -= len(both)
        return both

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.of(node.body if self.of(node.test) else node.orelse)

    def _list(self, node: ast.List) -> list[Any]:
        return [self.of(part) for part in node.elts]

    def _tuple(self, node: ast.Tuple) -> list[Any]:
        return [self.of(part) for part in node.elts]

    def _dict(self, node: ast.Dict) -> dict[str, Any]:
        return {str(self.of(key)): self.of(value) for key, value in zip(node.keys, node.values, strict=True) if key}

    def _listcomp(self, node: ast.ListComp) -> list[Any]:
        before = dict(self._scope)
        found: list[Any] = []
        self._collect(node, 0, found)
        self._scope = before
        return check_size(found)  # type: ignore[no-any-return]

    def _collect(self, node: ast.ListComp, depth: int, found: list[Any]) -> None:
        if depth == len(node.generators):
            found.append(self.of(node.elt))
            return
        part = node.generators[depth]
        for value in self.of(part.iter):
            self._scope[part.target.id] = value  # type: ignore[attr-defined]
            if all(self.of(condition) for condition in part.ifs):
                self._collect(node, depth + 1, found)

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id  # type: ignore[attr-defined]
        given = [self.of(argument) for argument in node.args]
        if name != "len":
            self._at_work_on(*given)
        return FUNCTIONS[name](*given)


def _member(value: Any, key: Any, shown: str) -> Any:
    if isinstance(value, Mapping):
        if key in value:
            return value[key]
        raise BadExpression(f"{shown} has no {key!r}; it has {', '.join(map(str, value)) or 'nothing'}")
    if isinstance(value, list | str) and isinstance(key, int) and not isinstance(key, bool):
        if -len(value) <= key < len(value):
            return value[key]
        raise BadExpression(f"{shown} has {len(value)} of them, so there is none at {key}")
    raise BadExpression(f"{shown} is {_kind(value)}, which has no {key!r}")


def _kind(value: Any) -> str:
    return {str: "a text", list: "a list", bool: "true or false", type(None): "none"}.get(type(value), "a number")
