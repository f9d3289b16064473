"""How much each row looks like the newest."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from driftline.training.recency import recency

ROWS = 2000
MADE = np.arange(float(ROWS))


def test_what_looks_like_the_newest_is_told() -> None:
    """From the change on x is higher: a high x is likely to be new, whenever it came."""
    pytest.importorskip("sklearn", reason="the classifier is scikit-learn's")
    x = np.random.default_rng(0).normal(np.where(MADE >= 1500, 1.5, 0.0), 1.0)
    found = recency(pa.table({"x": x}), ("x",), MADE, 1500.0)
    older = MADE < 1500
    assert found[older & (x > 1.5)].mean() > 2 * found[older & (x < 0)].mean()


@pytest.mark.parametrize(("features", "since"), [((), None), (("x",), 1990.0), (("x",), 1e9)])
def test_a_half_where_nothing_can_tell(features: tuple[str, ...], since: float | None) -> None:
    """Without features, and with too few new rows, or none."""
    assert recency(pa.table({"x": MADE}), features, MADE, since).tolist() == [0.5] * ROWS
