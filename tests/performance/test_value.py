from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.performance.value import ValueMatrix, value_per_row, worth, worth_change

MATRIX = ValueMatrix(true_positive=50.0, false_positive=-10.0, true_negative=0.0, false_negative=-200.0, currency="EUR")


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(lambda cells: sum(cells) > 1))
def test_value_is_the_mean_over_rows(kinds: Any, cells: list[int]) -> None:
    """Each row is worth its amount, and the mean lies in its interval."""
    said, came = np.divmod(np.repeat(np.arange(4), cells), 2)
    rows = kinds.binary()
    found = value_per_row(MATRIX, rows.outcome, rows.count(said, came, said))
    assert found.value == pytest.approx(np.mean([MATRIX.amounts[s, c] for s, c in zip(said, came, strict=True)]))
    assert found.rows == sum(cells)
    assert found.low < found.high


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, kinds: Any, dice: np.random.Generator) -> None:
    """Of 95% intervals 93 to 97% hold the truth, give or take the error of 1,000 windows, though a miss is rare and dear."""
    shares = np.array([0.75, 0.05, 0.08, 0.12])
    truth = float(shares @ MATRIX.amounts.ravel())
    rows = kinds.binary()
    held = []
    for cells in dice.multinomial(size, shares, 1000):
        said, came = np.divmod(np.repeat(np.arange(4), cells), 2)
        found = value_per_row(MATRIX, rows.outcome, rows.count(said, came, said))
        held.append(found.low <= truth <= found.high)
    assert 0.93 - 0.015 <= np.mean(held) <= 0.97 + 0.015


def test_a_window_and_a_day(kinds: Any) -> None:
    """A window is worth its mean row times all predicted rows, labelled or not; a day its part of that."""
    rows = kinds.binary()
    counts = rows.count([1, 1, 0, 0, 1, 0], [1, 0, 0, 1, np.nan, np.nan], [0.5] * 6)
    found = worth(MATRIX, rows.outcome, counts, days=2.0)
    assert found.per_row.value == pytest.approx((50 - 10 + 0 - 200) / 4)
    assert found.per_window.value == pytest.approx(6 * found.per_row.value)
    assert found.per_day.value == pytest.approx(3 * found.per_row.value)
    assert found.per_day.low == pytest.approx(3 * found.per_row.low)


def test_a_drop_has_a_price(kinds: Any) -> None:
    """The change is the window's value less what as many rows were worth in the reference, with an interval of both."""
    rows = kinds.binary()
    reference = rows.count([1] * 50 + [0] * 50, [1] * 45 + [0] * 55, [0.5] * 100)
    current = rows.count([1] * 20 + [0] * 80, [1] * 45 + [0] * 55, [0.5] * 100)
    change = worth_change(MATRIX, rows.outcome, reference, current, days=1.0)
    then, now = (value_per_row(MATRIX, rows.outcome, counts) for counts in (reference, current))
    assert change.per_row.value == pytest.approx(now.value - then.value)
    assert change.per_day.value == pytest.approx(100 * (now.value - then.value))
    assert change.per_day.high < 0
    assert change.per_row.error == pytest.approx(np.hypot(now.error, then.error))


def test_without_labels_nothing_is_worth_anything(kinds: Any) -> None:
    """Rows that cannot be judged have no value yet, and say why."""
    rows = kinds.binary()
    found = worth(MATRIX, rows.outcome, rows.count([1, 0], [np.nan, np.nan], [0.5, 0.5]), days=1.0)
    assert found.per_day.why == "no row has a label and a prediction"


def test_what_does_not_fit_is_refused(kinds: Any) -> None:
    """Only binary models have true and false positives, and a window has a length."""
    many, two = kinds.classes("a", "b", "c", scored=False), kinds.binary()
    with pytest.raises(ConfigError, match="binary"):
        value_per_row(MATRIX, many.outcome, many.count([0], [0]))
    with pytest.raises(ConfigError, match="0 days"):
        worth(MATRIX, two.outcome, two.count([1], [1], [0.5]), days=0.0)
