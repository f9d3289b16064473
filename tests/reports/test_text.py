from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from driftline.reports.sheet import HEADS
from driftline.reports.text import effect, to_text
from driftline.reports.track import About, courses
from driftline.reports.vitals import headline, sparkline
from driftline.reports.wording import HIDDEN

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_the_verdict_is_the_first_word(report: Report) -> None:
    """Verdict, since when and which monitor on one line; then why."""
    first, second, *_ = to_text(report).splitlines()
    assert first == "▲ DRIFTED since 2026-03-26  payments, 2026-04-01 03:04 UTC"
    assert second.startswith("3 columns have drifted")


@pytest.mark.parametrize("width", [40, 72, 100, 160])
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("which", ["report", "hostile", "odd", "modelled", "parted"])
def test_no_line_is_wider_than_the_terminal(which: str, width: int, verbose: bool, request: pytest.FixtureRequest) -> None:  # noqa: FBT001  a parameter
    """Nothing wraps where we did not wrap it."""
    for line in to_text(request.getfixturevalue(which), width=width, verbose=verbose).splitlines():
        assert cell_len(line) <= width, line


def test_no_colour_is_written_unless_asked_for(hostile: Report) -> None:
    """A file or a pipe gets plain text, and no name moves the cursor."""
    assert not HIDDEN.search(to_text(hostile, verbose=True).replace("\n", ""))
    assert "\x1b[" in to_text(hostile, colour=True)


def test_square_brackets_in_names_are_no_styles(report: Report) -> None:
    """The terminal's markup is not read from data."""
    column = replace(report.windows[-1].columns[0], name="[red]x[/red]")
    window = replace(report.windows[-1], columns=(column,))
    assert "[red]x[/red]" in to_text(replace(report, windows=(window,), profiles=report.profiles[-1:]), verbose=True)


def test_drifted_columns_are_ranked_and_the_rest_summed_up(report: Report) -> None:
    """What wakes somebody, then inputs, then what is open, then how to see more."""
    text = to_text(report)
    order = [
        "\nWhy\n",
        "amount: values are about 100 times as large in 24% of rows",
        "Undo it where the column is made",
        "Would wake somebody",
        "\namount ",
        "Input drift",
        "\nhour",
        "cannot be told yet",
        "stable in the last window",
        "More: --verbose",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_verbose_lists_every_column_and_window(report: Report) -> None:
    """Nothing is held back when asked."""
    text = to_text(report, width=160, verbose=True)
    for name in (column.name for column in report.windows[-1].columns):
        assert name in text
    for window in report.windows:
        assert window.window.label in text


def test_one_sign_stands_for_each_window(report: Report) -> None:
    """Where in time it happened is seen without a figure."""
    line = next(line for line in to_text(report).splitlines() if line.startswith("windows "))
    signs = {"drifted": "▲", "stable": "·", "inconclusive": "○"}
    assert line == "windows " + "".join(signs[w.verdict] for w in report.windows)


def test_an_effect_is_written_with_its_statistic(report: Report, odd: Report) -> None:
    """A verdict that rests on nothing shows no effect."""
    assert effect(report.windows[-1].columns[0]).startswith("psi ")
    assert effect(odd.windows[0].columns[1]) == "–"


def test_performance_comes_before_drift(modelled: Report) -> None:
    """What wakes somebody first: the metric now against the reference, the labels it rests on, a bar a window."""
    text = to_text(modelled, width=160)
    (course,) = courses(modelled, About.PERFORMANCE)
    assert text.index("\nPerformance\n") < text.index("Would wake somebody")
    assert f"▲ {headline(course)}" in text
    assert "labels for " in text
    assert f"  {sparkline(course.track, 'roc_auc')}\n" in text


def test_verbose_lists_every_metric(modelled: Report) -> None:
    """All metrics of the last window that has labels, with their verdicts."""
    text = to_text(modelled, width=160, verbose=True)
    label = modelled.windows[-2].window.label
    table = text[text.index(f"Every metric in window {label}") :]
    assert all(head in table for head in HEADS)
    assert "accuracy" in table


def test_segments_that_are_worse_are_named(parted: Report) -> None:
    """All rows come first, then the segments in which it is worse."""
    lines = [line for line in to_text(parted).splitlines() if "in the reference" in line]
    assert len(lines) == 3
    assert "[" not in lines[0]
    assert all("[US]" in line or "[<EU>]" in line for line in lines[1:])
