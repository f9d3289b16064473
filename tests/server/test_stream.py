"""The data pages: what waits, what came, and what could not be read."""

from __future__ import annotations

import re
from typing import Any

import httpx
import numpy as np
import pytest

from driftline.performance.maturity import AGES, Delays
from driftline.server import stream
from driftline.server.session import sign_of


def test_the_data_of_a_model_is_told(api: Any, small: Any, rows_of: Any, token: Any, signed_in: Any) -> None:
    """Windows with their rows and labels; and what waits in the whole service."""
    small.send(rows_of(0, 120), "a")
    small.round()
    headers = signed_in(token("viewer"))
    page = api.get("/models/churn/data", headers=headers).text
    assert "2026-01-05 01:00" in page
    assert "Dead letters" not in page
    everything = api.get("/data", headers=headers).text
    assert 'href="/models/churn/data"' in everything
    assert "Rows not counted yet" in everything


def test_how_late_labels_come_is_told(
    api: Any, small: Any, rows_of: Any, token: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where enough is known: how many ever come, and when half and nearly all of them are there."""
    share = np.interp(AGES, [0, 2 * 86400, 8 * 86400], [0.0, 0.4, 0.8])
    monkeypatch.setattr(stream, "delays_of", lambda *_: Delays(share=share, horizon=20 * 86400.0, ever=0.8, still_coming=True, alike=False))
    small.send(rows_of(0, 120), "a")
    small.round()
    page = api.get("/models/churn/data", headers=signed_in(token("viewer"))).text
    for said in (
        "How late labels come",
        "80% of the predictions",
        "Known up to an age of 20 days",
        "not shown to be like",
        "labels still came",
    ):
        assert said in page
    assert stream.lasting(86400.0) == "24 hours"


def test_earlier_windows_are_a_page_away(
    api: Any, small: Any, rows_of: Any, token: Any, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page leads to the one before, with what was said of its windows, until there are none."""
    monkeypatch.setattr(stream, "WINDOWS", 2)
    small.send(rows_of(0, 300), "a")
    small.round()
    headers, place, seen = signed_in(token("viewer")), "/models/churn/data", []
    while place:
        page = api.get(place, headers=headers).text
        seen += re.findall(r'<th scope="row"[^>]*>(2026-[^<]+)</th>', page)
        found = re.search(r'href="(/models/churn/data\?before=[^"]+)"', page)
        place = found[1] if found else ""
    assert seen == [f"2026-01-05 0{hour}:00" for hour in (4, 3, 2, 1, 0)]


def test_dead_letters_are_sent_again(api: Any, face: Any, small: Any, token: Any, signed_in: Any) -> None:
    """An operator sees them and chooses; it is in the trail, and one that still cannot be read stays."""
    text = token("operator")
    bearer = {"Authorization": f"Bearer {text}", "Idempotency-Key": "x"}
    sent = api.post("/v1/models/churn/predictions", json=[{"id": {"a": 1}, "amount": 1}], headers=bearer)
    assert sent.json()["refused"] == 1
    (letter,) = small.service.board.dead_letters(small.watched.id, before=None, limit=10)
    headers, sign = signed_in(text), sign_of(text)
    page = api.get("/models/churn/data", headers=headers).text
    assert f'value="{letter["id"]}"' in page
    assert api.post("/models/churn/data/replay", data={"sign": sign}, headers=headers).status_code == 422
    went = api.post("/models/churn/data/replay", data={"sign": sign, "id": str(letter["id"])}, headers=headers)
    assert went.status_code == 303
    assert "still" in went.headers["location"]
    assert small.service.board.trail(before=None, limit=1)[0]["action"] == "letters.replay"


@pytest.mark.browser
def test_letters_are_chosen_and_sent_again(browser: Any, face: Any, small: Any, token: Any, served: Any, opened: Any) -> None:
    """All at once with one box; the page says what became of them."""
    text = token("operator")
    with served(face) as url:
        sent = {"Authorization": f"Bearer {text}", "Idempotency-Key": "x"}
        told = httpx.post(f"{url}/v1/models/churn/predictions", json=[{"id": {"a": 1}, "amount": 1}], headers=sent).json()
        assert told["refused"] == 1
        with opened(browser, url, text, "/data") as page:
            assert "1" in page.locator(".tile", has_text="Dead letters").inner_text()
            page.get_by_role("link", name="churn").click()
            page.get_by_label("Choose all").check()
            page.get_by_role("button", name="Send the chosen ones again").click()
            assert "1 still cannot be read" in page.get_by_role("status").inner_text()
