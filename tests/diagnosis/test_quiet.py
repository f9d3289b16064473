"""Faults that leave every distribution as it was are told all the same, and none on days on which nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.quiet import Usual, repeats
from driftline.services.diagnose import diagnose
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from conftest import Clinic

    from driftline.verdicts.report import WindowReport


def last(clinic: Clinic, *days: dict[str, Any]) -> WindowReport:
    """What is said of the last day."""
    return [window for window in diagnose(*clinic.judged(*days)).windows if window.segment is None][-1]


def rounded(day: dict[str, Any]) -> dict[str, Any]:
    """Without the third digit: no bin has other rows for it."""
    return day | {"balance": np.rint(day["balance"])}


def replayed(day: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """With a tenth of the rows of the day before."""
    return {name: np.concatenate([values, before[name][::10]]) for name, values in day.items()}


def test_decimals_that_are_gone_are_told_where_nothing_drifted(clinic: Clinic) -> None:
    """The day is stable, and the fault is named with its column."""
    found = last(clinic, clinic.day(1), clinic.day(2), rounded(clinic.day(3)))
    assert found.verdict is not Verdict.DRIFTED
    assert [(one.kind, one.columns) for one in found.diagnosis] == [("rounding", ("balance",))]


def test_a_value_that_suddenly_repeats_is_told(clinic: Clinic) -> None:
    """The usual balance in one row of forty: too few to drift, and no balance ever came twice."""
    day = clinic.day(3)
    filled = day | {"balance": np.where(np.arange(3000) % 40 == 0, 400.0, day["balance"])}
    found = last(clinic, clinic.day(1), clinic.day(2), filled)
    assert found.verdict is not Verdict.DRIFTED
    assert [(one.kind, one.columns) for one in found.diagnosis] == [("default_fill", ("balance",))]


def test_a_low_ceiling_is_told_where_nothing_drifted(clinic: Clinic) -> None:
    """One balance in thirty lay above it: the value that repeats is an edge, and no default."""
    day = clinic.day(3)
    edge = float(np.quantile(day["balance"], 0.967))
    found = last(clinic, clinic.day(1), clinic.day(2), day | {"balance": np.minimum(day["balance"], edge)})
    assert [(one.kind, one.columns) for one in found.diagnosis] == [("truncation", ("balance",))]


def test_rows_of_the_day_before_are_told(clinic: Clinic) -> None:
    """They are like all others, and no column drifts for them."""
    before = clinic.day(2)
    found = last(clinic, clinic.day(1), before, replayed(clinic.day(3), before))
    assert "replayed_rows" in {one.kind for one in found.diagnosis}


def test_what_lasts_is_told_as_what_it_is(clinic: Clinic) -> None:
    """On the second day the fault is not new, and is as old as it is."""
    found = last(clinic, clinic.day(1), rounded(clinic.day(2)), rounded(clinic.day(3)))
    assert [(one.new, one.since) for one in found.diagnosis] == [(False, "1")]


@pytest.mark.parametrize("seed", range(3))
def test_no_fault_is_told_of_good_days(clinic: Clinic, seed: int) -> None:
    """Of ten days in a row, none."""
    days = [clinic.day(100 * seed + day + 10, rows=1500) for day in range(10)]
    told = [one for window in diagnose(*clinic.judged(*days)).windows if window.segment is None for one in window.diagnosis]
    assert [one.kind for one in told if one.polluted] == []


def test_what_is_cheap_to_see_comes_first(clinic: Clinic) -> None:
    """On a good day no column is looked into; of rounded values theirs is, and of later hours the clock's."""
    learnt, current, _ = clinic.judged(clinic.day(1), rounded(clinic.day(2)), clinic.day(3) | {"hour": (clinic.day(3)["hour"] + 2) % 24})
    usual = Usual.of([profile for _, profile in learnt.of(None)])
    good, round_one, late = (profile for _, profile in current.of(None))
    names = good.plan.names
    assert [[names[place] for place in usual.suspects(one)] for one in (good, round_one, late)] == [[], ["balance"], ["hour"]]
    assert not repeats(good, [round_one])
    assert repeats(good, [late, good])
