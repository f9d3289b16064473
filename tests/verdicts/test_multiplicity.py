"""Which p-values are believed together, against scipy."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats

from driftline.verdicts.multiplicity import cut

P_VALUES = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20)
SMALL = st.lists(st.floats(0.0, 0.2), min_size=1, max_size=20)


@given(P_VALUES | SMALL, st.floats(0.001, 0.3))
def test_the_cut_decides_as_benjamini_and_hochberg_do(p_values: list[float], level: float) -> None:
    """What lies at or below the cut is what scipy's adjusted p-values reject."""
    adjusted = stats.false_discovery_control(p_values)
    assume((np.abs(adjusted - level) > 1e-9).all())
    found = np.array(p_values) <= cut(np.array(p_values)[:, None], level)
    assert found.tolist() == (adjusted <= level).tolist()


@given(SMALL, st.integers(0, 20), st.floats(0.001, 0.3))
@example([0.9], 20, 0.3)
def test_what_was_not_tested_does_not_count(p_values: list[float], missing: int, level: float) -> None:
    """NaN is no test: it neither uses the level up nor shifts a rank."""
    full = np.array([*p_values, *[np.nan] * missing])[:, None]
    assert cut(full, level) == cut(np.array(p_values)[:, None], level)


def test_each_window_is_decided_by_itself() -> None:
    """One window's small p-values buy nothing for the next; without any test nothing is believed."""
    table = np.array([[0.001, 0.02, np.nan], [0.001, 0.9, np.nan]])
    assert cut(table, 0.03).tolist() == [0.03, 0.0, 0.0]


def test_false_alarms_keep_to_the_level() -> None:
    """Where nothing changed, a window has any rejection about as often as the level says."""
    p_values = np.random.default_rng(7).random((40, 20_000))
    any_alarm = (p_values <= cut(p_values, 0.05)).any(0).mean()
    assert abs(any_alarm - 0.05) < 0.006
