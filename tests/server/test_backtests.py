"""A backtest is sent, read again, and stands on the page of decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from driftline.decisions.matrix import Matrix
from driftline.decisions.policies import compare
from driftline.reports.bill import to_dict
from driftline.server.backtests import LARGEST

HERE, PAGE = "/v1/monitors/churn/backtest", "/models/churn/decisions"
MODEL, WINDOW = np.indices((12, 12))
MATRIX = Matrix(np.where(WINDOW >= MODEL, 1.0 + 4.0 * ((WINDOW >= 5) & (MODEL <= 5)), np.nan), 3.0)
COMPARED = to_dict(compare(MATRIX, {5}, (), np.random.default_rng(0)), tuple(f"day {day}" for day in range(12)), "EUR")
SAID = COMPARED | {"assumed": ["a <b>cost</b> was assumed"], "alarms": 2, "rows": None, "curve": None}


def test_a_backtest_is_sent_and_read_again(api: Any, small: Any, face: Any, token_of: Any) -> None:
    """By operators; viewers read it as it was sent; the audit trail says who sent it."""
    assert small.watched.name == "churn"
    operator, viewer = token_of("operator"), token_of("viewer")
    assert api.get(HERE, headers=viewer).status_code == 404
    assert api.post(HERE, json=SAID, headers=viewer).status_code == 403
    assert api.post(HERE, json=SAID, headers=operator).status_code == 204
    found = api.get(HERE, headers=viewer).json()
    assert found["backtest"] == SAID
    assert found["actor"]
    (last,) = face.service.board.trail(before=None, limit=1)
    assert (last["action"], last["subject"]) == ("backtest.keep", "churn")
    assert api.post("/v1/monitors/nobody/backtest", json=SAID, headers=operator).status_code == 404


def test_what_is_no_backtest_is_refused(api: Any, small: Any, token_of: Any) -> None:
    """With a fact and the next step; what was kept stays."""
    assert small.watched.name == "churn"
    operator = token_of("operator")
    assert api.post(HERE, json=SAID, headers=operator).status_code == 204
    changes = ({"schema": 2}, {"more": 1}, {"period": float("inf")}, {"unit": "\ud800"}, {"windows": SAID["windows"][1:]})
    wrong = [json.dumps({**SAID, **change}).encode() for change in changes]
    for body in (b"", b"{", b"[" * 100_000, b"\xff", b'{"\\ud800": 1}', *wrong):
        answer = api.post(HERE, content=body, headers=operator)
        assert answer.status_code == 422, body[:80]
        assert answer.json()["hint"]
    assert api.get(HERE, headers=operator).json()["backtest"] == SAID


def test_no_more_is_read_than_is_allowed(api: Any, small: Any, token_of: Any) -> None:
    """A body that is too large is refused by its size."""
    assert small.watched.name == "churn"
    assert api.post(HERE, content=b" " * (LARGEST + 1), headers=token_of("operator")).status_code == 413


def test_the_page_tells_how_to_make_one_and_then_shows_it(api: Any, small: Any, token: Any, token_of: Any, signed_in: Any) -> None:
    """Policies with their costs, the figure, the recommendation and what was assumed; texts are texts; of two, the newer."""
    assert small.watched.name == "churn"
    headers = signed_in(token("viewer"))
    assert "driftline backtest --json" in api.get(PAGE, headers=headers).text
    for said in ({**SAID, "unit": "hens"}, SAID):
        assert api.post(HERE, json=said, headers=token_of("operator")).status_code == 204
    page = api.get(PAGE, headers=headers).text
    for said in ("this policy", "oracle", "costs are in EUR", "Cumulative cost", 'class="ours"', "A &lt;b&gt;cost&lt;/b&gt; was assumed"):
        assert said in page
    assert "hens" not in page
    assert "No backtest has been sent yet" not in page


@pytest.mark.browser
def test_somebody_looks_at_the_backtest(
    browser: Any, small: Any, face: Any, api: Any, token: Any, token_of: Any, served: Any, opened: Any
) -> None:
    """The table has a row a policy, and the figure is drawn with a line for each."""
    assert small.watched.name == "churn"
    assert api.post(HERE, json=SAID, headers=token_of("operator")).status_code == 204
    with served(face) as url, opened(browser, url, token("viewer"), PAGE) as page:
        section = page.get_by_role("region", name="What policies would have cost")
        assert section.locator("tbody tr").count() == len(SAID["policies"])
        assert section.locator("tr.chosen").inner_text().split("\t")[:3] == ["this policy", "19", "1"]
        assert section.locator(".spending path").count() == len(SAID["policies"])
        assert section.locator(".spending .ours").bounding_box()["height"] > 50
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_the_figure_is_had_as_a_picture_and_as_numbers(
    browser: Any, small: Any, api: Any, face: Any, token: Any, token_of: Any, served: Any, opened: Any
) -> None:
    """Beside it a button saves it as PNG, and a link its numbers as CSV."""
    assert small.watched.name == "churn"
    assert api.post(HERE, json=SAID, headers=token_of("operator")).status_code == 204
    with served(face) as url, opened(browser, url, token("viewer"), PAGE) as page:
        for role, name, begins in (("button", "as a picture", b"\x89PNG"), ("link", "as CSV", b"window,policy")):
            with page.expect_download() as got:
                page.get_by_role(role, name=f"Cumulative cost {name}").click()
            assert Path(got.value.path()).read_bytes().startswith(begins)
