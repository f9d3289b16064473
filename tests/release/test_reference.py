"""After a promotion the new model's own rows are the reference, and the one before is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from driftline import wiring
from driftline.config.specification import specify
from driftline.registries.aliases import promotion
from driftline.release import reference
from driftline.release.prove import prove
from driftline.release.retrain import Request, models, retrain
from driftline.release.rollout import start, tell
from driftline.rollout.rollout import Action

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from driftline.config.specification import Specification

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.slow
def test_it_follows_a_promotion_and_comes_back(shop: Callable[..., Specification], tmp_path: Path, shop_settings: dict[str, Any]) -> None:
    """Rows that the new model never saw, with its scores; a check runs against it; taken back, the one before holds again."""
    specification = shop(weight=1.0, gate={"metric": "roc_auc", "margin": 0.5}, rollout={"canary": [0.5]})
    folder = reference.place_of(specification)
    for version in ("1", "2"):
        retrain(specification, Request(reason=version), NOW, lambda _: None)
        about = models(specification).about("shop", version)
        prove(specification, NOW, lambda _: None)
        start(specification, NOW)
        filed = tell(specification, Action.PROMOTE, NOW, "ann")
        assert filed.trouble == ""
        table = pq.read_table(folder / "reference.parquet")
        assert str(min(table["ts"].to_pylist())) > about["trained_until"][:10]
        assert table.equals(pq.read_table(folder / f"{version}.parquet"))
    answers = tmp_path / ".driftline" / "proofs" / "shop" / "2" / "answers-2" / "answers.parquet"
    assert table["score"].to_pylist() == pq.read_table(answers)["score"].to_pylist()[: table.num_rows]
    again = specify({**shop_settings, "reference": str(folder / "reference.parquet")}, {}, directory=tmp_path)
    assert wiring.check(again).report.reference.rows == table.num_rows
    tell(specification, Action.ROLL_BACK, NOW, "ann")
    assert pq.read_table(folder / "reference.parquet").equals(pq.read_table(folder / "1.parquet"))
    history = json.loads((folder / "history.json").read_text())["history"]
    assert [(one["version"], one["what"]) for one in history] == [("1", "promoted"), ("2", "promoted"), ("1", "taken back")]


def test_without_a_proof_it_says_so(shop: Callable[..., Specification]) -> None:
    """Nothing is made up where rows or answers are not at hand; taking back what never held changes nothing."""
    specification = shop()
    retrain(specification, Request(reason="first"), NOW, lambda _: None)
    models(specification).change("shop", "1", promotion)
    assert "there is no new reference" in reference.renew(specification, "1", NOW)
    reference.restore(specification, "1", NOW)
    assert not reference.place_of(specification).exists()
