from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.reports.ledger import FIELDS, UNSAID, VERDICTS, heat, ledger, slots, strength, worst_score
from driftline.verdicts.report import Score, Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import ColumnReport, Report


def judged(report: Report, verdict: Verdict, effect: float | None, floor: float | None) -> ColumnReport:
    """A column whose verdict rests on one score."""
    score = Score(statistic="psi", value=0.0, effect=effect, floor=floor)
    return replace(report.windows[0].columns[0], verdict=verdict, worst="psi", scores=(score,))


def test_the_tables_hold_what_the_report_holds(report: Report) -> None:
    """Every score of every column and window is found at its place."""
    book = ledger(report)
    for at, window in enumerate(report.windows):
        for row, column in enumerate(window.columns):
            assert VERDICTS[book.verdicts[row, at]] is column.verdict
            for score in column.scores:
                low, high = score.interval or (math.nan, math.nan)
                held = dict(zip(FIELDS, book.scores[row][score.statistic][at], strict=True))
                assert held["value"] == score.value
                np.testing.assert_equal([held["low"], held["high"]], [low, high])


def test_only_the_asked_columns_are_tabulated(report: Report) -> None:
    """A figure of one column does not tabulate the others."""
    assert ledger(report, only=("amount",)).names == ("amount",)


def test_segments_are_kept_apart(hostile: Report) -> None:
    """A segment's tables hold that segment's windows only."""
    everything, part = ledger(hostile), ledger(hostile, "<EU>")
    assert len(everything.windows) == len(part.windows) == 24
    assert {window.segment for window in part.windows} == {"<EU>"}


def test_a_window_that_says_nothing_is_no_data(odd: Report) -> None:
    """An empty window has no verdicts, which is not the same as being stable."""
    book = ledger(odd)
    assert np.isnan(book.heat[:, 1]).all()
    assert (book.verdicts[:, 1] == UNSAID).all()
    assert book.columns[0][1] is None


@pytest.mark.parametrize(
    ("verdict", "effect", "floor", "expected"),
    [
        (Verdict.STABLE, 0.0, 0.01, 0.0),
        (Verdict.STABLE, -0.004, 0.01, 0.38),
        (Verdict.STABLE, 5.0, 0.01, 0.95),
        (Verdict.INCONCLUSIVE, 0.02, 0.01, 1.5),
        (Verdict.DRIFTED, 0.01, 0.01, 2.0),
        (Verdict.DRIFTED, 0.08, 0.01, 2.5),
        (Verdict.DRIFTED, 99.0, 0.01, 3.0),
        (Verdict.DRIFTED, 0.3, 0.0, 3.0),
        (Verdict.DRIFTED, None, 0.01, 2.0),
    ],
)
def test_heat_follows_verdict_first_and_effect_second(
    report: Report, verdict: Verdict, effect: float | None, floor: float | None, expected: float
) -> None:
    """Stable, inconclusive and drifted never share a colour, however large the effect."""
    assert heat(judged(report, verdict, effect, floor)) == pytest.approx(expected)


def test_strength_needs_a_score_to_rest_on(report: Report) -> None:
    """A verdict that rests on no score is no stronger than needed."""
    bare = replace(judged(report, Verdict.DRIFTED, 1.0, 0.1), worst=None)
    assert worst_score(bare) is None
    assert strength(bare) == 1.0


def test_windows_stand_at_their_time_unless_too_far_apart() -> None:
    """Days without rows leave a gap; names without an order do not."""
    assert slots([5, 6, 9]) == (0, 1, 4)
    assert slots([0, 0, 0]) == (0, 1, 2)
    assert slots([0, 10_000]) == (0, 1)
    assert slots([]) == ()


def test_the_axis_is_as_wide_as_its_windows(odd: Report) -> None:
    """The odd report's windows are three apart."""
    assert ledger(odd).width == 7
