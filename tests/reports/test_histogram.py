from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.profile.bins import fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.reports.histogram import LEVELS_SHOWN, histogram, unseen_values
from driftline.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile
    from driftline.verdicts.report import Report


def numbers(values: NDArray[np.float64], *windows: NDArray[np.float64]) -> list[Profile]:
    """Profiles of a reference and of windows of one number column."""
    plan = Plan((Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(values)),))
    return [_counted(plan, Cells(w, [None] * w.size, np.zeros(w.size, bool), np.zeros(w.size, bool))) for w in (values, *windows)]


def levels(reference: Sequence[str], *windows: Sequence[str], limit: int = 1000) -> list[Profile]:
    """Profiles of a reference and of windows of one category column."""
    counts = {level: reference.count(level) for level in set(reference)}
    plan = Plan((Planned(Column(name="x", kind=Kind.CATEGORY), fit_level_bins(counts, limit=limit)),))
    return [_counted(plan, Cells(np.zeros(len(w)), w, np.zeros(len(w), bool), np.zeros(len(w), bool))) for w in (reference, *windows)]


def _counted(plan: Plan, cells: Cells) -> Profile:
    return count(plan, {"x": cells}, len(cells.texts))


def share(made: object, label: str, row: int) -> float:
    """The share of a bar by its label."""
    return float(made.bars[row, made.labels.index(label)])  # type: ignore[attr-defined]  # a Histogram


def test_shares_are_the_rows_own() -> None:
    """A bin's share is the share of raw rows in it, up to the spreading of one fine bin over its width."""
    rng = np.random.default_rng(0)
    reference, window = rng.normal(size=20_000), rng.normal(1.0, size=3000)
    profiles = numbers(reference, window)
    made = histogram(profiles, "x")
    assert made.axis is not None
    edges = [made.axis.edge(i) for i in range(made.axis.bins + 1)]
    for row, values in enumerate((reference, window)):
        exact = np.histogram(values, bins=edges)[0] / values.size
        # A fine bin that a bin's edge cuts is spread evenly: at most its own rows are misplaced, at both ends.
        assert np.abs(made.body[row] - exact).max() <= 2 * profiles[row].bins(0).max() / values.size
        assert made.body[row].sum() + made.bars[row].sum() == pytest.approx(1.0)


def test_what_lies_outside_is_said_in_a_bar() -> None:
    """Rows beyond the reference's range are counted in a bar that says beyond what."""
    made = histogram(numbers(np.random.default_rng(0).normal(size=5000), np.full(200, 1e6)), "x")
    above = next(label for label in made.labels if label.startswith("above "))
    assert share(made, above, 1) == 1.0
    assert made.body[1].sum() == 0.0


def test_a_point_mass_is_a_bar() -> None:
    """A value that a tenth of the rows has stands beside the bins, not in them."""
    values = np.r_[np.zeros(1000), np.random.default_rng(0).lognormal(3, 1, 9000)]
    made = histogram(numbers(values), "x")
    assert share(made, "exactly 0", 0) == pytest.approx(0.1)
    assert made.body[0].sum() < 0.9001


def test_a_few_distinct_numbers_are_bars_in_their_order() -> None:
    """A number that takes few values is shown value by value."""
    made = histogram(numbers(np.repeat([10.0, 2.0, 1.0], 50), np.array([2.0, 5.0])), "x")
    assert made.axis is None
    assert made.labels == ("1", "2", "10", "between those")
    np.testing.assert_allclose(made.bars[1], [0, 0.5, 0, 0.5])


def test_endless_numbers_and_what_is_no_number_are_told_apart() -> None:
    """Infinities, not-a-number and plain numbers each have their own bar."""
    made = histogram(numbers(np.arange(100.0), np.array([np.inf, -np.inf, np.nan, 3.0])), "x")
    assert [share(made, label, 1) for label in ("-∞", "+∞", "not a number")] == [0.25, 0.25, 0.25]


def test_levels_that_were_ever_frequent_are_shown() -> None:
    """A rare level that becomes the most frequent one is not lost among the others."""
    reference = [f"level {i:02d}" for i in range(40) for _ in range(100 - 2 * i)]
    made = histogram(levels(reference, ["level 39"] * 10 + ["new"] * 10), "x")
    assert "level 39" in made.labels
    assert made.labels[-2:] == (f"{40 - LEVELS_SHOWN} other levels", "unseen")
    assert share(made, "unseen", 1) == 0.5
    np.testing.assert_allclose(made.bars.sum(axis=1), 1.0)


def test_rare_levels_without_a_bin_are_not_called_unseen() -> None:
    """Where the reference had more levels than are counted, what is outside may have been rare there."""
    made = histogram(levels(["a", "a", "b"], ["b"], limit=1), "x")
    assert made.labels == ("a", "rare or unseen")


def test_rows_without_a_value_are_bars(report: Report) -> None:
    """A burst of nulls and a column that is gone are seen in the distribution."""
    profiles = [report.reference, *report.profiles]
    gone = histogram(profiles, "country")
    assert share(gone, "column absent", 1 + 15) == 1.0
    burst = histogram(profiles, "age_days")
    assert share(burst, "null", 1 + 16) > 0.25


def test_an_empty_window_has_no_shares(odd: Report) -> None:
    """A window of no rows is not a window of zeros."""
    made = histogram([odd.reference, *odd.profiles], "constant")
    assert np.isnan(made.bars[2]).all()


def test_what_is_no_column_has_an_empty_histogram(report: Report) -> None:
    """The rows as a whole may be judged without being a column."""
    made = histogram([report.reference, *report.profiles], "(rows)")
    assert made.labels == ()
    assert made.body.shape == (31, 0)


def test_new_values_are_named_most_frequent_first(report: Report) -> None:
    """Values the reference never had are shown as text, with their rows."""
    last = report.profiles[-1]
    values = unseen_values(last, 4)
    assert values[0][0] == "crypto <wallet>"
    assert values[0][1] > values[1][1]
