from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.inference.variation import Blocks
from driftline.profile.outcome import Outcome, OutcomeCounts, total_outcome
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.schema import Task
from driftline.verdicts.gauge import judge_windows
from driftline.verdicts.health import standards
from driftline.verdicts.loss import lasting_loss, with_lasting_loss
from driftline.verdicts.policy import Goal
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import MetricReport

OUTCOME = Outcome(Task.BINARY, "y", "said", ("p",), ("0", "1"), (tuple(np.arange(1, 100) / 100),))


def day(seed: int, flipped: float = 0.0, rows: int = 1000) -> OutcomeCounts:
    """A day of a calibrated model; of a share of its rows the truth is the opposite of what it was."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 0.5, rows)
    came = (rng.random(rows) < score) ^ (rng.random(rows) < flipped)
    return count_outcome(OUTCOME, OutcomeRows((score >= 0.5).astype(int), came.astype(int), (score,)))


BLOCKS = [day(seed) for seed in range(40)]


def layout(windows: int, *, like: bool = True) -> Blocks:
    """Blocks cut like the windows, without a season."""
    return Blocks(np.zeros(len(BLOCKS), dtype=np.intp), np.zeros(windows, dtype=np.intp), like_windows=like)


def course(windows: list[OutcomeCounts], metric: str, level: float = 1 / 300, *, like: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Where a loss is shown, and since when."""
    standard = standards(OUTCOME, total_outcome(BLOCKS), BLOCKS, Goal(metric=metric))[0]
    return lasting_loss(OUTCOME, standard, BLOCKS, windows, layout(len(windows), like=like), level)


@pytest.mark.parametrize(("metric", "turned"), [("accuracy", 0.06), ("roc_auc", 0.12), ("f1", 0.06)])
def test_a_small_lasting_loss_is_shown(metric: str, turned: float) -> None:
    """Some labels in a hundred turned over for many days are found, with about the day on which it began."""
    active, since = course([day(seed, 0.0 if seed < 120 else turned) for seed in range(100, 150)], metric)
    assert not active[:20].any()
    assert active[-1]
    assert 15 <= since[-1] <= 30


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc"])
def test_nothing_is_shown_where_nothing_happens(metric: str) -> None:
    """A year without change raises no alarm at one in three hundred windows, tolerance included."""
    assert not course([day(seed) for seed in range(1000, 1365)], metric)[0].any()


def test_blocks_of_another_kind_tell_nothing() -> None:
    """Where the reference was not cut like the windows nobody knows how cohorts vary, and nothing is claimed."""
    active, since = course([day(seed, 0.3) for seed in range(20)], "accuracy", like=False)
    assert not active.any()
    assert (since == -1).all()


def test_the_report_says_since_when() -> None:
    """A window that shows nothing by itself is worse where all windows together are; one already worse stays as it is."""
    windows = [day(1, rows=200), day(2, 0.5)]
    standard = standards(OUTCOME, total_outcome(BLOCKS), BLOCKS, Goal(metric="accuracy"))
    reports: list[tuple[MetricReport, ...]] = judge_windows(standard, windows, ["a", "b"], [200, 1000], level=1e-3, confidence=0.9)
    assert [one[0].verdict is Verdict.DRIFTED for one in reports] == [False, True]
    found = with_lasting_loss(reports, np.array([True, True]), np.array([0, 0]), ["a", "b"])
    assert (found[0][0].verdict, found[0][0].cause, found[0][0].since) == (Verdict.DRIFTED, Cause.SLOW_CHANGE, "a")
    assert "since a" in found[0][0].reason
    assert found[1] == reports[1]
