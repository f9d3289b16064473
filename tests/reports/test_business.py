from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import pytest

from driftline.reports import business
from driftline.reports.drawing import fill
from driftline.reports.palette import Theme, palette
from driftline.verdicts.report import KpiReport

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def kpi(report: Report, metric: str) -> KpiReport:
    """A figure that is known of every second window."""
    labels = tuple(window.window.label for window in report.windows)
    values = tuple(float(at) if at % 2 else None for at in range(len(labels)))
    return KpiReport(name="<refunds>", metric=metric, windows=labels, values=values, correlation=None, interval=None, sentence="said")


@pytest.mark.parametrize("metric", ["roc_auc", ""])
def test_a_figure_stands_beside_the_metric(modelled: Report, metric: str) -> None:
    """On the axis of time of all figures, with the metric where one decides; names that strangers chose are text."""
    (values,) = business.filled(replace(modelled, kpis=(kpi(modelled, metric),)))
    drawn = go.Figure(fill(business.drawing(), {**values, **palette(Theme.DARK)}))
    model, figure, _ = drawn.data
    assert list(figure.y) == [float(at) if at % 2 else None for at in range(len(modelled.windows))]
    assert figure.name == "&lt;refunds&gt;"
    assert drawn.layout.yaxis2.visible is bool(metric)
    known = [said.value for window in modelled.windows for said in window.performance if said.metric == metric]
    assert [value for value in model.y if value is not None] == pytest.approx([value for value in known if value is not None], rel=1e-5)


def test_without_a_model_a_figure_stands_alone(report: Report) -> None:
    """Windows that nobody measured performance in have business figures too; without figures there is nothing."""
    (values,) = business.filled(replace(report, kpis=(kpi(report, "roc_auc"),)))
    assert not values["$compared"]
    assert business.filled(report) == []


def test_a_figure_finds_its_windows_by_their_labels(modelled: Report) -> None:
    """One that knows other windows is drawn where it knows these."""
    one = kpi(modelled, "roc_auc")
    (values,) = business.filled(replace(modelled, kpis=(replace(one, windows=one.windows[-3:], values=(1.0, 2.0, 3.0)),)))
    assert values["$values"][-4:] == [None, 1.0, 2.0, 3.0]
