from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.reports.slices import table, worst
from driftline.verdicts.report import Slice

if TYPE_CHECKING:
    from driftline.verdicts.report import Report

SLOW = Slice(
    segment="<EU>", metric="roc_auc", title="ROC AUC", rows=1200, value=0.7, interval=(0.65, 0.75), rest=0.8, worse=0.1,
    worse_interval=(0.04, 0.16), p_value=0.001, surely=True,
)  # fmt: skip


def test_the_newest_window_that_was_looked_at_is_shown(modelled: Report) -> None:
    """Of many windows the last one with segments, with those that surely do worse."""
    windows = [*modelled.windows]
    windows[3], windows[5] = replace(windows[3], slices=(SLOW,)), replace(windows[5], slices=(SLOW, replace(SLOW, surely=False)))
    report = replace(modelled, windows=tuple(windows))
    window, surely = worst(report)
    assert (window, surely) == (windows[5], [SLOW])
    shown = table(report)
    assert shown is not None
    assert (shown["window"], shown["surely"], len(shown["lines"])) == (windows[5].window.label, 1, 2)
    assert shown["lines"][0]["worse"] == "0.1 (0.04 to 0.16)"


def test_without_segments_there_is_nothing_to_show(modelled: Report) -> None:
    """No table where no window has one."""
    assert worst(modelled) == (None, [])
    assert table(modelled) is None
