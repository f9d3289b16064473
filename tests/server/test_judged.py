"""Routes for what was said, and for what was wrong with the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from driftline.reports.document import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def judged(small: Any, rows_of: Any) -> Any:
    """Five windows, the last of which drifted."""
    small.send(rows_of(0, 240), "a")
    small.send(rows_of(240, 60, shift=3.0), "b")
    small.round()
    return small


def pages(api: Any, headers: dict[str, str], path: str) -> list[dict[str, Any]]:
    """All items, two at a time."""
    items: list[dict[str, Any]] = []
    before = ""
    while True:
        page = api.get(f"{path}{'&' if '?' in path else '?'}limit=2{before}", headers=headers).json()
        items += page["items"]
        if page["before"] is None:
            return items
        before = f"&before={page['before']}"


@pytest.mark.usefixtures("judged")
def test_windows_and_verdicts_page_by_page(api: Any, admin: dict[str, str]) -> None:
    """The newest first, each once; only those with a verdict that is asked for."""
    windows = pages(api, admin, "/v1/monitors/churn/windows")
    assert [one["label"][-5:] for one in windows] == ["04:00", "03:00", "02:00", "01:00", "00:00"]
    assert (windows[0]["verdict"], windows[0]["rows"]) == ("drifted", 60)
    assert len(pages(api, admin, "/v1/monitors/churn/verdicts")) == 5
    assert {one["verdict"] for one in pages(api, admin, "/v1/monitors/churn/verdicts?verdict=drifted")} == {"drifted"}
    assert len(pages(api, admin, "/v1/monitors/churn/verdicts?window=2026-01-05 01:00")) == 1
    assert len(pages(api, admin, "/v1/monitors/churn/windows?verdict=drifted")) == 1


@pytest.mark.usefixtures("judged")
def test_reports(api: Any, admin: dict[str, str]) -> None:
    """The newest, or a window's, as `driftline check --json` writes it; what was not judged is not there."""
    newest = api.get("/v1/monitors/churn/report", headers=admin).json()
    assert (newest["schema"], newest["verdict"], newest["windows"][0]["label"]) == (SCHEMA, "drifted", "2026-01-05 04:00")
    assert api.get("/v1/monitors/churn/report?window=2026-01-05 01:00", headers=admin).json()["windows"][0]["rows"] == 60
    assert api.get("/v1/monitors/churn/report?window=never", headers=admin).status_code == 404


def test_business_figures(api: Any, admin: dict[str, str], face: Any, judged: Any, tmp_path: Path, signed_in: Any, token: Any) -> None:
    """Each beside the windows that were judged, by the API and on the model's page; one that cannot be read says why."""
    days = "".join(f"2026-01-05T0{hour}:30:00+00:00,{hour + 1}.5\n" for hour in range(5))
    (tmp_path / "kpi.csv").write_text(f"at,rate\n{days}")
    places = {"sales": tmp_path / "kpi.csv", "lost": tmp_path / "gone.csv"}
    lines = [f"    - {{name: {name}, from: {place}, time: at, value: rate}}\n" for name, place in places.items()]
    yaml = judged.watched.yaml + "performance:\n  kpis:\n" + "".join(lines)
    face.service.watch(yaml, judged.watched.directory, face.clock(), actor="test")
    sales, lost = api.get("/v1/monitors/churn/kpis", headers=admin).json()
    assert sales["values"] == [1.5, 2.5, 3.5, 4.5, 5.5]
    assert "lost cannot be read" in lost["sentence"]
    headers = signed_in(token("viewer"))
    table = api.get("/models/churn/csv/business", headers=headers).text.splitlines()
    assert (table[0], len(table)) == ("window,figure,value,beside,correlation", 11)
    page = api.get("/models/churn", headers=headers).text
    assert "Business figures beside the model" in page
    assert sales["sentence"] in page


def test_findings(api: Any, admin: dict[str, str], small: Any, rows_of: Any) -> None:
    """Columns that came or went."""
    small.send(rows_of(0, 5), "a")
    small.send([{**row, "features": {"amount": "much"}} for row in rows_of(5, 5)], "b")
    whats = [one["what"] for one in pages(api, admin, "/v1/monitors/churn/findings")]
    assert sorted(whats) == ["the column 'amount' holds text, which held number", "the column 'plan' is missing"]


def test_dead_letters_are_replayed_once(api: Any, admin: dict[str, str], small: Any) -> None:
    """Those that can be read by now are taken, once; the others stay."""
    fine = '{"id": "x", "features": {"amount": 1.0}, "timestamp": "2026-01-05T00:00:00Z"}'
    small.send([7, [1]], "a")
    with small.service.database.writing() as tx:
        tx.exec_driver_sql("update dead_letters set row = ? where id = 1", (fine,))
    ids = {"ids": [1, 2, 99]}
    first, again = (api.post("/v1/monitors/churn/dead-letters/replay", json=ids, headers=admin).json() for _ in range(2))
    assert (first["rows"], first["refused"]) == (1, 1)
    assert (again["rows"], again["refused"]) == (0, 1)
    letters = pages(api, admin, "/v1/monitors/churn/dead-letters")
    assert [(one["id"], one["replayed"] is not None) for one in letters] == [(2, False), (1, True)]
    small.round()
    assert small.windows()["2026-01-05 00:00"]["rows"] == 1
    trail = small.service.board.trail(before=None, limit=10)
    assert [(one["subject"], one["actor"].endswith("(test)")) for one in trail if one["action"] == "letters.replay"] == [
        ("churn", True)
    ] * 2
