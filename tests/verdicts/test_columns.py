"""Column reports, made when somebody looks, from arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.schema import Column, Kind, Role
from driftline.verdicts.columns import FAULTS, Columns, Extra
from driftline.verdicts.evidence import NAMES, gather
from driftline.verdicts.judge import CAUSES, VERDICTS, judge
from driftline.verdicts.policy import Policy
from driftline.verdicts.report import Cause, Concern, Verdict
from driftline.window import Window

if TYPE_CHECKING:
    from conftest import Workshop

    from driftline.verdicts.report import ColumnReport

ROLES = {"x": Role.FEATURE, "p": Role.SCORE, "y": Role.LABEL, "g": Role.SEGMENT}
LABELS = ("mon", "tue")


@dataclass(frozen=True)
class Made:
    """Columns of two windows, and the arrays they are made from, for tests to overwrite."""

    of: tuple[Columns, ...]

    def write(self, name: str, place: int, c: int = 0, w: int = 1) -> None:
        """Overwrite one cell of the judgement."""
        getattr(self.of[0].judgement, name)[c, w] = place

    def score(self, facet: str, c: int = 0, w: int = 1) -> None:
        """Make a column's verdict rest on that facet, with numbers."""
        for name, value in {"value": 0.5, "effect": 0.4, "low": 0.3, "high": 0.5, "p_value": 0.001}.items():
            self.of[0].judgement.evidence.numbers[name][NAMES.index(facet), c, w] = value
        self.write("worst", NAMES.index(facet), c, w)


@pytest.fixture
def made(workshop: Workshop) -> Made:
    """Four numbers of different roles in two windows in which nothing happened."""
    dice = np.random.default_rng(5)
    columns = {name: Column(name=name, kind=Kind.NUMBER, role=role, importance=0.5) for name, role in ROLES.items()}
    tables = [{name: np.round(dice.standard_normal(rows), 1) for name in ROLES} for rows in (600, 60, 60)]
    comparison = workshop.compare(*tables, columns=columns)
    evidence = gather(comparison, 0.01, 0.9)
    judgement = judge(evidence, comparison, Policy(), 0.02)
    windows = tuple(Window(w, label) for w, label in enumerate(LABELS))
    shape = judgement.verdict.shape
    ks = Extra("ks", np.full(shape, 0.2), np.full(shape, 0.03), np.full(shape, np.nan))
    return Made(tuple(Columns(judgement, comparison, windows, {"ks": ks}, w) for w in range(2)))


def test_the_sequence_is_its_list(made: Made) -> None:
    """Length, order, negative places and slices are those of a list of reports."""
    columns = made.of[1]
    everything = list(columns)
    assert [report.name for report in everything] == list(ROLES)
    assert [columns[i] for i in range(-len(everything), len(everything))] == everything * 2
    assert columns[1:] == tuple(everything[1:])
    assert columns[::-2] == tuple(everything[::-2])
    assert everything[2] in columns
    assert columns.index(everything[2]) == 2


@pytest.mark.parametrize("place", [4, -5])
def test_a_place_that_is_not_there_is_refused(made: Made, place: int) -> None:
    """Out of range is an error of its own kind, so that loops end."""
    with pytest.raises(IndexError):
        made.of[0][place]


def test_a_report_repeats_the_arrays(made: Made) -> None:
    """Verdict, weight and the beginning are read from the window's own column of the judgement."""
    made.write("verdict", VERDICTS.index(Verdict.DRIFTED))
    made.write("cause", CAUSES.index(Cause.CHANGED))
    made.write("seen", 1)
    made.write("since", 0)
    made.write("weight", 7)
    made.score("shift")
    report: ColumnReport = made.of[1][0]
    assert (report.verdict, report.cause, report.seen, report.since, report.weight, report.worst) == (
        Verdict.DRIFTED,
        Cause.CHANGED,
        True,
        "mon",
        7.0,
        "shift",
    )
    assert (report.kind, report.role, report.importance) == (Kind.NUMBER, Role.FEATURE, 0.5)
    assert made.of[0][0].verdict is not Verdict.DRIFTED


def test_only_facets_that_say_something_are_scores(made: Made) -> None:
    """A number has no level; what was asked for comes last."""
    statistics = [score.statistic for score in made.of[0][0].scores]
    assert statistics == ["shift", "spread", "psi", "atom", "tail", "dependence", "null", "ks"]


def test_a_score_carries_its_interval_floor_and_verdict(made: Made) -> None:
    """Everything a reader needs to check a verdict is on the score."""
    made.score("shift")
    made.of[0].judgement.facet[NAMES.index("shift"), 0, 1] = VERDICTS.index(Verdict.DRIFTED)
    score = made.of[1][0].scores[0]
    assert (score.value, score.effect, score.interval, score.p_value) == (0.5, 0.4, (0.3, 0.5), 0.001)
    assert score.floor == Policy().floor("x", "shift")
    assert score.verdict is Verdict.DRIFTED


@pytest.mark.parametrize(("threshold", "verdict"), [(np.nan, None), (0.1, Verdict.DRIFTED), (0.2, Verdict.STABLE), (0.3, Verdict.STABLE)])
def test_an_extra_is_judged_only_against_a_threshold(made: Made, threshold: float, verdict: Verdict | None) -> None:
    """Beyond is drifted, at or below is stable, without a threshold nothing is said."""
    made.of[0].extras["ks"].threshold[:] = threshold
    score = made.of[0][0].scores[-1]
    assert (score.statistic, score.value, score.p_value, score.verdict) == ("ks", 0.2, 0.03, verdict)
    assert score.threshold == (None if np.isnan(threshold) else threshold)


def test_an_extra_without_a_value_is_left_out(made: Made) -> None:
    """What could not be computed is no score."""
    made.of[0].extras["ks"].value[:] = np.nan
    assert "ks" not in {score.statistic for score in made.of[0][0].scores}


@pytest.mark.parametrize(
    ("column", "facet", "concern"),
    [
        ("x", "shift", Concern.INPUT),
        ("g", "shift", Concern.INPUT),
        ("p", "shift", Concern.PREDICTION),
        ("y", "shift", Concern.LABEL),
        *((column, facet, Concern.FAULT) for column in ROLES for facet in ("null", "nan", "unseen", "tail", "duplicate", "silence")),
    ],
)
def test_a_change_concerns_whom_it_should(made: Made, column: str, facet: str, concern: Concern) -> None:
    """Broken data is a fault in whatever column; a change of values concerns its role."""
    c = list(ROLES).index(column)
    made.write("cause", CAUSES.index(Cause.CHANGED), c)
    made.score(facet, c)
    assert made.of[1][c].concern is concern


def test_a_lost_column_is_a_fault(made: Made) -> None:
    """Even if its verdict rests on no facet."""
    made.write("cause", CAUSES.index(Cause.MISSING_COLUMN))
    made.write("worst", -1)
    report = made.of[1][0]
    assert (report.concern, report.worst, report.reason) == (Concern.FAULT, None, "the column is not there")


def test_faults_are_facets() -> None:
    """A fault by a name that no facet has would never be raised."""
    assert set(NAMES) >= FAULTS


@pytest.mark.parametrize("cause", [Cause.NO_CHANGE, Cause.TOO_FEW_ROWS, Cause.REFERENCE_TOO_SMALL])
def test_what_is_settled_by_the_whole_rests_on_psi(made: Made, cause: Cause) -> None:
    """Stable and undecided columns show the whole distribution, whichever facet had the largest effect."""
    made.score("shift")
    made.write("cause", CAUSES.index(cause))
    assert made.of[1][0].worst == "psi"


def test_beyond_a_threshold_names_the_statistic(made: Made) -> None:
    """The verdict rests on the statistic whose threshold was set."""
    made.of[0].extras["ks"].threshold[:] = 0.1
    made.write("cause", CAUSES.index(Cause.BEYOND_THRESHOLD))
    report = made.of[1][0]
    assert (report.worst, report.reason) == ("ks", "ks is 0.2, beyond the threshold set, 0.1")


def test_rows_needed_are_whole_or_unknown(made: Made) -> None:
    """An unknown number of rows is None, never NaN."""
    made.of[0].judgement.rows_needed[:] = [1234.0, np.nan]
    assert [columns[0].rows_needed for columns in made.of] == [1234, None]


def test_a_window_may_have_its_own_reference(made: Made) -> None:
    """Where each window has a reference, the sentence speaks of that one."""
    columns = made.of[1]
    own = replace(columns.comparison, references=[columns.comparison.total, columns.comparison.windows[0]])
    made.write("cause", CAUSES.index(Cause.REFERENCE_TOO_SMALL))
    assert "a reference of 60 rows" in replace(columns, comparison=own)[0].reason
    assert "a reference of 600 rows" in columns[0].reason
