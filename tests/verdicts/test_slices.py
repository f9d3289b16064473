from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pytest
from sklearn import metrics

import driftline as dl
from driftline.reports.document import schema
from driftline.reports.reading import window_of
from driftline.reports.text import to_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Table = dict[str, NDArray[np.generic]]


def people(rows: int, seed: int, wrong: float = 0.0) -> Table:
    """A calibrated model that, in one country, knows nothing of a share of its people."""
    dice = np.random.default_rng(seed)
    country, score = dice.choice(["de", "fr", "it"], rows, p=[0.5, 0.3, 0.2]), dice.beta(0.5, 0.5, rows)
    label = dice.random(rows) < score
    blind = (country == "it") & (dice.random(rows) < wrong)
    return {"country": country, "score": np.where(blind, dice.random(rows), score), "label": label.astype(int)}


def judged(current: Table, **settings: object) -> dl.Report:
    """The current people against usual ones, by country and among the sure."""
    return dl.compare(people(12_000, 1), current, segments=["country", {"sure": "score > 0.9"}], **settings)


def test_the_segment_that_does_worst_is_told_with_what_the_rest_does() -> None:
    """Value and rest are those of the raw rows, the worst segment is first, and only what chance does not explain is called sure."""
    current = people(4000, 2, wrong=0.5)
    (window,) = [one for one in judged(current, performance={"metric": "roc_auc"}).windows if one.segment is None]
    worst, *others = window.slices
    assert (worst.segment, worst.metric, worst.surely) == ("country=it", "roc_auc", True)
    assert {one.segment for one in others} == {"country=de", "country=fr", "sure"}
    assert not any(one.surely for one in others if one.segment != "sure")
    for one in window.slices[:1]:
        inside = current["country"] == one.segment.removeprefix("country=")
        for found, rows in ((one.value, inside), (one.rest, ~inside)):
            assert found == pytest.approx(metrics.roc_auc_score(current["label"][rows], current["score"][rows]), abs=1e-3)
        assert one.worse == pytest.approx(one.rest - one.value)
        assert 0 < one.worse_interval[0] < one.worse < one.worse_interval[1]


def test_every_document_has_them() -> None:
    """JSON keeps them through reading, the terminal, Markdown and the page show them; other windows have none."""
    report = judged(people(4000, 2, wrong=0.5))
    told = report.to_dict()
    jsonschema.validate(told, schema())
    whole = report.windows[0]
    assert window_of(told["windows"][0], whole.window).slices == whole.slices
    assert all(not one.slices for one in report.windows[1:])
    assert "Worst segments in window all" in to_text(report.found, width=120)
    assert "#### Worst segments: area under the ROC curve, all" in report.to_markdown()
    assert "Segments beside the rest" in report.to_html()


def test_where_no_segment_is_worse_nothing_is_said() -> None:
    """Segments are compared all the same, and none is called surely worse by chance alone."""
    report = judged(people(4000, 2), performance={"metric": "log_loss"})
    assert report.windows[0].slices
    assert not any(one.surely for one in report.windows[0].slices if one.segment != "sure")
    assert "Worst segments" not in report.to_markdown()


def test_a_segments_lists_are_held_against_those_of_its_siblings() -> None:
    """Of a ranking the rest is all other values of the column: a segment may hold a part of a list."""
    dice = np.random.default_rng(4)

    def searches(noise: float) -> Table:
        relevance = (dice.random((600, 8)) < 0.3).astype(int)
        country = np.repeat(dice.choice(["de", "fr"], 600), 8)
        score = relevance.ravel() + np.where(country == "fr", noise, 0.5) * dice.normal(size=relevance.size)
        return {"query": np.repeat(np.arange(600), 8), "country": country, "score": score, "label": relevance.ravel()}

    report = dl.compare(searches(0.5), searches(2.0), columns={"query": "query"}, segments=["country"])
    worst, best = report.windows[0].slices
    assert (worst.segment, worst.metric, worst.surely) == ("country=fr", "ndcg@10", True)
    assert (worst.value, worst.rest) == (best.rest, best.value)
