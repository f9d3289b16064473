from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from driftline.drift.statistic import ANY, LEVELS, NUMBERS, STATISTICS, Statistic
from driftline.errors import UnknownPart
from driftline.schema import Kind

if TYPE_CHECKING:
    import numpy as np

each = pytest.mark.parametrize("statistic", list(STATISTICS), ids=lambda statistic: statistic.name)


@each
class TestEveryStatistic:
    """What is asked of each statistic that can be asked for by name."""

    def test_says_what_it_is_and_where_it_comes_from(self, statistic: Statistic) -> None:
        """It has a name in one word, a title, a formula and a source with a year or the word practice."""
        assert re.fullmatch(r"[a-z_]+", statistic.name)
        assert statistic.title
        assert statistic.formula
        assert re.search(r"\d{4}|practice|share", statistic.source)
        assert statistic.smoothing

    def test_serves_the_kinds_it_names(self, statistic: Statistic, drift: Any, dice: np.random.Generator) -> None:
        """From columns of each of its kinds it gives a number per column and window, 0 on equals and more on a change."""
        for kind in statistic.kinds & {Kind.NUMBER, Kind.CATEGORY}:
            rows, other = (dice.integers(0, 9, 400), dice.integers(2, 9, 300))
            if kind is Kind.NUMBER:
                pair = drift.pair(rows.astype(float), rows.astype(float), other.astype(float))
            else:
                pair = drift.pair(rows.astype(str), rows.astype(str), other.astype(str))
            found = statistic.of(pair)
            assert found.shape == (1, 2)
            assert found[0, 0] == pytest.approx(0.0, abs=1e-12)
            assert abs(found[0, 1]) > 0.01

    def test_judges_nothing(self, statistic: Statistic) -> None:
        """Its convention, where there is one, is a positive number; what is worse is higher or, of shifts, either."""
        assert statistic.convention is None or statistic.convention > 0
        assert (statistic.worse == "either") == statistic.name.endswith("_shift")

    def test_is_found_by_its_name(self, statistic: Statistic) -> None:
        """The registry has it once."""
        assert STATISTICS[statistic.name] is statistic


def test_the_table_holds_what_people_ask_for() -> None:
    """The statistics of the trade are all there."""
    wanted = {
        "psi", "jensen_shannon", "kullback_leibler", "hellinger", "total_variation", "l_infinity", "ks", "cramer_von_mises",
        "anderson_darling", "wasserstein", "wasserstein_normed", "chi_square", "g_test", "cramers_v", "mean_shift", "quantile_shift",
    }  # fmt: skip
    assert {statistic.name for statistic in STATISTICS} == wanted


def test_logarithms_are_taken_of_smoothed_shares() -> None:
    """What would be infinite on an empty bin says what is done about it."""
    assert {s.name for s in STATISTICS if "half a row" in s.smoothing} == {"psi", "kullback_leibler"}


def test_kinds_are_numbers_levels_or_both() -> None:
    """No statistic serves part of them."""
    assert {statistic.kinds for statistic in STATISTICS} == {NUMBERS, ANY}
    assert ANY == NUMBERS | LEVELS


def test_a_name_that_is_not_there_is_told_with_its_neighbour() -> None:
    """A typing error is met with what was probably meant."""
    with pytest.raises(UnknownPart, match="did you mean 'psi'"):
        STATISTICS["pssi"]
