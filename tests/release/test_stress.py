"""What a model is asked beside the holdout, with real models in processes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.errors import ConfigError, DataError
from driftline.registries.aliases import promotion
from driftline.release.prove import prove
from driftline.release.retrain import Request, models, retrain
from driftline.release.stress import planned
from driftline.rollout.claims import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driftline.config.specification import Specification

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FEATURES = ["ts", "id", "x", "country"]


def holdout(rows: int = 3000) -> pa.Table:
    """Rows with labels."""
    dice = np.random.default_rng(0)
    x = dice.normal(size=rows)
    names = {"ts": np.arange(rows), "id": np.arange(rows).astype(str), "country": dice.choice(["de", "fr"], rows)}
    return pa.table({**names, "x": x, "label": (x > 0).astype(int)})


def test_rows_are_spoilt_as_they_were(shop: Callable[..., Specification]) -> None:
    """Empty, of another unit, of a level nobody knew: one column, and nothing else; columns are exchanged one by one."""
    faults = {"missing": ["country"], "unseen": ["country"], "times": {"x": 1000}}
    stress = planned(shop(gate={"faults": faults, "explanation": 0.5, "fault_margin": 0.1}), holdout(), FEATURES)
    table = holdout().select(FEATURES)
    assert [part.name for part in stress.parts] == ["with country missing", "with country unseen", "with x × 1000"]
    assert {part.margin for part in stress.parts} == {0.1}
    empty, unseen, large = (part.rows for part in stress.parts)
    assert empty["country"].null_count == empty.num_rows == 2000
    assert set(unseen["country"].to_pylist()) == {"a level that was never seen"}
    assert np.allclose(large["x"].to_numpy(), 1000 * empty["x"].to_numpy())
    assert stress.columns == ("x", "country")
    assert stress.plain is not None
    for name, rows in zip(stress.columns, stress.exchanged, strict=True):
        changed = {one for one in FEATURES if rows[one].to_pylist() != stress.plain[one].to_pylist()}
        assert changed == {name}
        assert sorted(rows[name].to_pylist()) == sorted(stress.plain[name].to_pylist())
    assert stress.table.slice(0, 3000).equals(table)


@pytest.mark.parametrize(
    ("gate", "error", "said"),
    [
        ({"faults": {"missing": ["zip"]}}, ConfigError, "no column 'zip'"),
        ({"faults": {"unseen": ["x"]}}, ConfigError, "has no levels"),
        ({"golden": "nowhere.parquet"}, ConfigError, "cannot be read"),
        ({"golden": "unlabelled.parquet"}, DataError, "has no column 'label'"),
    ],
)
def test_what_cannot_be_asked_is_told(
    shop: Callable[..., Specification], tmp_path: Path, gate: dict[str, Any], error: type[Exception], said: str
) -> None:
    """A name too much, a file that is not there or is another."""
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "unlabelled.parquet")
    with pytest.raises(error, match=said):
        planned(shop(gate=gate), holdout(), FEATURES)


@pytest.mark.slow
def test_all_of_it_is_in_the_gates_table(shop: Callable[..., Specification], tmp_path: Path) -> None:
    """Golden set, faults, explanation and fairness of an equal challenger pass; one asked without a champion is not settled."""
    gate = {
        "metric": "roc_auc",
        "margin": 0.05,
        "golden": "golden.parquet",
        "faults": {"times": {"x": 2}},
        "explanation": 0.0,
        "fairness": {"equal_opportunity_difference": 0.3},
    }
    specification = shop(gate=gate)
    pq.write_table(holdout().select(["x", "country", "label"]), tmp_path / "golden.parquet")
    retrain(specification, Request(reason="first"), NOW, lambda _: None)
    alone = {check.name: check.outcome for check in prove(specification, NOW, lambda _: None).report.checks}
    assert alone["golden set: roc_auc"] is Outcome.INCONCLUSIVE
    models(specification).change("shop", "1", promotion)
    retrain(specification, Request(reason="second"), NOW, lambda _: None)
    found = {check.name: check for check in prove(specification, NOW, lambda _: None).report.checks}
    for name in ("golden set: roc_auc", "with x × 2: roc_auc", "fairness: equal_opportunity_difference by country", "primary: roc_auc"):
        assert found[name].outcome is Outcome.PASS, found[name].sentence
    assert found["golden set: roc_auc"].rows == 3000
    assert found["explanation"].outcome is Outcome.INCONCLUSIVE  # two columns have no order to speak of
