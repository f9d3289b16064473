from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from driftline.profile.outcome import OutcomeCounts
from driftline.reports import sheet
from driftline.reports.drawing import fill
from driftline.reports.packing import compact
from driftline.reports.palette import Theme, palette
from driftline.reports.track import About, Track, track

if TYPE_CHECKING:
    from types import ModuleType

    from driftline.verdicts.report import Report


def track_of(report: Report) -> Track:
    """The performance of all rows."""
    found = track(report, About.PERFORMANCE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ("modelled", {"confusion", "roc", "precision_recall", "reliability"}),
        ("classes", {"confusion", "reliability"}),
        ("amounts", {"residuals", "residual_groups"}),
    ],
)
def test_each_task_has_its_figures(which: str, names: set[str], request: pytest.FixtureRequest) -> None:
    """What can be drawn is drawn, fills its drawing and is plain JSON."""
    report: Report = request.getfixturevalue(which)
    one = track_of(report)
    made = sheet.sheet(one, sheet.labelled_windows(one)[-1], report.reference.outcome)
    assert set(made["pictures"]) == names
    json.loads(compact(made))
    for name, values in made["pictures"].items():
        fill(sheet.drawings()[name], {**values, **palette(Theme.DARK)})


@pytest.mark.parametrize("which", ["modelled", "classes", "amounts"])
def test_without_a_reference_there_is_nothing_to_compare_with(which: str, request: pytest.FixtureRequest) -> None:
    """A reference without labels is not drawn, and not taken for one of zeros."""
    one = track_of(request.getfixturevalue(which))
    pictures = sheet.sheet(one, sheet.labelled_windows(one)[-1], None)["pictures"]
    assert pictures
    for values in pictures.values():
        assert not any(values.get(blank) for blank in ("$reference", "$reference_x", "$bars_reference"))


def test_only_the_last_windows_with_labels_have_a_sheet(modelled: Report) -> None:
    """Windows in which no label has come are passed over."""
    one = track_of(modelled)
    places = sheet.labelled_windows(one)
    assert places == tuple(range(len(modelled.windows) - 1 - sheet.SHEETS, len(modelled.windows) - 1))


def test_a_window_without_labels_has_a_table_and_no_figures(modelled: Report) -> None:
    """Estimates and verdicts are told all the same."""
    one = track_of(modelled)
    made = sheet.sheet(one, len(modelled.windows) - 1, modelled.reference.outcome)
    assert made["pictures"] == {}
    assert [row[0] for row in made["metrics"]] == ["ROC AUC", "accuracy"]
    assert made["metrics"][0][1] == "–"
    assert made["metrics"][0][2].endswith("doubtful")


def test_a_row_has_a_cell_for_each_head(modelled: Report) -> None:
    """Every metric is written whole, its verdict last, as in the JSON."""
    (row, _) = sheet.table(track_of(modelled), 0)
    assert len(row) == len(sheet.HEADS)
    told = modelled.windows[0].performance[0]
    assert row[0] == told.title
    assert row[-1] == told.verdict.value
    assert row[7] == f"{told.rows:,}"


def test_a_figure_has_a_title_and_a_drawing(model: ModuleType) -> None:
    """The names of figures are those of their drawings."""
    assert set(sheet.drawings()) == set(sheet.PORTRAITS)
    for outcome in (model.BINARY, model.MULTICLASS, model.REGRESSION):
        assert sheet.portraits(outcome, OutcomeCounts.empty(outcome), None, "x") == {}


def test_the_window_to_begin_with_says_something(modelled: Report, report: Report) -> None:
    """It is the one that the headline tells of; without labels there is none."""
    one = track_of(modelled)
    assert sheet.focus(one) == one.latest("roc_auc")
    bare = replace(one, profiles=report.profiles[: len(one.windows)])
    assert sheet.focus(bare) is None
