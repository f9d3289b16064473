"""Champion and challenger before the gate, with real models in processes."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.errors import ConfigError, DataError, StateError
from driftline.registries.aliases import promotion
from driftline.release.prove import prove, proved
from driftline.release.retrain import Request, models, retrain
from driftline.rollout.claims import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driftline.config.specification import Specification
    from driftline.release.proof import Proof

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PYTHON = shlex.quote(sys.executable)


def quietly(_: str) -> None:
    """Say nothing."""


def challenged(specification: Specification, reason: str = "recall fell") -> str:
    """Train a challenger."""
    found = retrain(specification, Request(reason=reason), NOW, quietly)
    assert found.version, found.run.why
    return found.version


def checks(proof: Proof) -> dict[str, Outcome]:
    """Outcomes by name."""
    return {check.name: check.outcome for check in proof.report.checks}


def test_one_as_good_as_the_answers_on_record_passes(shop: Callable[..., Specification]) -> None:
    """The same model again passes; rows are those after its training; segments, signature and value are in the table."""
    specification = shop(
        gate={"metric": "roc_auc", "margin": 0.02, "segment_margin": 0.05, "latency_ms": 5, "size_mb": 1, "calibration": 0.05}
    )
    version = challenged(specification)
    proof = prove(specification, NOW, quietly)
    assert proof.report.outcome is Outcome.PASS, proof.report.sentence
    assert (proof.challenger, proof.champion) == (version, "")
    assert proof.span[0] > models(specification).about("shop", version)["trained_until"]
    named = checks(proof)
    assert {"primary: roc_auc", "segment country = de", "calibration", "latency p95", "size", "signature", "unseen rows"} <= set(named)
    assert proof.value is not None
    assert proof.value.value == pytest.approx(0.0, abs=1e-9)
    written = proved(specification, version)
    assert written is not None
    assert written["passes"] is True
    assert written["prospects"]["roc_auc"]["per_hour"] == pytest.approx(500 / 24, rel=0.05)
    assert proved(specification, "7") is None


def test_a_worse_one_fails_and_a_person_may_answer_for_it(shop: Callable[..., Specification]) -> None:
    """A challenger that looks at x half as much fails; an override stays on record with name and reason."""
    specification = shop()
    challenged(specification)
    models(specification).change("shop", "1", promotion)
    shop(weight=1.0)
    version = challenged(specification, "again")
    proof = prove(specification, NOW, quietly)
    assert (proof.report.outcome, proof.passes) == (Outcome.FAIL, False)
    assert (proof.challenger, proof.champion) == (version, "1")
    assert "primary: roc_auc is shown not to be good enough" in proof.report.sentence
    assert proof.value is not None
    assert proof.value.high < 0
    beside = models(specification).papers("shop", version)
    assert sorted(beside) == ["confusion_matrix.json", "gate.json", "gate.md"]
    matrix = json.loads(beside["confusion_matrix.json"])
    known = sum(map(sum, matrix["challenger"]))
    assert known == sum(map(sum, matrix["champion"])) == matrix["rows"] > 100
    right = {name: matrix[name][0][0] + matrix[name][1][1] for name in ("champion", "challenger")}
    assert right["challenger"] < right["champion"]
    overridden = prove(specification, NOW, quietly, override=("ann", "the attack goes on"))
    assert json.loads(models(specification).papers("shop", version)["gate.json"])["overridden"]["by"] == "ann"
    assert (overridden.report.outcome, overridden.passes) == (Outcome.FAIL, True)
    assert overridden.written()["overridden"] == {"by": "ann", "why": "the attack goes on"}


def test_few_rows_tell_nothing_but_how_many_more(shop: Callable[..., Specification]) -> None:
    """With one day kept the gate cannot tell, and says how many rows may settle it."""
    training = {"command": f"{PYTHON} train.py", "score": f"{PYTHON} score.py", "holdout": "1 day"}
    specification = shop(weight=1.5, training=training, gate={"metric": "roc_auc", "margin": 0.015})
    challenged(specification)
    proof = prove(specification, NOW, quietly)
    assert proof.report.outcome is Outcome.INCONCLUSIVE
    assert not proof.passes
    assert proof.report.more is not None
    assert proof.report.more > 0


def test_answers_from_elsewhere_are_taken(shop: Callable[..., Specification], tmp_path: Path) -> None:
    """Where models are asked elsewhere a file of answers is enough; one that does not fit is refused."""
    specification = shop(training={"command": f"{PYTHON} train.py"})
    challenged(specification)
    with pytest.raises(ConfigError, match="not said how a model is asked"):
        prove(specification, NOW, quietly)
    kept = pq.read_table(next((tmp_path / ".driftline" / "holdout").glob("*/rows-00000.parquet")))
    pq.write_table(pa.table({"score": kept["score"]}), tmp_path / "said.parquet")
    assert prove(specification, NOW, quietly, answered=tmp_path / "said.parquet").report.outcome is Outcome.PASS
    pq.write_table(pa.table({"score": [1.0]}), tmp_path / "said.parquet")
    with pytest.raises(DataError, match="1 answers to"):
        prove(specification, NOW, quietly, answered=tmp_path / "said.parquet")


def test_without_a_challenger_there_is_nothing_to_prove(shop: Callable[..., Specification]) -> None:
    """The next step is said."""
    with pytest.raises(StateError, match="'shop' has no challenger"):
        prove(shop(), NOW, quietly)
