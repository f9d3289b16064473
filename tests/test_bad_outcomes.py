"""Scores and labels that cannot be right, from the rows to the report: each has a clear verdict or error, and the rest goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import driftline as dl
from driftline import wiring
from driftline.config.specification import specify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 4_000
Table = dict[str, np.ndarray]


def scored(seed: int, rows: int = ROWS) -> Table:
    """A calibrated model; one input moves nothing."""
    dice = np.random.default_rng(seed)
    score = dice.random(rows)
    label = (dice.random(rows) < score).astype(float)
    return {"x": dice.normal(size=rows), "score": score, "y_pred": (score > 0.5).astype(int), "label": label}


REFERENCE = scored(1, 12_000)


def told(current: Table, reference: Table = REFERENCE, **more: Any) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """The report, and the first window's metrics and columns by name; the input beside them is always judged."""
    report = dl.compare(reference, current, **more)
    window = report.windows[0]
    columns = {one.name: one for one in window.columns}
    assert columns["x"].verdict == "stable"
    return report, {one.metric: one for one in window.performance}, columns


def test_scores_outside_0_and_1_are_a_drift_and_no_scores() -> None:
    """They rank nothing, the metrics of predictions still count their rows, and the column drifts."""
    rows = scored(2)
    rows["score"][:400], rows["score"][400:500] = 1.7, -0.2
    _, metrics, columns = told(rows)
    assert metrics["roc_auc"].value == pytest.approx(0.83, abs=0.02)
    assert "3,500 rows" in metrics["roc_auc"].reason
    assert metrics["roc_auc"].reason.endswith("500 of 4,000 rows with labels have no answer that can be read, and are left out")
    assert "4,000 rows" in metrics["accuracy"].reason
    assert "left out" not in metrics["accuracy"].reason
    assert columns["score"].verdict == "drifted"


@pytest.mark.parametrize("scale", [lambda p: 100 * p, lambda p: np.log(p / (1 - p)) * 3], ids=["percent", "log-odds"])
def test_scores_that_are_no_probabilities_say_nothing_of_the_model(scale: Callable[[np.ndarray], np.ndarray]) -> None:
    """Nothing is concluded from the few that happen to lie between 0 and 1, wherever the others are; predictions are judged."""
    rows, reference = scored(2), scored(1, 12_000)
    rows["score"] = scale(rows["score"])
    _, metrics, _ = told(rows)
    assert {metrics[name].verdict for name in ("roc_auc", "log_loss", "brier", "ece")} == {"inconclusive"}
    assert "rows with labels have no score between 0 and 1" in metrics["roc_auc"].reason
    assert metrics["accuracy"].value == pytest.approx(0.75, abs=0.02)
    unknown = {"label": np.full(ROWS, np.nan)}
    assert told(rows | unknown)[1]["roc_auc"].estimate is None
    assert told(rows | unknown, reference | {"score": scale(reference["score"])})[1]["roc_auc"].estimate is None
    report, metrics, _ = told(rows, reference | {"score": scale(reference["score"])})
    assert {metrics[name].value for name in ("roc_auc", "log_loss", "brier", "ece")} == {None}
    assert next(iter(metrics)) == "f1", "what can be told decides"
    assert any("give probabilities" in (finding["hint"] or "") for finding in report.to_dict()["findings"])


def test_scores_of_the_other_class_are_told() -> None:
    """The rarer class is taken as the positive one: a score that is the chance of the other one is said to be, with what to write."""

    def good(seed: int) -> Table:
        rows = scored(seed)
        truth = np.where(np.random.default_rng(seed + 100).random(ROWS) < 0.4 + 0.6 * rows["score"], "good", "bad")
        return {"x": rows["x"], "score": 0.4 + 0.6 * rows["score"], "label": truth}

    (finding,) = dl.compare(good(1), good(2)).to_dict()["findings"]
    assert finding["what"].startswith("the lower score, the likelier label is 'bad': area under the ROC curve 0.")
    assert finding["hint"] == "where it is the chance of 'good', say so: performance: {positive: 'good'}"
    told = dl.compare(good(1), good(2), performance={"positive": "good"})
    assert told.to_dict()["findings"] == []
    assert told.windows[0].performance[0].value > 0.5


def test_labels_that_are_not_numbers_have_not_come() -> None:
    """A label that is NaN is one that is missing, and no fault."""
    rows = scored(9)
    rows["label"][1000:] = np.nan
    report, metrics, columns = told(rows)
    assert metrics["roc_auc"].rows == 1000
    assert columns["label"].verdict != "drifted"
    assert report.verdict != "drifted"


def test_labels_that_name_no_class_are_counted() -> None:
    """They are not said to be missing."""
    report, _, columns = told(scored(10) | {"label": np.repeat("good", ROWS)})
    assert report.windows[0].labels is not None
    assert "4,000 more are none of '0', '1'" in report.windows[0].labels.reason
    assert columns["label"].verdict == "drifted"


def test_one_class_only_leaves_the_auc_inconclusive() -> None:
    """There is no AUC of one class; accuracy goes on."""
    rows = scored(3)
    rows["label"][:] = 1
    _, metrics, _ = told(rows)
    assert (metrics["roc_auc"].verdict, metrics["roc_auc"].value) == ("inconclusive", None)
    calm = scored(3)
    calm["label"][:] = REFERENCE["label"].mean() > 2
    assert dl.compare({**REFERENCE, "label": REFERENCE["label"] * 0}, calm, performance={"metric": "roc_auc"}).reason.endswith(
        "area under the ROC curve cannot be told"
    ), "it is not passed over where nothing else changed"
    assert "all labels are of one class" in metrics["roc_auc"].reason
    assert metrics["accuracy"].value == pytest.approx(0.5, abs=0.03)


def test_all_scores_equal_are_a_model_that_ranks_nothing() -> None:
    """Ties count half: the AUC is one half, and that is worse."""
    rows = scored(4)
    rows["score"][:] = 0.5
    _, metrics, columns = told(rows)
    assert metrics["roc_auc"].value == pytest.approx(0.5, abs=1e-12)
    assert metrics["roc_auc"].verdict == "drifted"
    assert columns["score"].verdict == "drifted"


def test_labels_of_another_type_are_read_as_the_classes_they_name() -> None:
    """Yes and no where the reference has 1 and 0 are the same classes; the change of type is a fault, and is said."""
    rows = scored(5)
    _, numbers, _ = told(rows)
    _, metrics, columns = told(rows | {"label": np.where(rows["label"] > 0, "yes", "no")})
    assert metrics["accuracy"].value == numbers["accuracy"].value
    assert columns["label"].concern == "data fault"
    assert "wrong type" in columns["label"].reason


def test_a_reference_without_labels_is_said() -> None:
    """Nothing is judged of the model, why is a finding, and columns are."""
    reference = scored(6) | {"label": np.full(ROWS, np.nan)}
    report, metrics, columns = told(scored(7), reference)
    assert metrics == {}
    (finding,) = report.to_dict()["findings"]
    assert "no row of the reference has a label in 'label'" in finding["what"]
    assert "labels: {from: …}" in finding["hint"]
    assert columns["label"].verdict != "drifted", "labels that begin to come are no fault"
    report, metrics, _ = told(scored(7), {name: values for name, values in REFERENCE.items() if name != "label"}, task="binary")
    assert metrics == {}
    assert any("no column is known to hold the label" in finding["what"] for finding in report.to_dict()["findings"])


@pytest.fixture
def late(tmp_path: Path) -> Path:
    """Predictions, and labels that came from elsewhere: some twice, some of nothing, some before their prediction."""
    dice = np.random.default_rng(8)
    score = dice.random(ROWS)
    label = (dice.random(ROWS) < score).astype(int)
    lines = [json.dumps({"id": f"p{i}", "ts": f"2026-03-{1 + i % 20:02d}T10:00:00Z", "score": s}) for i, s in enumerate(score.tolist())]
    (tmp_path / "current.jsonl").write_text("\n".join(lines))
    (tmp_path / "reference.jsonl").write_text(
        "\n".join(json.dumps({**json.loads(one), "label": int(y)}) for one, y in zip(lines, label, strict=True))
    )
    came = [{"id": f"p{i}", "label": int(y), "at": "2026-03-25T00:00:00Z"} for i, y in enumerate(label)]
    early = [{"id": f"p{i}", "label": 1 - int(y), "at": "2026-02-01T00:00:00Z"} for i, y in enumerate(label[:100])]
    strange = [{"id": f"q{i}", "label": 1, "at": "2026-03-25T00:00:00Z"} for i in range(50)]
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, [*came, *early, *strange])))
    return tmp_path


def test_late_labels_that_do_not_fit_are_counted_once_and_told(late: Path) -> None:
    """Of two labels the later one counts, wherever it stands; labels older than their prediction do no harm, nor do those of none."""
    columns = {"id": "id", "timestamp": "ts", "score": "score", "label": "label"}
    labels = {"from": str(late / "labels.jsonl"), "time": "at"}
    settings: dict[str, Any] = {"columns": columns, "task": "binary", "window": "whole"}
    places = {"reference": str(late / "reference.jsonl"), "current": str(late / "current.jsonl"), "labels": labels}
    report = wiring.check(specify({**places, **settings}, {})).report
    found = {one.metric: one for one in report.windows[0].performance}
    assert found["roc_auc"].value == found["roc_auc"].reference
    assert found["roc_auc"].rows == ROWS
    said = " ".join(one.what for one in report.findings)
    assert "100 labels came again" in said
