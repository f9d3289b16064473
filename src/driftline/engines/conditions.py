"""Conditions that name a segment, such as `amount > 100 and country in ["DE", "FR"]`: a small, safe language.

Columns (a name, or `column("any name")`), numbers, texts, `True`, `False`; `== != < <= > >= in, not in`,
`is None`, `is not None`; `and or not`; parentheses. A comparison with null is false, and so is one
between things that cannot be compared, such as a text with a number that it does not hold.
"""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from driftline.engines.cells import cells, encode, instant, instants, is_text, nulls, numbers, plain, raw, texts
from driftline.errors import ConfigError
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from driftline.profile.reference import Cells

HINT = 'a condition looks like amount > 100 and country in ["DE", "FR"]; columns with odd names are column("odd name")'

TRUE_FALSE = frozenset({"true", "false"})
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that has been read and found sound."""

    text: str
    tree: ast.expr
    columns: tuple[str, ...]

    def holds(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        """Rows of the batch for which it is true."""
        return _holds(self.tree, batch)


def condition(text: str) -> Condition:
    """Read a condition.

    >>> condition('amount > 100 and country in ["DE", "FR"]').columns
    ('amount', 'country')

    Raises:
        ConfigError: it is not in the language; the message says where.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        _check(tree, text)
    except ConfigError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ConfigError(f"the condition {text!r} cannot be read{place}", hint=HINT) from error
    return Condition(text, tree, tuple(dict.fromkeys(_columns(tree))))


def _check(node: ast.expr, text: str) -> None:
    """Walk through what yields true or false."""
    match node:
        case ast.BoolOp():
            for value in node.values:
                _check(value, text)
        case ast.UnaryOp(op=ast.Not()):
            _check(node.operand, text)
        case ast.Compare():
            sides = [node.left, *node.comparators]
            for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
                _check_comparison(left, op, right, text)
        case ast.Name() | ast.Call():
            _name(node, text)
        case _:
            raise _complaint(node, text)


def _check_comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, text: str) -> None:
    named = _is_column(left) or (_is_column(right) and type(op) in MIRRORED)
    if not named:
        raise _complaint(left, text)
    for side in (left, right):
        if _is_column(side):
            _name(side, text)
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(right, ast.List | ast.Tuple | ast.Set) or not all(map(_is_literal, right.elts)):
            raise _complaint(right, text)
    elif isinstance(op, ast.Is | ast.IsNot):
        if not (isinstance(right, ast.Constant) and right.value is None):
            raise _complaint(right, text)
    elif not all(_is_column(side) or _is_literal(side) for side in (left, right)):
        raise _complaint(right if _is_column(left) else left, text)


def _complaint(node: ast.expr, text: str) -> ConfigError:
    part = ast.unparse(node)
    return ConfigError(f"the condition {text!r} has {part!r} at character {node.col_offset + 1}, which is not allowed there", hint=HINT)


def _is_column(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Call)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return isinstance(node.operand, ast.Constant) and type(node.operand.value) in {int, float}
    return isinstance(node, ast.Constant) and type(node.value) in {int, float, str, bool}


def _name(node: ast.expr, text: str) -> str:
    name = named_column(node)
    if name is None:
        raise _complaint(node, text)
    return name


def named_column(node: ast.AST) -> str | None:
    """The column that a part of an expression is; None if it is none."""
    match node:
        case ast.Name(id=name) | ast.Call(func=ast.Name(id="column"), args=[ast.Constant(value=str(name))], keywords=[]):
            return name
    return None


def number_of(array: pa.Array) -> NDArray[np.float64]:
    """A column's numbers, true and false as 1 and 0; NaN where there are none."""
    array = plain(array)
    found, good = _numbers(Kind.NUMBER, array.cast(pa.int8()) if pa.types.is_boolean(array.type) else array)
    return np.where(good, found, np.nan)


def _columns(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield _name(node, "")
        return
    if isinstance(node, ast.Name):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _columns(child)


def _holds(node: ast.expr, batch: pa.RecordBatch) -> NDArray[np.bool_]:
    match node:
        case ast.BoolOp(op=ast.And()):
            return np.asarray(np.all([_holds(value, batch) for value in node.values], axis=0))
        case ast.BoolOp():
            return np.asarray(np.any([_holds(value, batch) for value in node.values], axis=0))
        case ast.UnaryOp():
            return ~_holds(node.operand, batch)
        case ast.Compare():
            sides = [node.left, *node.comparators]
            steps = zip(sides, node.ops, sides[1:], strict=False)
            return np.asarray(np.all([_compare(left, op, right, batch) for left, op, right in steps], axis=0))
        case _:
            return _by_value(_array(node, batch), operator.eq, value=True)


def _compare(left: ast.expr, op: ast.cmpop, right: ast.expr, batch: pa.RecordBatch) -> NDArray[np.bool_]:
    if not _is_column(left):
        return _compare(right, MIRRORED[type(op)](), left, batch)
    array = _array(left, batch)
    if isinstance(op, ast.Is | ast.IsNot):
        return nulls(array) if isinstance(op, ast.Is) else ~nulls(array)
    if isinstance(op, ast.In | ast.NotIn):
        listed = getattr(right, "elts", [])
        none = np.zeros(len(array), dtype=np.bool_)
        found: NDArray[np.bool_] = np.any([none, *(_by_value(array, operator.eq, ast.literal_eval(item)) for item in listed)], axis=0)
        return found if isinstance(op, ast.In) else ~found & ~nulls(array)
    if _is_column(right):
        return _by_column(array, COMPARISONS[type(op)], _array(right, batch))
    return _by_value(array, COMPARISONS[type(op)], ast.literal_eval(right))


def _array(node: ast.expr, batch: pa.RecordBatch) -> pa.Array:
    return plain(batch.column(batch.schema.get_all_field_indices(_name(node, ""))[0]))


def _by_value(array: pa.Array, compare: Callable[[Any, Any], Any], value: str | float) -> NDArray[np.bool_]:
    """Compare a column with one value, as truth, numbers, instants or texts, whichever the value is."""
    if isinstance(value, bool):
        read, rows = _distinct(Kind.BOOLEAN, array)
        return np.array([*(text in TRUE_FALSE and compare(text == "true", value) for text in read.texts), False], dtype=np.bool_)[rows]
    if isinstance(value, int | float):
        found, good = _numbers(Kind.NUMBER, array)
        return np.asarray(good & compare(found, float(value)))
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        found, good = _numbers(Kind.TIMESTAMP, array)
        try:
            return np.asarray(good & compare(found, instant(value)))
        except ValueError:
            return np.zeros(len(array), dtype=np.bool_)
    read, rows = _distinct(Kind.CATEGORY, array)
    answers = [text is not None and not gone and bool(compare(text, value)) for text, gone in zip(read.texts, read.wrong, strict=True)]
    return np.array([*answers, False], dtype=np.bool_)[rows]


def _by_column(left: pa.Array, compare: Callable[[Any, Any], Any], right: pa.Array) -> NDArray[np.bool_]:
    if is_text(left.type) or is_text(right.type):
        pairs = zip(texts(left)[0], texts(right)[0], strict=True)
        return np.array([a is not None and b is not None and bool(compare(a, b)) for a, b in pairs], dtype=np.bool_)
    kind = Kind.NUMBER if numbers(left) is not None and numbers(right) is not None else Kind.TIMESTAMP
    (a, good), (b, fine) = _numbers(kind, left), _numbers(kind, right)
    return np.asarray(good & fine & compare(a, b))


def _numbers(kind: Kind, array: pa.Array) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers or instants, and where there are any."""
    found = (numbers if kind is Kind.NUMBER else instants)(array)
    if found is not None:
        return found, ~nulls(array) & ~np.isnan(found)
    read, rows = _distinct(kind, array)
    good = np.append(~read.null & ~read.wrong & ~np.isnan(read.numbers), False)[rows]
    return np.append(read.numbers, np.nan)[rows], good


def _distinct(kind: Kind, array: pa.Array) -> tuple[Cells, NDArray[np.intp]]:
    """The distinct values as cells, and for each row its value's place, or one beyond the last where null."""
    codes, distinct = encode(array)
    return cells(Planned(Column(name="", kind=kind), None), distinct), np.where(nulls(codes), len(distinct), raw(codes)).astype(np.intp)
