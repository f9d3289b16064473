from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.reports import drawing, material
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.palette import Theme, palette

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_over_time_draws_the_scores_at_their_windows(report: Report) -> None:
    """Effect, interval and floor are the report's own, and drifted windows are marked."""
    book = ledger(report)
    row = book.names.index("amount")
    values = material.filled_over_time(book, row, "psi", window=3)
    scores = [next(s for s in w.columns[row].scores if s.statistic == "psi") for w in report.windows]
    assert values["$effect"] == pytest.approx([s.effect for s in scores], rel=1e-5)
    tops = [e + u for e, u in zip(values["$effect"], values["$up"], strict=True)]
    assert tops == pytest.approx([s.interval[1] for s in scores if s.interval], rel=1e-4)
    marked = [place for place, effect in enumerate(values["$drifted"]) if effect is not None]
    assert marked == [at for at, w in enumerate(report.windows) if w.columns[row].verdict.value == "drifted"]
    assert (values["$from"], values["$to"], values["$marked"]) == (2.5, 3.5, True)


def test_one_window_of_few_rows_does_not_squeeze_the_others(report: Report, fake: object) -> None:
    """An inconclusive window's wild effect does not set the axis."""
    wide = fake.fake_report(2, 50)  # type: ignore[attr-defined]  # a module
    book = ledger(wide)
    low, high = material.filled_over_time(book, 1, "null")["$effect_range"]
    assert high - low < 3.0
    assert low < 0 < high


def test_gaps_in_time_are_gaps_in_the_figure(odd: Report) -> None:
    """Windows that are not there are not drawn over."""
    values = material.filled_heatmap(ledger(odd), [0, 1])
    assert [len(row) for row in values["$z"]] == [7, 7]
    assert values["$z"][0][1] is None
    assert values["$ticks"] == [0, 3, 6]


def test_everything_in_a_figure_is_json(odd: Report) -> None:
    """Neither NaN nor infinity reaches the page, whatever the scores are."""
    book = ledger(odd)
    for row, name in enumerate(book.names):
        for statistic in (*book.scores[row], "not there"):
            json.dumps(material.filled_over_time(book, row, statistic), allow_nan=False)
        shares = histogram([odd.reference, *odd.profiles], name)
        for at in (1, 2, 3):
            json.dumps(material.filled_distribution(shares, at, name=name, current_name="now"), allow_nan=False)
    json.dumps(material.filled_heatmap(book, range(len(book.names))), allow_nan=False)
    json.dumps(material.filled_missing(book, odd.reference, [0, 1]), allow_nan=False)


def test_every_blank_has_its_value(report: Report) -> None:
    """The material of each figure fills its whole drawing."""
    book, colours = ledger(report), palette(Theme.LIGHT)
    shares = histogram([report.reference, *report.profiles], "amount")
    drawing.fill(drawing.heatmap(), colours | material.filled_heatmap(book, [0]))
    drawing.fill(drawing.over_time(), colours | material.filled_over_time(book, 0, "psi"))
    drawing.fill(drawing.missing(), colours | material.filled_missing(book, report.reference, []))
    drawing.fill(drawing.distribution(), colours | material.filled_distribution(shares, 1, name="amount", current_name="x"))


def test_names_are_text_to_the_plotting_library(hostile: Report) -> None:
    """The library knows some HTML: no name reaches it with a bare bracket."""
    book = ledger(hostile)
    values = material.filled_heatmap(book, range(len(book.names)))
    assert not any("<" in label for label in values["$labels"])
    assert all(set(words.replace("<br>", "")).isdisjoint("<>") for row in values["$told"] for words in row)


def test_shares_without_a_value_count_nulls_and_absence(report: Report) -> None:
    """A row whose column is not there has no value either."""
    book = ledger(report)
    shares = material.null_shares(book, report.reference, "country")
    assert shares.shape == (31,)
    assert shares[1 + 15] == 1.0
    assert np.isnan(material.null_shares(book, report.reference, "(rows)")).all()


def test_cells_are_said_in_words() -> None:
    """What is seen in the heat map is also read."""
    assert material.cell_words(math.nan) == "no data"
    assert material.cell_words(1.5) == "inconclusive"
