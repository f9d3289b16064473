from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import pytest

from driftline.errors import ConfigError
from driftline.reports import figures
from driftline.reports.palette import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.verdicts.report import Report


def every_figure(report: Report, theme: Theme = Theme.LIGHT, name: str = "amount") -> list[go.Figure]:
    """One of each."""
    return [
        figures.heatmap(report, theme=theme),
        figures.distribution(report, name, theme=theme),
        figures.over_time(report, name, theme=theme),
        figures.missing(report, theme=theme),
    ]


@pytest.mark.parametrize(("theme", "paper"), [(Theme.LIGHT, LIGHT["@paper"]), (Theme.DARK, DARK["@paper"])])
def test_figures_are_plotly_figures_in_either_theme(report: Report, theme: Theme, paper: str) -> None:
    """Plotly's own validation accepts every figure, light and dark."""
    for figure in every_figure(report, theme):
        assert isinstance(figure, go.Figure)
        assert figure.layout.template.layout.paper_bgcolor == paper


def test_odd_reports_have_figures_too(odd: Report) -> None:
    """No column is so odd that looking at it fails."""
    for column in odd.windows[0].columns:
        assert len(every_figure(odd, name=column.name)) == 4


def test_the_heat_map_shows_the_most_urgent_on_top(report: Report) -> None:
    """The first row is the column with which to begin."""
    figure = figures.heatmap(report, most=3)
    assert len(figure.data[0].z) == 3
    assert figure.layout.yaxis.ticktext[0] == "amount"


def test_axes_say_what_they_count(report: Report) -> None:
    """Every value axis has a title with its unit."""
    _, distribution, over_time, missing = every_figure(report)
    assert distribution.layout.yaxis.title.text == "% of rows per bin"
    assert missing.layout.yaxis.title.text == "% of rows without a value"
    assert over_time.layout.yaxis.title.text == "population stability index"
    assert figures.over_time(report, "hour", statistic="shift").layout.yaxis.title.text == "shift of the mean, in sd"


def test_a_distribution_compares_with_the_window_that_was_asked_for(report: Report) -> None:
    """Reference and window are drawn beside each other, and the legend says which window."""
    first, last = (figures.distribution(report, "amount", label) for label in ("2026-01-01", None))
    assert first.data[1].name == "2026-01-01"
    assert last.data[1].name == "2026-01-30"
    assert list(first.data[0].y) == list(last.data[0].y)
    assert list(first.data[1].y) != list(last.data[1].y)


@pytest.mark.parametrize("figure", [figures.distribution, figures.over_time])
def test_a_column_that_is_not_there_is_an_error_with_a_hint(report: Report, figure: Callable[..., go.Figure]) -> None:
    """A misspelt name says which was meant."""
    with pytest.raises(ConfigError, match="did you mean 'amount'"):
        figure(report, "amuont")


def test_a_window_that_is_not_there_is_an_error_with_a_hint(report: Report) -> None:
    """A misspelt window says which was meant."""
    with pytest.raises(ConfigError, match="did you mean '2026-01-09'"):
        figures.distribution(report, "amount", "2026-1-09")


def test_missing_says_when_nothing_is_missing(odd: Report) -> None:
    """An empty figure says that it is empty on purpose."""
    assert "no column changed" in figures.missing(odd).layout.annotations[0].text


def test_segments_have_figures_of_their_own(hostile: Report) -> None:
    """The same column differs between segments."""
    everything, part = (figures.over_time(hostile, "amount", segment=segment, statistic="psi") for segment in (None, "<EU>"))
    assert list(everything.data[3].y) != list(part.data[3].y)


@pytest.mark.parametrize(("theme", "paper"), [(Theme.LIGHT, LIGHT["@paper"]), (Theme.DARK, DARK["@paper"])])
@pytest.mark.parametrize(
    ("which", "names"),
    [
        ("modelled", ("confusion", "roc", "precision_recall", "reliability")),
        ("classes", ("confusion", "reliability")),
        ("amounts", ("residuals", "residual_groups")),
    ],
)
def test_performance_is_drawn_in_either_theme(
    which: str, names: tuple[str, ...], theme: Theme, paper: str, request: pytest.FixtureRequest
) -> None:
    """Plotly's own validation accepts every figure of every task."""
    report: Report = request.getfixturevalue(which)
    for figure in (figures.performance(report, theme=theme), *(figures.portrait(report, name, theme=theme) for name in names)):
        assert figure.layout.template.layout.paper_bgcolor == paper
        assert figure.data


def test_metric_window_and_segment_are_those_asked_for(parted: Report) -> None:
    """The deciding metric of all rows is drawn unless another is named; the last window with labels likewise."""
    assert figures.performance(parted).layout.yaxis.title.text == "ROC AUC, higher is better"
    assert figures.performance(parted, "accuracy").layout.yaxis.title.text == "accuracy, higher is better"
    whole, part = (figures.performance(parted, segment=segment) for segment in (None, "US"))
    assert list(whole.data[8].y) != list(part.data[8].y)
    assert figures.portrait(parted, "roc").data[-1].name == "2026-01-23"
    assert figures.portrait(parted, "roc", "2026-01-02").data[-1].name == "2026-01-02"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda report: figures.performance(report, "acuracy"), "did you mean 'accuracy'"),
        (lambda report: figures.portrait(report, "rok"), "did you mean 'roc'"),
        (lambda report: figures.portrait(report, "residuals"), "what can be: confusion, roc"),
        (lambda report: figures.portrait(report, "roc", "2026-1-02"), "did you mean '2026-01-02'"),
        (lambda report: figures.portrait(report, "roc", "2026-02-09"), "what can be: nothing"),
    ],
)
def test_what_cannot_be_drawn_is_an_error_with_a_hint(modelled: Report, asked: Callable[[Report], go.Figure], said: str) -> None:
    """A misspelt metric, figure or window says what was meant; a figure of another task says what there is."""
    with pytest.raises(ConfigError, match=said):
        asked(modelled)


def test_a_report_without_a_model_says_what_is_missing(report: Report) -> None:
    """Nobody is left with an empty figure."""
    for draw in (figures.performance, lambda one: figures.portrait(one, "roc")):
        with pytest.raises(ConfigError, match="performance is not watched"):
            draw(report)


def test_windows_that_are_not_whole_are_hatched(modelled: Report) -> None:
    """In every figure of time at their place, with a name in the legend; where all are whole, nothing is."""
    last = len(modelled.windows) - 1
    windows = (*modelled.windows[:-1], replace(modelled.windows[-1], unfinished="its last rows are not there"))
    name = modelled.windows[0].columns[0].name
    for report, places in ((replace(modelled, windows=windows), [last]), (modelled, [])):
        drawn = (figures.heatmap(report), figures.over_time(report, name), figures.missing(report), figures.performance(report))
        for figure in drawn:
            (hatched,) = (trace for trace in figure.data if trace.name == "unfinished window")
            assert list(hatched.x or []) == places
            assert hatched.marker.pattern.shape == "/"
