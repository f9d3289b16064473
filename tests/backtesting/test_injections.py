"""Faults that are put in: they change what is marked and nothing else, and are not put in where nothing would be seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.backtesting.injections import INJECTIONS, Around, Injection

RNG = np.random.default_rng(0)
NUMBERS = np.round(np.exp(RNG.normal(3, 1, 400)), 2)
LEVELS = RNG.choice(np.array(["München", "Köln", "Paris", "Rom"], dtype=object), 400, p=[0.4, 0.3, 0.2, 0.1])
HIT = np.arange(400) % 4 == 0


def made(one: Injection, values: Any, hit: Any = HIT) -> Any:
    """The column after it, dice fixed."""
    rows = {"x": values, "other": values}
    return one.into(rows, "x", hit, Around(values, values[::-1], np.random.default_rng(1)))


@pytest.mark.parametrize("one", INJECTIONS, ids=lambda one: one.name)
def test_only_marked_rows_of_one_column_change(one: Injection) -> None:
    """Rows that are not marked stay as they were, other columns too; some of the marked ones are others."""
    for kind, values in {"number": NUMBERS, "category": LEVELS}.items():
        if kind in one.kinds:
            found = made(one, values)
            assert found is not None
            assert all(a == b for a, b in zip(found["x"][~HIT], values[~HIT], strict=True))
            assert any(a != b for a, b in zip(found["x"][HIT], values[HIT], strict=True))
            assert found["other"] is values


def test_what_would_not_be_seen_is_not_done() -> None:
    """The sign of what lies around zero, the case of numbers, decimals of whole numbers, the encoding of plain letters."""
    named = {one.name: one for one in INJECTIONS}
    assert made(named["sign lost"], RNG.normal(0, 1, 400)) is None
    assert made(named["other case"], np.array(["1", "2"] * 200, dtype=object)) is None
    assert made(named["damaged encoding"], np.array(["a", "b"] * 200, dtype=object)) is None
    assert made(named["rounded"], np.full(400, 7.0)) is None
    assert made(named["stuck"], np.full(400, 7.0)) is None


def test_each_name_is_one() -> None:
    """Names tell them apart, and each says what a diagnosis should call it."""
    assert len({one.name for one in INJECTIONS}) == len(INJECTIONS)
    assert all(one.told for one in INJECTIONS)
