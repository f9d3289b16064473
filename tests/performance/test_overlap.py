from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sk

from driftline.performance.density import ratio
from driftline.performance.fitted import Beside, beside, fit
from driftline.performance.overlap import three_parts, weighted
from driftline.performance.plugin import plug
from driftline.performance.residual import means_of

if TYPE_CHECKING:
    from driftline.performance.rows import Rows

METRICS = ("accuracy", "f1", "roc_auc", "average_precision", "log_loss")


def test_a_weighted_metric_is_scikit_learns(world: Any, dice: np.random.Generator) -> None:
    """Rows that count more or less often give what scikit-learn gives for the same weights."""
    rows, weights = world.rows(800, dice), dice.random(800)
    given: dict[str, Any] = {"sample_weight": weights}
    expected = {
        "accuracy": sk.accuracy_score(rows.label, rows.said(), **given),
        "f1": sk.f1_score(rows.label, rows.said(), **given),
        "roc_auc": sk.roc_auc_score(rows.label, rows.score, **given),
        "average_precision": sk.average_precision_score(rows.label, rows.score, **given),
        "log_loss": sk.log_loss(rows.label, rows.score, **given),
    }
    assert {name: weighted(name, rows, weights) for name in expected} == pytest.approx(expected, abs=1e-9)


def realised(metric: str, rows: Rows) -> float:
    """The metric from labels."""
    if rows.predicted is None:
        return means_of(metric).of(means_of(metric).matrix(rows).mean(0))
    return plug(metric, rows, rows.truth(), rows).value


@pytest.mark.parametrize(
    ("kind", "metrics"), [("rows", METRICS), ("classes", ("f1_macro", "roc_auc_macro", "roc_auc_weighted")), ("numbers", ("mae", "rmse"))]
)
def test_the_three_parts_add_up(world: Any, dice: np.random.Generator, kind: str, metrics: tuple[str, ...]) -> None:
    """Whatever the metric, the parts together are the realised change, to the last digits."""
    rows, window = getattr(world, kind)(2_000, dice), getattr(world, kind)(700, dice, 1.5)
    seen = beside(fit(rows, metrics, dice), window, dice)
    for place, metric in enumerate(metrics):
        found = three_parts(seen, place)
        assert found is not None
        both = [realised(metric, some) for some in (window, rows)]
        assert found.seen + found.relation + found.unseen == pytest.approx(both[0] - both[1], abs=1e-9)
        assert 0 < found.overlap < 1


def test_what_moves_takes_the_change(world: Any) -> None:
    """Where labels turned, the middle part takes it; where inputs went far away, it does not, and the test is not fooled."""
    dice = np.random.default_rng(3)
    fitted = fit(world.rows(10_000, dice), ["accuracy"], dice)
    turned, far = (
        three_parts(beside(fitted, window, dice), 0) for window in (world.rows(5_000, dice, turned=0.2), world.rows(5_000, dice, shift=2.5))
    )
    assert turned is not None
    assert far is not None
    assert turned.p_value < 1e-4
    assert abs(turned.relation) > 5 * abs(turned.seen + turned.unseen)
    assert far.p_value > 0.01
    assert far.overlap < 0.5
    assert turned.overlap > 0.9


def test_with_the_true_ratio_the_test_errs_as_often_as_it_says(world: Any) -> None:
    """With weights that are right, about one window in twenty whose inputs alone have moved is called changed at 5%."""
    dice, shift = np.random.default_rng(6), 1.5
    fitted, called = fit(world.rows(300, dice), ["accuracy"], dice), []
    for _ in range(60):
        rows, window = world.rows(1_000, dice), world.rows(600, dice, shift)
        # The ratio of two normal densities whose means are apart by the shift.
        true = ratio(*(shift * some.features[:, 1] - shift**2 / 2 for some in (rows, window)))
        seen = Beside(replace(fitted, rows=rows), window, true, np.zeros((0, 2)), weighted=True, weighted_curves=())
        found = three_parts(seen, 0)
        called.append(found is not None and found.p_value < 0.05)
    # 60 windows may by chance show 7 percentage points more.
    assert np.mean(called) < 0.13


def test_a_metric_that_a_side_does_not_have_has_no_parts(world: Any, dice: np.random.Generator) -> None:
    """AUC of a window of one class is not defined, and neither is its change."""
    window = world.rows(200, dice)
    window.label[:] = 1.0
    assert three_parts(beside(fit(world.rows(500, dice), ["roc_auc"], dice), window, dice), 0) is None
