from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftline.profile.bins import LARGEST, fit_number_bins
from driftline.reports.axis import BINS, Axis, axis_for, nice_step
from driftline.schema import Kind

samples = st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1.7e308, max_value=1.7e308), min_size=2, max_size=300)


def fitted(values: np.ndarray, kind: Kind = Kind.NUMBER) -> tuple[Axis, np.ndarray, np.ndarray, np.ndarray]:
    """The axis of a reference, and the fine bins it was chosen from."""
    bins = fit_number_bins(values)
    edges = bins.array
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=bins.width)
    inner = np.flatnonzero((edges[:-1] > -LARGEST) & (edges[1:] < math.inf))
    lower, upper = edges[inner], edges[inner + 1]
    return axis_for(lower, upper, counts[inner + 1] / values.size, kind), lower, upper, counts[inner + 1] / values.size


@given(samples)
def test_every_row_goes_somewhere_once(values: list[float]) -> None:
    """Whatever the reference is, the rows of a fine bin are spread over the view and what lies beside it, all of them."""
    axis, lower, upper, _ = fitted(np.array(values))
    spread = axis.spread(lower, upper)
    assert spread.shape == (lower.size, axis.bins + 2)
    assert np.all(spread >= 0)
    np.testing.assert_allclose(spread.sum(axis=1), 1.0)


@given(samples)
@example([0.0, -5e-324])
def test_a_view_has_few_bins_and_labels_that_differ(values: list[float]) -> None:
    """An axis has at most a screenful of bins, and its ticks lie on it in order."""
    axis = fitted(np.array(values))[0]
    assert 1 <= axis.bins <= BINS + 2
    assert axis.start < axis.stop
    places = [place for place, _ in axis.ticks()]
    assert places == sorted(places)
    assert all(-0.5 <= place <= axis.bins - 0.5 for place in places)
    assert len({axis.cell(i) for i in range(axis.bins)}) > axis.bins / 2


def test_heavy_tails_do_not_squeeze_the_bulk() -> None:
    """The middle half of a Cauchy column fills a tenth of its view at least."""
    values = np.random.default_rng(0).standard_cauchy(20_000)
    axis = fitted(values)[0]
    quartiles = axis.place(np.quantile(values, [0.25, 0.75]))
    assert np.diff(quartiles)[0] > axis.bins / 10


def test_a_normal_column_is_shown_whole() -> None:
    """Light tails are not cut off."""
    values = np.random.default_rng(0).normal(size=5000)
    axis, lower, upper, shares = fitted(values)
    assert shares @ axis.spread(lower, upper)[:, 0] + shares @ axis.spread(lower, upper)[:, -1] < 0.001


@pytest.mark.parametrize(("values", "log"), [("lognormal", True), ("lognormal with zeros", True), ("normal", False), ("negative", False)])
def test_many_powers_of_ten_are_shown_on_a_logarithmic_axis(values: str, log: bool) -> None:  # noqa: FBT001  a table
    """A positive column over more than two powers of ten, with or without a mass at 0, gets a logarithmic axis."""
    rng = np.random.default_rng(1)
    wide = rng.lognormal(0, 2, 5000)
    columns = {
        "lognormal": wide,
        "lognormal with zeros": np.r_[wide, np.zeros(1000)],
        "normal": rng.normal(50, 5, 5000),
        "negative": -wide,
    }
    assert fitted(columns[values])[0].log is log


def test_whole_numbers_have_bins_of_their_own() -> None:
    """Each hour of the day is a bin, and is called by its number."""
    hours = np.random.default_rng(2).integers(0, 24, 5000).astype(float)
    axis = fitted(hours)[0]
    assert axis.whole
    assert [axis.cell(i) for i in range(axis.bins)] == [str(hour) for hour in range(24)]
    at_noon = np.array([12.0])
    spread = axis.spread(at_noon, np.nextafter(at_noon, np.inf))
    assert spread[0, 1 + 12] == 1.0


def test_instants_are_written_as_dates() -> None:
    """A timestamp's axis carries days, not seconds."""
    axis = fitted(1.7e9 + 86400 * np.arange(100.0), Kind.TIMESTAMP)[0]
    assert axis.ticks()[0][1].startswith("2023-11-")


@given(st.floats(1e-300, 1e300))
def test_a_nice_step_is_one_two_or_five(step: float) -> None:
    """A step is rounded up to the next 1, 2 or 5 times a power of ten."""
    nice = nice_step(step)
    assert step * (1 - 1e-6) <= nice <= step * 2.5001
    assert f"{nice:.0e}"[0] in "125"
