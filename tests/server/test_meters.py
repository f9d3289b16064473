"""Numbers for Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftline.server.meters import numbers as of_report
from driftline.services.intake import Kind
from driftline.store.board import Board


def numbers(api: Any, headers: dict[str, str]) -> dict[tuple[str, ...], float]:
    """All numbers by name and labels, the model first."""
    text = api.get("/metrics", headers=headers).text
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    return {(one.name, *(one.labels[name] for name in sorted(one.labels, key="model".__ne__))): one.value for one in samples}


def test_the_service_tells_of_itself(api: Any, admin: dict[str, str], small: Any) -> None:
    """Requests by route and status, rows received, refused and repeated, what waits."""
    for _ in range(2):
        api.post("/v1/models/churn/predictions", json=[{"amount": 1}, 7], headers={**admin, "Idempotency-Key": "a"})
    api.get("/v1/nothing")
    found = numbers(api, admin)
    assert found["driftline_rows_received_total", "predictions"] == found["driftline_rows_refused_total", "predictions"] == 1
    assert found["driftline_batches_repeated_total", "predictions"] == 1
    assert found["driftline_requests_total", "/models/{model}/predictions", "202"] == 2
    assert found["driftline_requests_total", "none", "404"] == 1
    assert (found["driftline_monitors",], found["driftline_rows_uncounted",], found["driftline_dead_letters",]) == (1, 1, 1)


def test_the_service_tells_of_its_models(api: Any, admin: dict[str, str], small: Any, rows_of: Any) -> None:
    """Verdict, rows and scores of the newest window."""
    small.send(rows_of(0, 60), "a")
    small.send(rows_of(60, 60, shift=3.0), "b")
    small.round()
    found = numbers(api, admin)
    assert (found["driftline_model_verdict", "churn", "drifted"], found["driftline_model_verdict", "churn", "stable"]) == (1, 0)
    assert found["driftline_model_rows", "churn"] == 60
    assert any({"driftline_model_score", "churn", "amount"} <= set(name) for name in found)


def test_the_service_tells_how_well_models_do(api: Any, admin: dict[str, str], small: Any, rows_of: Any) -> None:
    """Performance, what it was, and the share of labels, once labels have come; how many alerts fire."""
    rows = rows_of(0, 60)
    small.send(rows, "a")
    small.round()
    assert ("driftline_model_performance", "churn", "roc_auc") not in numbers(api, admin)
    labels = [{"id": row["id"], "value": int(row["score"] < 0.5)} for row in rows]
    small.send(labels[:45], "l", Kind.LABELS)
    small.round()
    early = numbers(api, admin)
    assert early["driftline_model_label_coverage", "churn"] == pytest.approx(0.75)
    assert (
        "driftline_model_alerts_firing",
        "churn",
        "page",
    ) not in early  # more labels will come
    small.send(labels[45:], "m", Kind.LABELS)
    small.round()
    found = numbers(api, admin)
    assert found["driftline_model_performance", "churn", "roc_auc"] < 0.1
    assert found["driftline_model_performance_reference", "churn", "roc_auc"] > 0.7
    assert found["driftline_model_label_coverage", "churn"] == 1
    assert found["driftline_model_window_end_seconds", "churn"] == datetime(2026, 1, 5, 1, tzinfo=UTC).timestamp()
    assert found["driftline_model_alerts_firing", "churn", "page"] >= 1
    assert found["driftline_incidents_open",] >= 1
    small.send(rows_of(60, 60), "b")
    small.round()
    later = numbers(api, admin)
    assert later["driftline_model_window_end_seconds", "churn"] == datetime(2026, 1, 5, 2, tzinfo=UTC).timestamp()
    assert later["driftline_model_labelled_window_end_seconds", "churn"] == datetime(2026, 1, 5, 1, tzinfo=UTC).timestamp()
    assert later["driftline_model_performance", "churn", "roc_auc"] == found["driftline_model_performance", "churn", "roc_auc"]


def test_a_report_is_read_once(api: Any, admin: dict[str, str], small: Any, rows_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the numbers are asked for; a new verdict is seen at once."""
    small.send(rows_of(0, 60), "a")
    small.round()
    read, own = [], Board.said
    monkeypatch.setattr(Board, "said", lambda board, number: read.append(number) or own(board, number))
    for _ in range(3):
        numbers(api, admin)
    assert len(read) == 1
    small.send(rows_of(60, 60), "b")
    small.round()
    assert numbers(api, admin)["driftline_model_window_end_seconds", "churn"] == datetime(2026, 1, 5, 2, tzinfo=UTC).timestamp()


def test_what_is_not_known_is_not_told() -> None:
    """No zero stands for a metric without labels."""
    window = {"segment": None, "rows": 5, "columns": [], "performance": [{"metric": "f1", "value": None, "estimate": {"value": 0.7}}]}
    found = of_report({"verdict": "stable", "windows": [{**window, "labels": {"coverage": 0.4, "maturity": None}}]})
    assert (found["performance"], found["performance_estimated"]) == ([], [(("f1",), 0.7)])
    assert (found["label_coverage"], found["label_maturity"]) == ([((), 0.4)], [])
    assert of_report({"verdict": "stable", "windows": []}) == {}
