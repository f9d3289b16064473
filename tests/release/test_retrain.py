"""From a request to a challenger in the registry."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.config.specification import Specification, specify
from driftline.decisions.course import Decided
from driftline.decisions.decision import Action, Consent, Decision, How, Moment, When
from driftline.errors import OutsideError, StateError
from driftline.registries.aliases import promotion
from driftline.release.retrain import Request, cancel, models, request_of, retrain
from driftline.training.order import End

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FIT = """
import json
import pyarrow.parquet as pq
def fit(rows, output, champion, reason):
    table = pq.read_table(sorted(rows.glob("*.parquet")))
    assert table.num_rows and table["label"].null_count == 0
    before = (champion / "model.json").read_text() if champion else ""
    (output / "model.json").write_text(json.dumps({"mean": sum(table["x"].to_pylist()) / table.num_rows, "before": before}))
    (output / "metrics.json").write_text(json.dumps({"auc": 0.9}))
    print("trained")
"""


@pytest.fixture
def specification(tmp_path: Path) -> Specification:
    """A shop with twenty days of labelled rows and a function that trains."""
    return monitor(tmp_path)


def monitor(tmp_path: Path, **training: Any) -> Specification:
    """The shop, trained otherwise."""
    ts = np.datetime64("2026-03-01", "s") + np.arange(480) * np.timedelta64(3600, "s")
    pq.write_table(pa.table({"ts": ts, "x": np.arange(480.0), "label": np.arange(480) % 2}), tmp_path / "rows.parquet")
    (tmp_path / "shop.py").write_text(FIT)
    given = {"monitor": "shop", "reference": "rows.parquet", "current": "rows.parquet"}
    columns = {"timestamp": "ts", "label": "label"}
    return specify({**given, "columns": columns, "training": training or {"call": "shop:fit"}}, {}, directory=tmp_path)


def test_a_challenger_comes_with_its_papers(specification: Specification) -> None:
    """The newest rows stay out, the version knows reason, rows, metrics and lineage, and the same request makes no second one."""
    request = Request(reason="recall fell", excluded={"2026-03-03": "amount was in cents"})
    told: list[str] = []
    found = retrain(specification, request, NOW, told.append)
    assert (found.run.end, found.version) == (End.TRAINED, "1"), found.run.why
    assert told == ["trained"]
    registry = models(specification)
    assert registry.aliases("shop") == {"challenger": "1"}
    about = registry.about("shop", "1")
    assert (about["reason"], about["metrics"]) == ("recall fell", {"auc": 0.9})
    assert about["manifest"]["rows"] == 480 - 7 * 24 - 1 - 24
    assert about["lineage"]["data"]["digest"] == found.snapshot.digest
    assert datetime.fromisoformat(about["trained_until"]) == datetime(2026, 3, 13, 22, tzinfo=UTC)
    again = retrain(specification, request, NOW, told.append)
    assert again.version == "1"
    assert told == ["trained"]


def test_the_champion_is_offered_for_a_warm_start(specification: Specification) -> None:
    """A run is told where the champion's files lie, and the new version says whom it challenges."""
    retrain(specification, Request(reason="first"), NOW, lambda _: None)
    registry = models(specification)
    registry.change("shop", "1", promotion)
    found = retrain(specification, Request(reason="second"), NOW, lambda _: None)
    assert registry.aliases("shop") == {"champion": "1", "challenger": found.version}
    assert registry.about("shop", found.version)["champion"] == "1"
    assert json.loads((registry.folder("shop", found.version) / "model.json").read_text())["before"].startswith("{")


HOW = How(since="2026-03-09", keep_out=("2026-03-03",), sampling="half and half")


def made(action: Action, consent: Consent = Consent.AUTOMATIC, when: When | None = None) -> Decided:
    """A decision, and nothing that it rests on."""
    decision = Decision(action=action, rule="a rule", reason="recall fell", how=HOW, consent=consent, when=when or When())
    return Decided(None, decision)  # type: ignore[arg-type]  # what it rests on is not asked


def test_a_decision_becomes_a_request() -> None:
    """Its reason and its way to choose rows go along, what it keeps out is kept out, and a person's name stands where one had to agree."""
    found = request_of(made(Action.RETRAIN))
    kept_out = {"2026-03-03": "the decision keeps it out"}
    assert found == Request(reason="recall fell", excluded=kept_out, sampling="half and half", changed="2026-03-09")
    assert request_of(made(Action.RETRAIN, Consent.ASK), "ann").reason == "recall fell (agreed by ann)"


@pytest.mark.parametrize(
    ("decided", "said"),
    [
        (made(Action.FIX_DATA), "the decision is to fix data"),
        (made(Action.RETRAIN, Consent.ASK), "a person has to agree"),
        (made(Action.RETRAIN, when=When(Moment.LABELS, sentence="when labels have come")), "when labels have come"),
    ],
)
def test_what_was_not_decided_is_not_done(decided: Decided, said: str) -> None:
    """Another decision, one that has to wait, and one that nobody agreed to begin no training."""
    with pytest.raises(StateError, match=said):
        request_of(decided)


def test_a_run_that_fails_leaves_the_registry_as_it_is(tmp_path: Path) -> None:
    """No model, no version; the reason is told."""
    specification = monitor(tmp_path, command=[sys.executable, "-c", "raise SystemExit('no')"], attempts=1)
    found = retrain(specification, Request(reason="recall fell"), NOW, lambda _: None)
    assert (found.version, found.run.end, found.run.why) == ("", End.FAILED, "it ended with code 1: no")
    assert models(specification).aliases("shop") == {}
    assert cancel(specification) == 0


def test_a_registry_that_is_away_costs_no_training(tmp_path: Path) -> None:
    """Where it goes in the middle of the training, that is said; asked again, what was trained is registered and nothing trained anew."""
    gone = "import os, pathlib; pathlib.Path('.driftline/models').write_text('no disk'); open('trained', 'a').write('x')"
    leave = "pathlib.Path(os.environ['DRIFTLINE_OUTPUT'], 'model').write_text('m')"
    specification = monitor(tmp_path, command=[sys.executable, "-c", f"{gone}; {leave}"])
    with pytest.raises(OutsideError, match="cannot be reached"):
        retrain(specification, Request(reason="recall fell"), NOW, lambda _: None)
    (tmp_path / ".driftline" / "models").unlink()
    found = retrain(specification, Request(reason="recall fell"), NOW, lambda _: None)
    assert (found.version, found.run.end, (tmp_path / "trained").read_text()) == ("1", End.TRAINED, "x")
