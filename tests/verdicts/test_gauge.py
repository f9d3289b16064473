from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.verdicts.gauge import Gauge, Standard, judge_windows, spread
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.verdicts.report import MetricReport


@dataclass(frozen=True)
class Share:
    """A share with its normal error."""

    value: float
    error: float
    low: float
    high: float
    rows: int
    why: str = ""


def share(counts: tuple[int, int]) -> Share:
    """The share of hits among rows."""
    hits, rows = counts
    if not rows:
        return Share(np.nan, np.nan, np.nan, np.nan, 0, "there are no rows")
    value = hits / rows
    error = float(np.sqrt(value * (1 - value) / rows))
    return Share(value, error, value - 1.96 * error, value + 1.96 * error, rows)


def together(many: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Hits and rows of several windows."""
    return sum(hits for hits, _ in many), sum(rows for _, rows in many)


def standard(better: str = "higher", *, floor: float = 0.02, decides: bool = True, wider: float = 1.0) -> Standard:
    """A reference of 90% among 100,000 rows."""
    gauge = Gauge("accuracy", "accuracy", better, share, together, lambda counts: counts[1], share=True)
    return Standard(gauge, share((90_000, 100_000)), wider, floor, decides=decides)


def judged(windows: list[tuple[int, int]], by: Standard | None = None, level: float = 1e-3) -> list[MetricReport]:
    """What is said of each window."""
    labels = [f"w{i}" for i in range(len(windows))]
    found = judge_windows([by or standard()], windows, labels, [max(rows, 1) for _, rows in windows], level=level, confidence=0.9)
    return [reports[0] for reports in found]


@pytest.mark.parametrize(
    ("window", "verdict", "cause"),
    [
        ((9_000, 10_000), Verdict.STABLE, Cause.NO_CHANGE),
        ((9_400, 10_000), Verdict.STABLE, Cause.NO_CHANGE),
        ((8_200, 10_000), Verdict.DRIFTED, Cause.WORSE),
        ((85, 100), Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS),
        ((8_850, 10_000), Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS),
        ((0, 0), Verdict.INCONCLUSIVE, Cause.NO_LABELS),
    ],
)
def test_three_states(window: tuple[int, int], verdict: Verdict, cause: Cause) -> None:
    """Worse by more than matters, no worse, or not to be told: better is never worse, and no rows are never success."""
    (found,) = judged([window])
    assert (found.verdict, found.cause) == (verdict, cause)


def test_lower_may_be_better() -> None:
    """For an error rate a rise is worse and a fall is not."""
    by = standard("lower")
    assert judged([(9_500, 10_000)], by)[0].verdict is Verdict.DRIFTED
    assert judged([(8_500, 10_000)], by)[0].verdict is Verdict.STABLE


def test_a_small_lasting_loss_is_shown_by_windows_together() -> None:
    """What no window shows by itself shows in several, with the window in which it began."""
    found = judged([(900, 1000)] * 4 + [(866, 1000)] * 8)
    assert found[4].verdict is not Verdict.DRIFTED
    assert found[-1].verdict is Verdict.DRIFTED
    assert found[-1].since in {"w3", "w4", "w5"}


def test_a_loss_lasts_until_it_is_over() -> None:
    """A window that cannot tell by itself does not end a run of loss; one that shows there is none does."""
    found = judged([(8_200, 10_000), (88, 100), (9_050, 10_000)])
    assert [one.verdict for one in found] == [Verdict.DRIFTED, Verdict.DRIFTED, Verdict.STABLE]
    assert [one.since for one in found] == ["w0", "w0", None]


def test_a_number_that_does_not_decide_is_judged_window_by_window() -> None:
    """It spends no more of the budget than one look."""
    found = judged([(900, 1000)] * 4 + [(866, 1000)] * 8, standard(decides=False))
    assert all(one.verdict is not Verdict.DRIFTED for one in found)


def test_false_alarms_stay_within_the_level() -> None:
    """With no loss at all and nothing that would be too small to matter, at most the stated share of windows alarms."""
    rng = np.random.default_rng(0)
    windows = [(int(rng.binomial(500, 0.9)), 500) for _ in range(6000)]
    drifted = [one.verdict is Verdict.DRIFTED for one in judged(windows, standard(floor=0.0), level=0.02)]
    begun = sum(now and not before for before, now in zip([False, *drifted], drifted, strict=False))
    # A run of windows is one alarm.
    assert 0 < begun / 6000 <= 0.02


def test_detectable_losses_are_detected_four_times_in_five() -> None:
    """A loss of the size called detectable is found with probability 0.8."""
    (one,) = judged([(450, 500)])
    assert one.detectable is not None
    rng = np.random.default_rng(1)
    hits = [judged([(int(rng.binomial(500, 0.9 - one.detectable)), 500)])[0].verdict is Verdict.DRIFTED for _ in range(400)]
    assert 0.72 <= np.mean(hits) <= 0.9


def test_rows_needed_settle_the_verdict() -> None:
    """With so many rows of the same kind the verdict is no longer inconclusive, and with half of them it is."""
    (wide,) = judged([(890, 1_000)])
    assert wide.rows_needed is not None
    rows = wide.rows_needed
    more, fewer = round(rows * 1.05), round(rows * 0.9)
    assert judged([(round(more * 0.89), more)])[0].verdict is Verdict.STABLE
    assert judged([(round(fewer * 0.89), fewer)])[0].verdict is Verdict.INCONCLUSIVE


def test_a_reference_that_varies_widens_every_error() -> None:
    """Windows that vary more than chance count for less; such a reference is measured by its blocks."""
    rng = np.random.default_rng(2)
    calm = [share((int(rng.binomial(1000, 0.9)), 1000)) for _ in range(40)]
    wild = [share((int(rng.binomial(1000, np.clip(rng.normal(0.9, 0.03), 0, 1))), 1000)) for _ in range(40)]
    total = share((90_000, 100_000))
    assert 1.0 <= spread(calm, total) < 1.4
    assert spread(wild, total) > 2.5
    assert judged([(850, 1000)])[0].verdict is Verdict.DRIFTED
    assert judged([(850, 1000)], standard(wider=4.0))[0].verdict is Verdict.INCONCLUSIVE


def test_too_few_blocks_say_nothing_of_the_spread() -> None:
    """With hardly any blocks the number's own error stands."""
    assert spread([share((90, 100))], share((90_000, 100_000))) == 1.0
