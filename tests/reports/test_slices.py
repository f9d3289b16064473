from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.reports.slices import crossed, table, worst
from driftline.reports.wording import clean, number
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


def test_every_metric_of_every_segment_stands_side_by_side(parted: Report) -> None:
    """In one window, all rows first where they are judged, each cell as the report has it; what drifted is marked."""
    shown = crossed(parted)
    assert shown is not None
    label = shown["window"]
    told = {clean(w.segment or "") or "all rows": w for w in parted.windows if clean(w.window.label) == label}
    assert {line["segment"] for line in shown["lines"]} == set(told)
    for line in shown["lines"]:
        metrics = told[line["segment"]].performance
        assert [cell["value"] for cell in line["cells"]] == [number(one.value) for one in metrics]
        assert [cell["verdict"] for cell in line["cells"]] == [one.verdict.value for one in metrics]


def test_one_segment_has_nothing_beside_it(modelled: Report, report: Report) -> None:
    """Nor has a report without performance."""
    assert crossed(modelled) is None
    assert crossed(report) is None
