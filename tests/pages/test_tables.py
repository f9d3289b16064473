from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from driftline.pages import tables
from driftline.pages.history import history
from driftline.pages.inside import Close
from driftline.reports.track import About, track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from driftline.store.glances import Seen
    from driftline.verdicts.report import Report


def read(rows: Iterable[list[object]]) -> list[dict[str, str]]:
    """CSV as another program reads it."""
    return list(csv.DictReader(io.StringIO(tables.written(rows))))


def test_metrics_are_those_of_the_report(modelled: Report) -> None:
    """A line for each metric of each window, with its value, interval and verdict."""
    one = track(modelled, About.PERFORMANCE)
    assert one is not None
    found = {(line["window"], line["metric"]): line for line in read(tables.metrics(one))}
    for at, window in enumerate(modelled.windows):
        for metric, told in one.told.items():
            said = told[at]
            assert said is not None
            line = found[window.window.label, metric]
            assert line["verdict"] == said.verdict
            assert (line["value"] == "") == (said.value is None)
            if said.value is not None:
                assert float(line["value"]) == pytest.approx(said.value)


def test_the_heat_map_has_every_cell(modelled: Report, kept: list[Seen]) -> None:
    """Columns × windows, with their verdicts."""
    found = history("churn", kept)
    assert found is not None
    lines = {(line["window"], line["column"]): line["verdict"] for line in read(tables.heatmap(found, None))}
    assert lines == {(window.window.label, one.name): one.verdict.value for window in modelled.windows for one in window.columns}


def test_a_columns_scores_and_shares_are_all_there(modelled: Report, kept: list[Seen]) -> None:
    """Every score of every window; shares of the reference and of every window add up to one."""
    name = modelled.windows[0].columns[0].name
    report = Close(kept, None, {}, modelled.reference).column_report(name)
    told = sum(len(one.scores) for window in report.windows for one in window.columns)
    assert sum(line["value"] != "" for line in read(tables.scores(report))) == told
    sums: dict[str, float] = {}
    for line in read(tables.shares(report, name)):
        sums[line["window"]] = sums.get(line["window"], 0.0) + float(line["share"] or 0)
    assert list(sums) == ["reference", *(window.window.label for window in modelled.windows)]
    assert list(sums.values()) == pytest.approx([1.0] * len(sums))


def test_curves_of_a_window_have_their_points(modelled: Report, kept: list[Seen]) -> None:
    """Each figure of the sheet with its numbers."""
    at = max(n for n, window in enumerate(modelled.windows) if any(one.value is not None for one in window.performance))
    packed = Close(kept[at : at + 1], None, {kept[at].id: modelled.profiles[at]}, modelled.reference).sheet()
    assert packed is not None
    assert {line["figure"] for line in read(tables.curves(packed))} >= {"roc", "reliability"}


def test_no_text_is_run_by_a_spreadsheet() -> None:
    """What strangers chose is quoted where a spreadsheet would take it for a formula."""
    (line,) = read([["a"], ["=HYPERLINK(1)"]])
    assert line == {"a": "'=HYPERLINK(1)"}
