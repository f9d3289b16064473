from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from driftline.errors import ConfigError, DataError
from driftline.performance.calibrate import AS_IT_IS, Curve
from driftline.performance.fitted import MOST_COLUMNS, beside, calibrated, fit, telling
from driftline.performance.rows import Rows


def test_only_labelled_rows_are_learnt_from(world: Any, dice: np.random.Generator) -> None:
    """Rows without a label, a score or a prediction do not count."""
    rows = world.rows(400, dice)
    rows.label[:50] = np.nan
    rows.score[50:60] = np.nan
    fitted = fit(rows, ["accuracy"], dice)
    assert len(fitted.rows) == 340
    assert fitted.fewest == fitted.rows.truth().sum(0).min()
    assert fitted.why == ""


def test_a_reference_that_teaches_nothing_says_why(world: Any, dice: np.random.Generator) -> None:
    """Too few labels, a class without one, a loss that is no number: each is a reason, and nothing is raised but on use."""
    few = fit(world.rows(20, dice), ["accuracy"], dice)
    assert few.why == "the reference has 20 rows with a label, and at least 30 are needed"
    rows = world.rows(100, dice)
    assert "no label of class 1" in fit(replace(rows, label=np.zeros(100)), ["accuracy"], dice).why
    below = world.numbers(100, dice)
    assert "not a number" in fit(below, ["rmsle"], dice).why
    with pytest.raises(DataError, match="20 rows"):
        beside(few, rows, dice)


def test_a_metric_that_cannot_be_estimated_is_refused_at_once(world: Any, dice: np.random.Generator) -> None:
    """Before anything is learnt."""
    for rows, metric in ((world.rows(50, dice), "ece"), (world.numbers(50, dice), "accuracy")):
        with pytest.raises(ConfigError, match="cannot be estimated"):
            fit(rows, [metric], dice)


def test_a_window_of_other_columns_is_refused(world: Any, dice: np.random.Generator) -> None:
    """The window must have the reference's columns, of the same kinds."""
    fitted = fit(world.rows(100, dice), ["accuracy"], dice)
    other = Rows(np.zeros((50, 1)), (False,), np.full(50, 0.5), np.zeros(50, dtype=np.intp), np.zeros(50))
    with pytest.raises(DataError, match="1 features"):
        beside(fitted, other, dice)


def test_the_curve_of_a_window_follows_its_inputs(world: Any, dice: np.random.Generator) -> None:
    """Where what the model does not see makes label 1 more frequent, the weighted curve rises above the reference's."""
    rows = world.rows(15_000, dice)
    fitted = fit(rows, ["accuracy"], dice)
    window = world.rows(5_000, dice, shift=1.0)
    curve = beside(fitted, window, dice).weighted_curves[0]
    asked = np.array([0.3, 0.5, 0.7])
    truth = [world.chance(window.features)[np.abs(window.score - score) < 0.05].mean() for score in asked]
    assert curve(asked) == pytest.approx(truth, abs=0.05)
    assert (fitted.curves[0](asked) < truth).all()


def test_without_weights_all_rows_count_once(world: Any, dice: np.random.Generator) -> None:
    """Where no weights are asked for, none are learnt."""
    fitted = fit(world.rows(200, dice), ["accuracy"], dice)
    seen = beside(fitted, world.rows(100, dice, 2.0), dice, weighted=False)
    assert np.ptp(seen.ratio.weights) == 0
    assert seen.weighted_curves == ()


def test_what_weights_do_can_be_left_out(world: Any, dice: np.random.Generator) -> None:
    """Without weights a metric is CBPE's, and of numbers that of direct loss estimation."""
    fitted = fit(world.rows(900, dice), ["f1"], dice)
    window = world.rows(400, dice, 1.0)
    seen, plain = (beside(fitted, window, dice, weighted=weighted) for weighted in (True, False))
    assert seen.unweighted(0) == plain.plugged(0, fitted.curves).value
    numbers = beside(fit(world.numbers(300, dice), ["mae"], dice), world.numbers(100, dice), dice)
    assert numbers.unweighted(0) == numbers.robust(0, corrected=False).value


def test_the_losses_of_each_metric_have_their_place(world: Any, dice: np.random.Generator) -> None:
    """Metrics of several means stand beside metrics of one."""
    fitted = fit(world.numbers(200, dice), ["mae", "r2", "bias"], dice)
    seen = beside(fitted, world.numbers(50, dice), dice)
    assert [seen.columns(place) for place in range(3)] == [slice(0, 1), slice(1, 4), slice(4, 5)]
    assert seen.expected.shape == (50, 5)


def test_chances_of_many_classes_are_scaled_to_one(world: Any, dice: np.random.Generator) -> None:
    """One curve for each class, scaled; where all are 0, no class is likelier than another."""
    rows = world.classes(20, dice)
    halved = calibrated([Curve(np.array([0.0, 1.0]), np.array([0.0, 0.5]))] * 3, rows)
    assert halved == pytest.approx(rows.scores())
    assert calibrated([AS_IT_IS] * 3, rows) == pytest.approx(rows.scores())
    nothing = calibrated([Curve(np.array([0.5]), np.array([0.0]))] * 3, rows)
    assert (nothing == 1 / 3).all()


@pytest.mark.parametrize("kind", ["rows", "numbers"])
def test_of_many_columns_those_that_tell_are_looked_at(world: Any, dice: np.random.Generator, kind: str) -> None:
    """Of two hundred columns the score and the forty that tell most are kept, among them what the model has not seen."""
    rows = getattr(world, kind)(4_000, dice)
    noise = dice.normal(size=(4_000, 200))
    wide = replace(rows, features=np.column_stack([noise, rows.features]), categorical=(*(False,) * 200, *rows.categorical))
    kept = telling(wide)
    assert kept.size == MOST_COLUMNS + 1
    assert {201, wide.features.shape[1]} <= set(kept.tolist())
    assert np.array_equal(telling(rows), np.arange(rows.features.shape[1] + 1))


def test_a_wide_window_is_seen_in_the_same_columns(world: Any, dice: np.random.Generator) -> None:
    """Weights of a window follow the columns that are kept."""

    def wide(rows: Rows) -> Rows:
        more = dice.normal(size=(len(rows), 100))
        return replace(rows, features=np.column_stack([more, rows.features]), categorical=(*(False,) * 100, *rows.categorical))

    fitted = fit(wide(world.rows(4_000, dice)), ["f1"], dice)
    seen = beside(fitted, wide(world.rows(1_000, dice, 1.0)), dice)
    assert np.corrcoef(seen.ratio.log_reference, fitted.rows.features[:, 101])[0, 1] > 0.8
