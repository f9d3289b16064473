"""What rows are worth by an expression: what Python says of each row by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines.amounts import amount
from driftline.errors import ConfigError

ROWS: list[dict[str, Any]] = [
    {"amount": 12.5, "label": 1, "prediction": 0, "channel": "web", "new": True, "odd name": 3, "x": -2.0},
    {"amount": 0.0, "label": 0, "prediction": 0, "channel": "shop", "new": False, "odd name": 4, "x": 0.5},
    {"amount": 1e6, "label": 1, "prediction": 1, "channel": "web", "new": False, "odd name": 5, "x": 7.25},
    {"amount": 3.0, "label": 0, "prediction": 1, "channel": "shop", "new": True, "odd name": 6, "x": 2.5},
]
BATCH = pa.RecordBatch.from_pylist(ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "7",
        "-amount",
        "0.02 * amount if not label and not prediction else -amount if label and not prediction else -5",
        "95 if label == prediction == 1 else -5 if prediction else 0",
        'amount - 3 if channel == "web" else amount + 3',
        'amount * (channel in ["web", "app"])',
        "(amount > 5 and x > 0) * 2 + (new or label) * 3",
        "max(1, x, amount / 7) - min(x, 3) + abs(x) + round(x)",
        "amount // 4 + amount % 4 + x ** 2 + +1",
        'column("odd name") * 2 if column("odd name") >= 5 else 1 < x <= 3',
        "sqrt(amount) + exp(x) + log(1 + amount)",
        "not new",
        "1 if amount / 2 < x + 1 else 0",
    ],
)
def test_it_is_what_python_says_of_each_row(text: str) -> None:
    """Python itself is asked about each row alone."""
    whole: dict[str, Any] = {"sqrt": math.sqrt, "exp": math.exp, "log": math.log}
    told = [float(eval(text, {**whole, "column": row.__getitem__}, dict(row))) for row in ROWS]
    assert amount(text).of(BATCH).tolist() == pytest.approx(told, rel=1e-14)


def test_what_is_not_known_makes_nothing_known() -> None:
    """A null, a text that is no number, a division by zero: no value; but a comparison with it is false, as in conditions."""
    batch = pa.RecordBatch.from_pylist([{"a": None, "b": "2"}, {"a": 1.0, "b": "two"}, {"a": 0.0, "b": "4"}])
    for text, told in {
        "a + 1": [math.nan, 2, 1],
        "a * b": [math.nan, math.nan, 0],
        "b / a": [math.nan, math.nan, math.nan],
        "1 if a > 0 else 2": [2, 1, 2],
        "1 if a + 0 != 7 else 2": [2, 1, 1],
        "1 if a is None else 2": [1, 2, 2],
    }.items():
        np.testing.assert_array_equal(amount(text).of(batch), told)


def test_the_columns_that_it_takes() -> None:
    """Each once, in the order in which they are named."""
    assert amount('b + a * b - column("c d") if label > b else 1').columns == ("b", "a", "c d", "label")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("amount +", "cannot be read"),
        ("", "cannot be read"),
        ("__import__('os').system('x')", "at character 1, which is not allowed"),
        ("amount.real", "'amount.real' at character 1"),
        ("[a for a in b]", "not allowed"),
        ("amount + 'x'", "\"'x'\" at character 10|'x'"),
        ("max()", "not allowed"),
        ("abs(a, b)", "not allowed"),
        ("10 ** 999 + 1" + "0" * 400, "not allowed"),
        ("lambda: 1", "not allowed"),
        ("a" + "(" * 500, "cannot be read"),
    ],
)
def test_what_is_not_in_the_language_is_refused(text: str, why: str) -> None:
    """With the place and an example."""
    with pytest.raises(ConfigError, match=why) as refused:
        amount(text)
    assert "a value looks like" in str(refused.value)
