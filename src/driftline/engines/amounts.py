"""Expressions that say what a row is worth, such as `0.02 * amount if prediction == label else -amount`: Python's, on whole columns.

Columns (a name, or `column("any name")`), `label`, `prediction` and `score` (those of the model, whatever the columns are called; of
a binary model label and prediction are 0 or 1), numbers; `+ - * / // % **`; `a if condition else b`; comparisons, `and or not`;
`abs min max round sqrt exp log`. What a null, or a text that is no number, goes into is not known, but in a comparison, which is false.
"""

from __future__ import annotations

import ast
import operator
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.engines.conditions import COMPARISONS, Condition, condition, named_column, number_of
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HINT = "a value looks like 95 if prediction and label else -5 if prediction else 0, or 0.02 * amount - cost"

SPOKEN = ("label", "prediction", "score")
"""Names of the model's own columns, whatever these are called."""

MOST = 1e15
"""Beyond this no number of an expression lies."""

STEPS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
ONE: dict[str, Callable[[Any], Any]] = {"abs": np.abs, "round": np.rint, "sqrt": np.sqrt, "exp": np.exp, "log": np.log}
MANY: dict[str, Callable[[Any, Any], Any]] = {"min": np.minimum, "max": np.maximum}


@dataclass(frozen=True, slots=True)
class Amount:
    """An expression that has been read and found sound.

    Attributes:
        text: as it was written.
        tree: as it was read.
        columns: the columns that it takes, and of `SPOKEN` those that it names.
    """

    text: str
    tree: ast.expr
    columns: tuple[str, ...]

    def of(self, batch: pa.RecordBatch) -> Floats:
        """What each row of a batch, which has all of `columns`, is worth; NaN where that is not known."""
        with np.errstate(all="ignore"):
            found = np.broadcast_to(_numbers(self.tree, batch), batch.num_rows).astype(np.float64)
        return np.where(np.isfinite(found), found, np.nan)


def amount(text: str) -> Amount:
    """Read an expression.

    >>> amount('0.02 * amount if prediction == label else -column("the fee")').columns
    ('amount', 'prediction', 'label', 'the fee')

    Raises:
        ConfigError: it is not in the language; the message says where.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        columns = tuple(dict.fromkeys(_read(tree, text)))
    except ConfigError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ConfigError(f"the value {text!r} cannot be read{place}", hint=HINT) from error
    return Amount(text, tree, columns)


def _read(node: ast.expr, text: str) -> Iterator[str]:
    """The columns that a part of an expression takes, in their order."""
    if (found := _condition(node)) is not None:
        yield from found.columns
    elif (name := named_column(node)) is not None:
        yield name
    elif (parts := _parts(node)) is not None:
        for part in parts:
            yield from _read(part, text)
    else:
        where = f"{ast.unparse(node)!r} at character {node.col_offset + 1}"
        raise ConfigError(f"the value {text!r} has {where}, which is not allowed there", hint=HINT)


def _condition(node: ast.expr) -> Condition | None:
    """A comparison of a column with what conditions compare columns with, texts and nulls among it; None for others."""
    if not isinstance(node, ast.Compare):
        return None
    try:
        return condition(ast.unparse(node))
    except ConfigError:
        return None


def _parts(node: ast.expr) -> list[ast.expr] | None:  # noqa: PLR0911  one return a kind of part
    """What a part of an expression is made of, in the order in which `_made` takes it; None for what is not in the language."""
    match node:
        case ast.Constant(value=bool() | int() | float() as value) if abs(value) < MOST:
            return []
        case ast.BinOp(op=op) if type(op) in STEPS:
            return [node.left, node.right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
            return [node.operand]
        case ast.IfExp():
            return [node.body, node.test, node.orelse]
        case ast.BoolOp():
            return node.values
        case ast.Compare() if all(type(op) in COMPARISONS for op in node.ops):
            return [node.left, *node.comparators]
        case ast.Call(func=ast.Name(id=called), keywords=[]) if len(node.args) == 1 if called in ONE else called in MANY and node.args:
            return node.args
    return None


def _numbers(node: ast.expr, batch: pa.RecordBatch) -> Any:
    """A number for each row, or one for all."""
    if (found := _condition(node)) is not None:
        return found.holds(batch).astype(np.float64)
    if (name := named_column(node)) is not None:
        return number_of(batch.column(batch.schema.get_all_field_indices(name)[0]))
    return _made(node, [_numbers(part, batch) for part in _parts(node) or []])


def _made(node: ast.expr, values: list[Any]) -> Any:  # noqa: PLR0911  likewise
    """The numbers that a part of an expression makes of those of its own parts."""
    match node:
        case ast.Constant():
            return np.float64(ast.literal_eval(node))
        case ast.BinOp():
            return STEPS[type(node.op)](*values)
        case ast.UnaryOp(op=op):
            return 1.0 - _true(values[0]) if isinstance(op, ast.Not) else -values[0] if isinstance(op, ast.USub) else values[0]
        case ast.IfExp():
            return np.where(_true(values[1]), values[0], values[2])
        case ast.BoolOp(op=op):
            return reduce(np.logical_and if isinstance(op, ast.And) else np.logical_or, map(_true, values)) * 1.0
        case ast.Compare():
            # What is not known is not even unequal.
            known = [~np.isnan(value) for value in values]
            steps = (COMPARISONS[type(op)](left, right) for op, left, right in zip(node.ops, values, values[1:], strict=False))
            return reduce(np.logical_and, [*steps, *known]) * 1.0
    called = ast.unparse(node).partition("(")[0]
    return ONE[called](values[0]) if called in ONE else reduce(MANY[called], values)


def _true(found: Any) -> Any:
    """Where a number is true; what is not known is not."""
    return ~np.isnan(found) & (found != 0)
