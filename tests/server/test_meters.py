"""Numbers for Prometheus."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from driftline.server.meters import of_models


def numbers(api: Any, headers: dict[str, str]) -> dict[tuple[str, ...], float]:
    """All numbers by name and labels."""
    text = api.get("/metrics", headers=headers).text
    return {(one.name, *one.labels.values()): one.value for family in text_string_to_metric_families(text) for one in family.samples}


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


def test_performance_and_label_coverage() -> None:
    """Where labels have come."""
    window = {
        "segment": None,
        "rows": 5,
        "columns": [],
        "performance": [{"metric": "roc_auc", "value": 0.8, "coverage": 0.4}, {"metric": "f1", "value": None}],
    }
    report: dict[str, Any] = {"verdict": "stable", "windows": [window]}
    found = {(one.name, *one.labels.values()): one.value for family in of_models([("churn", report)]) for one in family.samples}
    assert found["driftline_model_performance", "churn", "roc_auc"] == pytest.approx(0.8)
    assert found["driftline_model_label_coverage", "churn"] == pytest.approx(0.4)
    assert ("driftline_model_performance", "churn", "f1") not in found
    assert [one.samples for one in of_models([("empty", {"verdict": "stable", "windows": []})])] == [[], [], [], [], []]
