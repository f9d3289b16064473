from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.performance.concept import FEWEST_OF_EACH, split_change
from driftline.performance.fitted import Fitted, beside, fit
from driftline.performance.plugin import plug
from driftline.performance.residual import means_of
from driftline.performance.rows import Rows

METRICS = ("accuracy", "f1", "roc_auc", "log_loss")


def realised(metric: str, rows: Rows) -> float:
    """The metric from labels."""
    if rows.predicted is None:
        means = means_of(metric)
        return means.of(means.matrix(rows).mean(0))
    return plug(metric, rows, rows.truth(), rows).value


def changes(fitted: Fitted, window: Rows, dice: np.random.Generator) -> list[Any]:
    """The split of each metric."""
    seen = beside(fitted, window, dice)
    return [split_change(seen, place) for place in range(len(fitted.metrics))]


@pytest.mark.parametrize(
    ("kind", "metrics"), [("rows", METRICS), ("classes", ("f1_macro", "roc_auc_macro")), ("numbers", ("mae", "r2", "rmse"))]
)
def test_the_parts_add_up_to_what_was_observed(world: Any, dice: np.random.Generator, kind: str, metrics: tuple[str, ...]) -> None:
    """Whatever the metric, both parts together are the realised change, to the last digits."""
    rows, window = getattr(world, kind)(2_000, dice), getattr(world, kind)(700, dice, 0.8)
    for metric, change in zip(metrics, changes(fit(rows, metrics, dice), window, dice), strict=True):
        assert change.inputs + change.relation == pytest.approx(change.observed, abs=1e-12)
        assert change.observed == pytest.approx(realised(metric, window) - realised(metric, rows), abs=1e-9)
        assert change.rows == 700


def test_moved_inputs_are_told_from_a_changed_relation(world: Any, dice: np.random.Generator) -> None:
    """Where only inputs moved they take the change; where only labels turned, the relation does; 5% of 20,000 labels are seen."""
    fitted = fit(world.rows(20_000, dice), METRICS, dice)
    moved = changes(fitted, world.rows(20_000, dice, shift=1.2), dice)
    turned = changes(fitted, world.rows(20_000, dice, turned=0.05), dice)
    for one in moved:
        assert one.p_value > 0.01
        assert abs(one.relation) < 4 * one.relation_error
    assert abs(moved[1].inputs) > 5 * moved[1].inputs_error
    for one in turned:
        assert one.p_value < 1e-4
        assert abs(one.inputs) < 4 * one.inputs_error
        assert abs(one.relation) > 5 * abs(one.inputs)


def test_a_covariate_shift_does_not_fool_the_test(world: Any) -> None:
    """Of 40 windows whose inputs alone have moved about one in twenty seems changed at the level of 5%."""
    dice = np.random.default_rng(4)
    found = [changes(fit(world.rows(1_500, dice), ["brier"], dice), world.rows(500, dice, 0.7), dice)[0].p_value < 0.05 for _ in range(40)]
    # Chance allows 6 of 40 where 2 are expected; the plain difference of the means is significant in nearly all.
    assert np.sum(found) <= 6


def test_numbers_that_are_off_have_another_relation(world: Any, dice: np.random.Generator) -> None:
    """Labels of a regression that lie a constant off change the relation and not what inputs explain."""
    fitted = fit(world.numbers(4_000, dice), ["bias"], dice)
    (change,) = changes(fitted, world.numbers(1_000, dice, off=0.8), dice)
    assert change.relation == pytest.approx(-0.8, abs=4 * change.relation_error)
    assert change.p_value < 0.001


def test_a_handful_of_labels_shows_nothing(world: Any, dice: np.random.Generator) -> None:
    """With fewer than ten labels of a class nothing is split, and nothing is raised."""
    fitted = fit(world.rows(500, dice), ["accuracy"], dice)
    window = world.rows(100, dice)
    rare = np.flatnonzero(window.label == 1)[FEWEST_OF_EACH - 1 :]
    assert changes(fitted, window.take(np.setdiff1d(np.arange(100), rare)), dice) == [None]


def test_a_metric_that_is_not_defined_is_not_split(world: Any, dice: np.random.Generator) -> None:
    """Where nothing was predicted positive there is no precision to change."""
    fitted = fit(world.rows(500, dice), ["precision"], dice)
    window = world.rows(200, dice)
    none = Rows(window.features, window.categorical, window.score, np.zeros(200, dtype=np.intp), window.label)
    assert changes(fitted, none, dice) == [None]


def test_where_there_is_little_in_common_three_parts_stand_beside(world: Any, dice: np.random.Generator) -> None:
    """A window far away has its change split in three as well, adding up to the same; one nearby has not."""
    fitted = fit(world.rows(3_000, dice), ["accuracy"], dice)
    (near,), (far,) = (changes(fitted, world.rows(1_000, dice, shift), dice) for shift in (0.3, 3.0))
    assert near.shared is None
    assert far.shared.seen + far.shared.relation + far.shared.unseen == pytest.approx(far.observed, abs=1e-9)
    assert far.shared.overlap < 0.5
