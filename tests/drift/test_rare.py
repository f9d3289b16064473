"""Levels too rare for bins of their own: what other rows of the same law hold of them."""

from __future__ import annotations

import numpy as np
import pytest

import driftline as dl
from driftline.drift.rare import expected


def worlds(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Thousands of levels' true shares, the most frequent first, and their counts in 7,000 rows."""
    dice = np.random.default_rng(seed)
    share = 1 / np.arange(1, 8001) ** dice.uniform(0.6, 1.1)
    share /= share.sum()
    return share, dice.multinomial(7000, share)


@pytest.mark.parametrize("seed", range(4))
def test_good_and_turing_tell_what_other_rows_hold(seed: int) -> None:
    """The share of all levels but the thousand most frequent is the true one within two points in a hundred; as counted it is far off."""
    share, counts = worlds(seed)
    kept = np.argsort(-counts, kind="stable")[:1000]
    whole = np.append(counts[kept], counts.sum() - counts[kept].sum()).astype(float)[None]
    told = expected(whole[:, None], whole, np.array([True]), np.array([1000]))[0, 0]
    truth = 1 - share[kept].sum()
    assert told.sum() == pytest.approx(7000)
    assert (told >= 0).all()
    assert told[-1] / 7000 == pytest.approx(truth, abs=0.02)
    assert whole[0, -1] / 7000 < truth - 0.04


def test_columns_whose_levels_all_have_bins_are_left_as_they_are() -> None:
    """Only where rare levels share a bin is anything moved."""
    whole = np.array([[5.0, 3.0, 1.0, 0.0]])
    assert np.array_equal(expected(whole[:, None], whole, np.array([False]), np.array([3])), whole[:, None])
    assert np.array_equal(expected(0 * whole[:, None], 0 * whole, np.array([True]), np.array([3])), 0 * whole[:, None])


@pytest.mark.parametrize("seed", range(2))
def test_nothing_drifts_where_nothing_changed(seed: int) -> None:
    """Ten windows of 500 rows of thousands of levels, as the reference's fourteen: neither one by itself nor several together drift."""
    share, _ = worlds(seed)
    names, dice = np.array([f"c{i}" for i in range(share.size)], dtype=object), np.random.default_rng([seed, 1])
    days = [{"x": names[dice.choice(share.size, many * 500, p=share)], "day": np.repeat(np.arange(many), 500)} for many in (14, 10)]
    report = dl.compare(*days, window={"column": "day"})
    assert not [column.reason for window in report.windows for column in window.columns if column.verdict == "drifted"]


def test_what_changed_is_still_found() -> None:
    """A tenth of the rows with levels that nobody knew is told, as it was."""
    share, _ = worlds(0)
    names, dice = np.array([f"c{i}" for i in range(share.size)], dtype=object), np.random.default_rng(5)
    before, now = ({"x": names[dice.choice(share.size, rows, p=share)]} for rows in (7000, 2000))
    now["x"][:200] = [f"new {i}" for i in range(200)]
    (column,) = dl.compare(before, now).windows[0].columns
    assert column.verdict == "drifted"
    assert column.reason.startswith("other levels went")
