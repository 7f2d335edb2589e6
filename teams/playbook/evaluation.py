"""What an expression of a playbook comes to, worked out node by node from a tree that was checked.

Rule 1: it is given only what :mod:`teams.playbook.expressions` lets stand in one; nothing is run as code.
Rule 2: names lead to plain values alone: a dot is a key, never an attribute.
"""

import ast
import math
from collections.abc import Callable, Mapping
from typing import Any

from onecontext.errors import UsageError
from teams.playbook.functions import FUNCTIONS, check_size, weight

MAX_STEPS = 100_000
MAX_WORK = 10_000_000
"""Parts and characters that one expression may compare, copy and hand to functions, taken together."""
CONSTANTS = {"true": True, "false": False, "none": None}
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


class BadExpression(UsageError):
    """An expression that is none of ours, or that cannot be worked out with the values there are."""


class Evaluation:
    """One working out of a tree, node by node; ``scope`` gives names their values."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope: dict[str, Any] = dict(scope)
        self._left = MAX_STEPS
        self._work = MAX_WORK

    def of(self, node: ast.AST) -> Any:
        """Return what a node comes to.

        Raises:
            BadExpression: a name, a key or an index is not there, or it takes too long.
            TypeError, ValueError, LookupError, ArithmeticError, RecursionError: kinds of values do not go together, or
                it is nested too deeply.
        """
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
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
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
            if not COMPARED[type(operator)](left, right):
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
            return check_number(left - right)
        both = check_number(check_size(left + right))
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


def check_number(value: Any) -> Any:
    """Return ``value``.

    Raises:
        BadExpression: it is infinite, or no number: no document can carry that.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise BadExpression("it comes to no number")
    return value
