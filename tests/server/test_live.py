"""Live updates, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.browser
def test_a_page_shows_what_was_judged_meanwhile(
    browser: Any, face: Any, small: Any, rows_of: Any, token: Any, served: Any, opened: Any
) -> None:
    """Nobody loads it again by hand."""
    with served(face) as url, opened(browser, url, token("viewer"), viewport={"width": 1400, "height": 700}) as page:
        assert "waiting" in page.locator("table.fleet td.state").inner_text()
        with page.expect_event("framenavigated", timeout=30_000):
            # The page has heard how things stand before they change.
            page.wait_for_timeout(2500)
            small.send(rows_of(0, 300), "a")
            small.round()
        page.locator("body[data-ready]").wait_for(state="attached")
        page.locator("table.fleet td.last", has_text="2026-01-05").wait_for()


def test_nobody_hears_who_has_not_signed_in(api: Any) -> None:
    """The stream is behind the door as all pages are."""
    assert api.get("/live").status_code == 303
