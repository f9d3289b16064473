"""Routes for monitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

YAML = "monitor: {name}\nreference: {reference}\nwindow: hour\ncolumns: {{id: id, timestamp: ts}}\n"


def put(api: Any, headers: dict[str, str], name: str, yaml: str) -> Any:
    """Create a monitor, or give it a new version."""
    return api.put(f"/v1/monitors/{name}", content=yaml.encode(), headers={**headers, "Content-Type": "application/yaml"})


def test_a_monitor_is_made_from_its_yaml(api: Any, admin: dict[str, str], small: Any) -> None:
    """A change is a version, the same again is none; each version is kept with whoever made it."""
    yaml = YAML.format(name="fraud", reference=small.reference)
    first, again, changed = (put(api, admin, "fraud", text) for text in (yaml, yaml, yaml + "confidence: 0.95\n"))
    assert [one.json()["version"] for one in (first, again, changed)] == [1, 1, 2]
    assert (first.status_code, first.json()["learnt"], first.json()["problem"]) == (200, False, None)
    history = api.get("/v1/monitors/fraud/versions", headers=admin).json()
    assert [(one["version"], one["author"].endswith("(test)")) for one in history] == [(2, True), (1, True)]
    assert api.post("/v1/monitors", content=YAML.format(name="other", reference="x"), headers=admin).json()["name"] == "other"


def test_yaml_that_is_wrong_is_refused(api: Any, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is wrong is named; YAML from outside may not read the service's environment, nor be endless or no text."""
    answer = put(api, admin, "fraud", "monitor: fraud\nreferense: x\n")
    assert (answer.status_code, "referense" in answer.json()["detail"]) == (422, True)
    assert "'fraud'" in put(api, admin, "churn", "monitor: fraud\nreference: x\n").json()["detail"]
    monkeypatch.setenv("DRIFTLINE_SECRET", "hunter2")
    assert put(api, admin, "fraud", "monitor: fraud\nreference: ${DRIFTLINE_SECRET}\n").status_code == 422
    assert put(api, admin, "fraud", "#" * 300_000).status_code == 413
    assert api.put("/v1/monitors/fraud", content=b"\xff\xfe", headers=admin).status_code == 422
    assert put(api, admin, "a%0Ab", "reference: x\n").status_code == 422


def test_monitors_are_listed_page_by_page(api: Any, admin: dict[str, str]) -> None:
    """By name, or those whose name contains a text."""
    for number in range(5):
        put(api, admin, f"m{number}", "reference: x\n")
    names, after = [], ""
    while after is not None:
        page = api.get("/v1/monitors", params={"limit": 2, "after": after}, headers=admin).json()
        names += [one["name"] for one in page["items"]]
        after = page["after"]
    assert names == ["churn", "m0", "m1", "m2", "m3", "m4"]
    assert [one["name"] for one in api.get("/v1/monitors?search=m3", headers=admin).json()["items"]] == ["m3"]
    assert api.get("/v1/monitors/m3", headers=admin).json()["yaml"] == "reference: x\n"


def test_a_monitor_gets_another_name_and_keeps_its_past(api: Any, admin: dict[str, str], small: Any, rows_of: Any) -> None:
    """Rows go to the new name; what was said is found under it."""
    small.send(rows_of(0, 60), "b")
    small.round()
    assert api.patch("/v1/monitors/churn", json={"name": "leavers"}, headers=admin).json()["name"] == "leavers"
    assert len(api.get("/v1/monitors/leavers/verdicts", headers=admin).json()["items"]) == 1
    assert api.post("/v1/models/leavers/predictions", json={"amount": 1}, headers=admin).status_code == 202
    assert api.post("/v1/models/churn/predictions", json={"amount": 1}, headers=admin).status_code == 404


def test_a_retired_monitor_is_gone(api: Any, admin: dict[str, str]) -> None:
    """Until a new version takes it up."""
    assert api.delete("/v1/monitors/churn", headers=admin).status_code == 204
    assert api.get("/v1/monitors/churn", headers=admin).status_code == 404
    assert put(api, admin, "churn", "reference: x\n").json()["version"] == 2


def test_a_backfill_reopens_windows(api: Any, admin: dict[str, str], small: Any, rows_of: Any) -> None:
    """Those that end after a time, which must name its zone."""
    small.send(rows_of(0, 180), "b")
    small.round()
    answer = api.post("/v1/monitors/churn/backfill", json={"since": "2026-01-05T01:00:00Z"}, headers=admin)
    assert (answer.status_code, answer.json()) == (202, {"windows": 2})
    assert small.round().judged == 2
    assert api.post("/v1/monitors/churn/backfill", json={"since": "2026-01-05T01:00:00"}, headers=admin).status_code == 422
