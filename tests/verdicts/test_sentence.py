"""The sentence that says why: one row per facet and per cause."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role
from driftline.verdicts.evidence import NAMES
from driftline.verdicts.report import Cause, Score
from driftline.verdicts.sentence import SAYINGS, number, percent, reason

if TYPE_CHECKING:
    from conftest import Table, Workshop

    from driftline.profile.profile import Profile

REFERENCE = {"x": np.arange(1.0, 101.0), "c": np.array(["a", "b"] * 50, dtype=object)}
CURRENT = {"x": np.arange(11.0, 111.0), "c": np.array(["a", "c", "d", "c", "e"] * 20, dtype=object)}
ID = Planned(Column(name="id", kind=Kind.TEXT, role=Role.ID), None)


@pytest.fixture(scope="module")
def sides(workshop: Workshop) -> tuple[Plan, Profile, Profile]:
    """A reference and a window of a number and a category."""
    plan = workshop.plan(REFERENCE)
    return plan, workshop.counted(plan, REFERENCE), workshop.counted(plan, CURRENT)


def score(statistic: str, value: float, effect: float, interval: tuple[float, float] | None = None) -> Score:
    """A score with an effect."""
    return Score(statistic=statistic, value=value, effect=effect, interval=interval)


@pytest.mark.parametrize(
    ("column", "found", "place", "sentence"),
    [
        ("x", score("shift", 0.4, 0.4, (0.3, 0.5)), -1, r"moved up by 0\.4 sd \(0\.3 to 0\.5\), median 4\d to 5\d"),
        ("x", score("shift", -0.4, -0.4), -1, r"moved down by 0\.4 sd, median 4\d to 5\d"),
        ("x", score("spread", 0.2, 0.2), -1, r"became 22\.1% wider"),
        ("x", score("spread", -0.2, -0.2), -1, r"became 18\.1% narrower"),
        (
            "x",
            score("psi", 0.3, 0.2, (0.1, 0.3)),
            -1,
            r"its distribution changed, most of all values below 12 \(11% to 1% of rows\): PSI 0\.3, 0\.2 more than noise \(0\.1 to 0\.3\)",
        ),
        (
            "c",
            score("psi", 0.3, 0.2),
            -1,
            r"its distribution changed, most of all other levels \(0% to 80% of rows\): PSI 0\.3, 0\.2 more than noise",
        ),
        ("x", score("atom", 0.3, 0.2), 3, r"values from [\d.]+ to [\d.]+ went from 10% to 30% of rows"),
        ("x", score("atom", 0.3, 0.2), 0, r"values at the edge went from 10% to 30% of rows"),
        ("x", score("tail", 0.1, 0.1), 9, r"high values \(the reference's greatest is 100\) went from 0% to 10% of rows"),
        ("x", score("tail", 0.1, 0.1), 0, r"low values \(the reference's least is 1\) went from 0% to 10% of rows"),
        ("c", score("level", 0.17, -0.33), 0, r"'a' went from 50% to 17% of rows"),
        ("c", score("level", 0.8, 0.8), 2, r"other levels went from 0% to 80% of rows"),
        ("x", score("dependence", 0.11, -0.71), 1, r"no longer moves with c = 'a': correlation 0\.82 to 0\.11"),
        ("x", score("dependence", 0.5, -0.3), 1, r"moves less with c = 'a': correlation 0\.8 to 0\.5"),
        ("x", score("dependence", 0.9, 0.4), 1, r"moves more with c = 'a': correlation 0\.5 to 0\.9"),
        ("x", score("dependence", 0.7, 0.6), 1, r"now moves with c = 'a': correlation 0\.1 to 0\.7"),
        ("c", score("dependence", -0.7, -0.75), 0, r"its level 'a' now moves against x: correlation 0\.05 to -0\.7"),
        ("c", score("unseen", 0.8, 0.8), 2, r"80% of rows have levels the reference never had: 'c' \(40\), 'd' \(20\), 'e' \(20\)"),
        ("x", score("null", 0.05, 0.04), -1, r"nulls went from 1% to 5% of rows"),
        ("x", score("nan", 0.05, 0.04), -1, r"values that are not a number went from 1% to 5% of rows"),
        ("x", score("wrong_type", 0.05, 0.05), -1, r"values of the wrong type went from 0% to 5% of rows"),
        ("x", score("absent", 1.0, 1.0), -1, r"rows without the column went from 0% to 100% of rows"),
        ("x", score("duplicate", 0.1, 0.1), -1, r"rows with the content of another row went from 0% to 10%"),
        ("x", score("volume", 100, float(np.log(0.1))), -1, r"100 rows where about 1,000 are usual"),
        ("x", score("silence", 0.3, 0.3), -1, r"no rows in the last 30% of the window"),
    ],
    ids=lambda cell: cell.statistic if isinstance(cell, Score) else "",
)
def test_each_facet_says_what_changed(sides: tuple[Plan, Profile, Profile], column: str, found: Score, place: int, sentence: str) -> None:
    """From what to what, in the words of the facet."""
    plan, reference, current = sides
    planned = plan.columns[plan.index(column)]
    assert found.statistic in NAMES
    said = reason(Cause.CHANGED, planned, found, place, reference, current, None, None)
    assert re.fullmatch(sentence, said), said


def test_every_facet_has_a_saying() -> None:
    """A facet that is judged can be said."""
    assert set(SAYINGS) == set(NAMES)


def test_repeated_ids_are_called_ids(sides: tuple[Plan, Profile, Profile]) -> None:
    """Rows that repeat an id are told from rows that repeat all of their content."""
    _, reference, current = sides
    said = reason(Cause.CHANGED, ID, score("duplicate", 0.1, 0.05), -1, reference, current, None, None)
    assert said == "rows with an id that another row has went from 5% to 10%"


def test_a_stuck_number_is_called_stuck(workshop: Workshop, sides: tuple[Plan, Profile, Profile]) -> None:
    """One value in every row is not just a level that became frequent."""
    plan, reference, _ = sides
    stuck = workshop.counted(plan, {"x": np.full(20, 7.0), "c": CURRENT["c"][:20]})
    said = reason(Cause.CHANGED, plan.columns[0], score("atom", 1.0, 0.9), 3, reference, stuck, None, None)
    assert said == "stuck: every value is 7"


@pytest.mark.parametrize(("place", "value", "name"), [(9, np.inf, "infinite values"), (0, -np.inf, "minus infinite values")])
def test_infinities_are_called_so(workshop: Workshop, sides: tuple[Plan, Profile, Profile], place: int, value: float, name: str) -> None:
    """A division by zero is not a value that is merely high or low."""
    plan, reference, _ = sides
    broken = workshop.counted(plan, {"x": np.r_[np.full(5, value), np.arange(1.0, 16.0)], "c": CURRENT["c"][:20]})
    said = reason(Cause.CHANGED, plan.columns[0], score("tail", 0.25, 0.25), place, reference, broken, None, None)
    assert said == f"{name} went from 0% to 25% of rows"


@pytest.mark.parametrize(("moved", "middle"), [(-1000.0, "-950"), (1000.0, "1,050"), (-np.inf, "-inf"), (np.inf, "inf")])
def test_a_median_beyond_the_reference_is_told_as_it_is(
    workshop: Workshop, sides: tuple[Plan, Profile, Profile], moved: float, middle: str
) -> None:
    """Where all values lie outside the reference's, no edge of a bin is a median: the values themselves tell."""
    plan, reference, _ = sides
    away = workshop.counted(plan, {"x": REFERENCE["x"] + moved, "c": REFERENCE["c"]})
    said = reason(Cause.CHANGED, plan.columns[0], score("shift", np.sign(moved), np.sign(moved)), -1, reference, away, None, None)
    assert re.search(rf"median 4\d to {re.escape(middle)}$", said), said


def test_the_mean_tells_where_the_median_stays(workshop: Workshop) -> None:
    """A number that is mostly zero moves without its median."""
    sides: list[Table] = [{"x": np.r_[np.zeros(80), np.full(20, tail)]} for tail in (1.0, 5.0)]
    plan = workshop.plan(sides[0])
    reference, current = (workshop.counted(plan, side) for side in sides)
    said = reason(Cause.CHANGED, plan.columns[0], score("shift", 0.3, 0.3), -1, reference, current, None, None)
    assert said == "moved up by 0.3 sd, mean 0.2 to 1"


PSI = Score(statistic="psi", value=0.3, effect=0.2, interval=(0.1, 0.35), threshold=0.15, detectable=0.08)


@pytest.mark.parametrize(
    ("cause", "found", "needed", "sentence"),
    [
        (Cause.MISSING_COLUMN, PSI, None, "the column is not there"),
        (Cause.EMPTY_WINDOW, PSI, None, "the window has no rows"),
        (Cause.NOT_COUNTED, PSI, None, "values of kind number are only checked for presence"),
        (Cause.NO_REFERENCE_VALUES, PSI, None, "the reference has no values to compare with"),
        (Cause.CHANGED, None, None, "changed"),
        (Cause.SLOW_CHANGE, None, None, "changed slowly, since mon; this window has no values of it"),
        (Cause.SLOW_CHANGE, score("null", 0.05, 0.04), None, "nulls went from 1% to 5% of rows, slowly, since mon"),
        (Cause.BEYOND_THRESHOLD, PSI, None, "psi is 0.3, beyond the threshold set, 0.15"),
        (Cause.BELOW_FLOOR, score("null", 0.05, 0.04), None, "changed by less than matters: nulls went from 1% to 5% of rows"),
        (Cause.NO_CHANGE, PSI, None, "no change that matters: PSI is surely below 0.35"),
        (Cause.NO_CHANGE, replace(PSI, effect=-0.01, interval=(0.0, 0.0)), None, "no change beyond chance"),
        (
            Cause.TOO_FEW_ROWS,
            PSI,
            4321,
            "cannot tell from 100 rows, which show a PSI of 0.08 at the least; about 4,321 rows in a window would settle it",
        ),
        (
            Cause.TOO_FEW_ROWS,
            score("psi", 0.3, 0.2),
            None,
            "cannot tell from 100 rows; more rows in the reference would settle it",
        ),
        (Cause.REFERENCE_TOO_SMALL, PSI, None, "a reference of 100 rows is too small to tell change from noise"),
    ],
)
def test_each_cause_has_its_sentence(workshop: Workshop, cause: Cause, found: Score | None, needed: int | None, sentence: str) -> None:
    """Why a verdict is what it is, and what would settle it."""
    table = {"x": np.arange(100.0)}
    plan = workshop.plan(table)
    profile = workshop.counted(plan, table)
    assert reason(cause, plan.columns[0], found, -1, profile, profile, "mon", needed) == sentence


@given(st.floats(1e-4, 999.4) | st.floats(1000, 1e15))
def test_a_number_keeps_three_digits(value: float) -> None:
    """What is written is within half a percent of the value, without an exponent."""
    written = number(value)
    assert "e" not in written
    assert float(written.replace(",", "")) == pytest.approx(value, rel=0.005)
    assert number(-value) == f"-{written}"


@pytest.mark.parametrize(("found", "written"), [(number(999.9), "1,000"), (percent(11.18), "1,118%")])
def test_large_figures_have_no_exponent(found: str, written: str) -> None:
    """People do not read 1e+03."""
    assert found == written


@given(st.floats(1e-6, 1.0))
def test_a_share_is_written_in_percent(share: float) -> None:
    """Within half a percent of itself; nothing at all is 0%."""
    assert float(percent(share).removesuffix("%")) / 100 == pytest.approx(share, rel=0.006)


@pytest.mark.parametrize("share", [0.0, 9e-7, -0.2])
def test_next_to_nothing_is_nothing(share: float) -> None:
    """Fewer than one in a million rows are none."""
    assert percent(share) == "0%"


def test_what_is_not_finite_is_said() -> None:
    """An unknown number is not made up."""
    assert [number(value) for value in (0.0, float("nan"), float("inf"))] == ["0", "nan", "inf"]


def test_a_mean_that_goes_the_other_way_is_not_told(workshop: Workshop) -> None:
    """Where a few wild values pull the mean up while the rows moved down, it is said where the rows went."""
    mostly_zero = {"x": np.r_[np.zeros(900), np.arange(1.0, 101.0)]}
    wild = {"x": np.r_[np.full(100, -1.0), np.zeros(890), np.full(10, 1e6)]}
    plan = workshop.plan(mostly_zero)
    sides = workshop.counted(plan, mostly_zero), workshop.counted(plan, wild)
    said = reason(Cause.CHANGED, plan.columns[0], score("shift", -0.4, -0.4), -1, *sides, None, None)
    assert re.fullmatch(r"moved down by 0\.4 sd, most of all values below 0 \(0% to 10% of rows\)", said), said
