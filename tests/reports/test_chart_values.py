from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.reports import chart_values, charts, curves, drawing
from driftline.reports.histogram import number_histogram
from driftline.reports.packing import compact
from driftline.reports.palette import Theme, palette
from driftline.reports.track import About, Track, track

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


@pytest.fixture
def one(modelled: Report) -> Track:
    """The track of a binary model."""
    found = track(modelled, About.PERFORMANCE)
    assert found is not None
    return found


def shown(values: dict[str, Any], blank: str) -> list[int]:
    """Slots at which something is drawn."""
    return [slot for slot, value in enumerate(values[blank]) if value is not None]


def test_everything_is_plain_json(one: Track) -> None:
    """What fills a drawing has neither NaN nor infinity, and fills all its blanks."""
    values = chart_values.filled_performance(one, "roc_auc")
    json.loads(compact(values))
    drawing.fill(charts.performance(), {**values, **palette(Theme.LIGHT)})


def test_values_stand_in_their_windows(one: Track) -> None:
    """Each window with labels is drawn once as firm or as provisional, and what is worse is marked there."""
    values = chart_values.filled_performance(one, "roc_auc")
    told = one.told["roc_auc"]
    known = [slot for slot, said in zip(one.slots, told, strict=True) if said is not None and said.value is not None]
    firm, light = set(shown(values, "$firm")), set(shown(values, "$light"))
    assert firm | light == set(known)
    assert {slot for slot, unripe in zip(one.slots, one.provisional("roc_auc"), strict=True) if unripe} & set(known) == light - firm
    worse = [slot for slot, said in zip(one.slots, told, strict=True) if said is not None and said.verdict == "drifted"]
    assert shown(values, "$worse") == worse
    assert values["$firm"][0] == pytest.approx(told[0].value if told[0] else None, rel=1e-5)
    assert values["$any_worse"] is values["$guessed"] is values["$provisional"] is True


def test_estimates_reach_where_labels_do_not(one: Track) -> None:
    """The last window has no labels: what is told there is the estimate, and doubts are marked."""
    values = chart_values.filled_performance(one, "roc_auc")
    assert values["$firm"][-1] is values["$light"][-1] is None
    assert values["$anything"][-1] == values["$estimated"][-1] == values["$doubted"][-1]
    assert "not to be trusted: the relation changed" in values["$told"][-1]


def test_bands_are_closed_around_each_run(one: Track) -> None:
    """A band goes there above and back below; a window alone has a width; gaps stay gaps."""
    told = tuple(said if at in {1, 2, 5} else None for at, said in enumerate(one.told["roc_auc"]))
    values = chart_values.filled_performance(replace(one, told={"roc_auc": told}), "roc_auc")
    xs, ys = values["$firm_x"], values["$firm_y"]
    assert xs == [1.0, 2.0, 2.0, 1.0, None, 4.7, 5.3, 5.3, 4.7, None]
    low, high = zip(*(said.interval for said in told[1:3] if said is not None and said.interval is not None), strict=True)
    assert ys[:4] == pytest.approx([high[0], high[1], low[1], low[0]], rel=1e-3)


def test_the_view_holds_every_value(one: Track) -> None:
    """No value, estimate or reference lies outside the axis."""
    values = chart_values.filled_performance(one, "roc_auc")
    low, high = values["$view"]
    for blank in ("$firm", "$light", "$estimated", "$reference"):
        assert all(low <= value <= high for value in values[blank] if value is not None)


def test_a_threshold_that_nothing_passes_is_not_drawn(one: Track) -> None:
    """A window with two labels would be worse beyond an AUC below 0: the figure does not reach that far."""
    told = list(one.told["roc_auc"])
    told[-1] = replace(told[0], threshold=-3.0)
    drawn = chart_values.filled_performance(replace(one, told=one.told | {"roc_auc": tuple(told)}), "roc_auc")
    known = chart_values.filled_performance(one, "roc_auc")
    assert drawn["$threshold"][-1] is None
    assert drawn["$threshold"][:-1] == known["$threshold"][:-1]
    assert drawn["$view"][0] >= 0


def test_a_metric_that_nobody_knows_is_drawn_empty(one: Track) -> None:
    """Without a label, a reference or an estimate the figure is there, and says what it would show."""
    bare = tuple(
        replace(said, value=None, interval=None, reference=None, estimate=None, threshold=None) if said else None
        for said in one.told["accuracy"]
    )
    values = chart_values.filled_performance(replace(one, told={"accuracy": bare}), "accuracy")
    assert values["$reference"] == []
    assert values["$view"] == [0.0, 1.0]
    assert values["$compared"] is values["$known"] is False
    drawing.fill(charts.performance(), {**values, **palette(Theme.LIGHT)})


def test_strangers_names_stay_text(one: Track) -> None:
    """A title or a label that looks like HTML is written so that the plotting library shows it as it is."""
    told = {"roc_auc": tuple(replace(said, title="<b>AUC</b>") if said else None for said in one.told["roc_auc"])}
    values = chart_values.filled_performance(replace(one, told=told), "roc_auc")
    assert values["$title"] == "&lt;b&gt;AUC&lt;/b&gt;, higher is better"
    assert "<b>AUC" not in "".join(values["$told"])


def test_what_should_stay_is_not_called_better(one: Track) -> None:
    """Of a number that is better neither higher nor lower nothing is said of better."""
    told = {"roc_auc": tuple(replace(said, better="either") if said else None for said in one.told["roc_auc"])}
    assert chart_values.filled_performance(replace(one, told=told), "roc_auc")["$title"] == "ROC AUC"


@pytest.mark.parametrize("classes", [2, 3, 6, 10])
def test_a_confusion_matrix_has_a_cell_for_each_pair(classes: int) -> None:
    """Cells go through what came true, and within it through what was said; few classes have room for the reference."""
    table = curves.Confusion(tuple(map(str, range(classes))), np.arange(classes**2).reshape(classes, classes))
    values = chart_values.filled_confusion(table, table, "today")
    assert values["$came"] == np.repeat(np.arange(classes), classes).tolist()
    assert values["$said"] == np.tile(np.arange(classes), classes).tolist()
    assert ("was" in values["$texts"][1]) == (classes <= 4)
    assert all("in the reference" in told for told in values["$told"])
    assert max(values["$shades"]) <= chart_values.DEEPEST
    json.loads(compact(values))


def test_a_class_that_never_came_has_no_shares() -> None:
    """A row of zeros is written, not divided by."""
    table = curves.Confusion(("0", "1"), np.array([[5, 5], [0, 0]]))
    values = chart_values.filled_confusion(table, None, "today")
    assert values["$shades"][2:] == [0.0, 0.0]
    assert "–" in values["$texts"][2]


def test_residuals_are_drawn_like_a_column() -> None:
    """The reference is filled, the window outlined, in the same bins; both sum to all rows."""
    rng = np.random.default_rng(1)
    edges = np.linspace(-10, 10, 41)
    counts = np.array([np.histogram(rng.normal(0, scale, 900), np.r_[-np.inf, edges, np.inf])[0] for scale in (2, 4)])
    values = chart_values.filled_residuals(number_histogram(edges, counts), "today")
    for body, bars in (("$reference", "$bars_reference"), ("$current", "$bars_current")):
        assert sum(values[body]) + sum(values[bars]) == pytest.approx(1.0, abs=1e-4)
    assert values["$title"] == "residual: prediction − what came true"
    json.loads(compact(values))


def test_what_is_rare_is_enlarged() -> None:
    """A reliability diagram of scores near 0 is not squeezed into a corner; any other shows the whole square."""
    few = curves.Reliability(*(np.array([value]) for value in (0.01, 0.012, 0.008, 0.02, 500)))
    low, high = chart_values.filled_reliability(few, None, "today")["$reach"]
    assert low < 0.0
    assert 0.02 < high < 0.03
    many = curves.Reliability(*(np.array([value]) for value in (0.5, 0.5, 0.4, 0.7, 500)))
    assert chart_values.filled_reliability(few, many, "today")["$reach"][1] > 1
