from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.operations.traffic import Traffic, error_rate, latency_quantile, total_traffic, traffic
from driftline.profile.bins import Bins, LevelBins, fit_log_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from driftline.profile.profile import Profile

REFERENCE = np.random.default_rng(0).lognormal(3, 0.6, 20_000)


def numbers(values: np.ndarray) -> Cells:
    """A column of numbers, NaN where null."""
    return Cells(np.nan_to_num(values), [None] * values.size, np.isnan(values), np.zeros(values.size, dtype=bool))


def words(values: list[str | None]) -> Cells:
    """A column of texts."""
    return Cells(np.zeros(len(values)), values, np.array([v is None for v in values]), np.zeros(len(values), dtype=bool))


def timed(latencies: np.ndarray) -> Profile:
    """A window of requests that took so long, in bins fitted to the reference."""
    plan = Plan((Planned(Column(name="ms", kind=Kind.NUMBER, role=Role.LATENCY), fit_log_bins(REFERENCE)),), sample=10)
    return count(plan, {"ms": numbers(latencies)}, latencies.size)


def failed(kind: Kind, bins: Bins, cells: Cells) -> Traffic:
    """A window of requests with a column that says whether they failed."""
    plan = Plan((Planned(Column(name="e", kind=kind, role=Role.ERROR), bins),), sample=10)
    return traffic(count(plan, {"e": cells}, len(cells.null)))


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("factor", [0.3, 1.0, 1.7, 40.0])
def test_quantiles_from_counts_are_those_of_the_rows(share: float, factor: float) -> None:
    """A quantile read from 256 bins lies within 2% of the rows' own, also where latencies have grown."""
    rows = np.random.default_rng(1).lognormal(3, 0.6, 5000) * factor
    assert latency_quantile(traffic(timed(rows)), share).value == pytest.approx(np.quantile(rows, share), rel=0.02)


def test_the_interval_of_a_quantile_holds_its_truth() -> None:
    """95% intervals of the 95% quantile contain the true one in 93 to 98 of 100 windows of 400 requests."""
    truth = stats.lognorm(0.6, scale=np.exp(3)).ppf(0.95)
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(600):
        found = latency_quantile(traffic(timed(rng.lognormal(3, 0.6, 400))), 0.95)
        held += found.low <= truth <= found.high
    assert 0.93 <= held / 600 <= 0.98


def test_a_quantile_beyond_the_reference_ends_at_the_slowest() -> None:
    """Latencies that the reference never had lie between its greatest and the window's."""
    rows = np.full(300, REFERENCE.max() * 10)
    found = latency_quantile(traffic(timed(rows)), 0.5)
    assert REFERENCE.max() <= found.value <= rows[0]


@given(st.lists(st.integers(1, 30), min_size=2, max_size=4))
def test_windows_add(sizes: list[int]) -> None:
    """What is read from several windows together is what their rows together say."""
    rng = np.random.default_rng(3)
    parts = [rng.lognormal(3, 0.6, size) for size in sizes]
    together = total_traffic([traffic(timed(part)) for part in parts])
    whole = traffic(timed(np.concatenate(parts)))
    assert latency_quantile(together, 0.5) == latency_quantile(whole, 0.5)


@pytest.mark.parametrize(
    ("kind", "bins", "cells", "expected"),
    [
        (Kind.BOOLEAN, LevelBins(("false", "true")), words(["true", "false", "false", None]), (1, 3)),
        (Kind.NUMBER, fit_number_bins(np.array([0.0, 1.0])), numbers(np.array([0.0, 1.0, 1.0, np.nan])), (2, 3)),
        (Kind.NUMBER, fit_number_bins(np.array([0.0])), numbers(np.array([0.0, 1.0, 0.0])), (1, 3)),
        (
            Kind.NUMBER,
            fit_number_bins(np.array([200.0, 204.0, 404.0])),
            numbers(np.array([200.0, 302.0, 404.0, 500.0])),
            (2, 4),
        ),
        (Kind.CATEGORY, LevelBins(("ok", "timeout")), words(["ok", "timeout", "refused", "ok"]), (2, 4)),
    ],
    ids=["truths", "zero and one", "none failed in the reference", "statuses", "texts"],
)
def test_failed_requests_are_found_as_they_may_be_written(kind: Kind, bins: Bins, cells: Cells, expected: tuple[int, int]) -> None:
    """Truths, 0 and 1, HTTP statuses and texts: what is not known is not counted."""
    found = failed(kind, bins, cells)
    assert (found.failed, found.answered) == expected


def test_the_error_rate_has_wilsons_interval() -> None:
    """The interval is scipy's."""
    found = error_rate(Traffic(rows=200, failed=7, answered=190))
    interval = stats.binomtest(7, 190).proportion_ci(method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((7 / 190, interval.low, interval.high))


def test_what_is_not_known_is_said() -> None:
    """Without a column, or without requests enough, there is a reason in place of a number."""
    assert error_rate(Traffic(rows=10)).why
    assert latency_quantile(Traffic(rows=10), 0.5).why
    assert "too few" in latency_quantile(traffic(timed(REFERENCE[:50])), 0.99).why
