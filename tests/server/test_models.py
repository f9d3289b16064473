"""One model's page, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from driftline.server.face import wall_clock
from driftline.services.intake import Kind


@pytest.fixture
def watched(small: Any, rows_of: Any) -> Any:
    """A model with twenty hours, of which the last ten drifted and fifteen have labels."""
    small.send(rows_of(0, 600), "a")
    small.send(rows_of(600, 600, shift=2.0), "b")
    small.send([{"id": f"p{i}", "value": i % 2} for i in range(900)], "l", Kind.LABELS)
    small.round()
    return small


AT_ONCE = 8
"""Chromium saves ten files that a page offers within seconds; the next it keeps to itself until somebody says yes."""


def draw_every(page: Any) -> None:
    """Scroll to each figure, as a reader would, until it is drawn."""
    for figure in page.locator(".figure").all():
        if figure.is_visible():
            figure.scroll_into_view_if_needed()
            figure.and_(page.locator("[data-drawn]")).wait_for()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (900, "dark"), (1400, "light"), (390, "dark")])
def test_the_page_draws_everything_on_every_screen(
    browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any, width: int, scheme: str
) -> None:
    """Every figure is drawn, nothing is complained of, and no width makes the page scroll sideways."""
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn", **options) as page:
        draw_every(page)
        assert page.locator("#heatmap canvas").count() == 1
        assert page.locator("#performance .js-plotly-plot").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_a_column_opens_and_has_an_address(browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any) -> None:
    """A click asks for the column and shows its distribution; the address leads there again."""
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn") as page:
        page.get_by_role("button", name="amount", exact=True).click()
        page.locator(".panel .figure[data-drawn]").first.wait_for()
        assert "column=amount" in page.url
        here = page.url
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn" + here[here.index("#") :]) as page:
        page.locator(".panel .figure[data-drawn]").first.wait_for()


@pytest.mark.browser
def test_another_window_is_asked_for(browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any) -> None:
    """The table tells of the window that somebody chose."""
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn") as page:
        page.locator("#window").select_option("0")
        page.locator("#window-says .chip").wait_for()
        page.locator("#earlier[disabled]").wait_for()
        assert page.locator("#rows tr.line").count() > 0


@pytest.mark.browser
def test_the_metric_that_is_looked_at_stands_in_the_address(
    browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any
) -> None:
    """Whoever opens the address sees the same figure."""
    text, metric = token("viewer"), "#performance .of-metric select"
    with served(face) as url:
        with opened(browser, url, text, "/models/churn") as page:
            page.locator(metric).select_option(label="accuracy")
            page.wait_for_url("**performance=accuracy**")
        with opened(browser, url, text, "/models/churn?performance=accuracy") as page:
            assert page.locator(metric).evaluate("node => node.selectedOptions[0].textContent") == "accuracy"


def test_a_model_that_waits_says_why(api: Any, small: Any, token: Any, signed_in: Any) -> None:
    """Nothing judged yet; and what keeps it from being judged, where something does."""
    headers = signed_in(token("viewer"))
    assert "no window has been judged yet" in api.get("/models/churn", headers=headers).text
    small.service.fleet.failed(small.watched.id, small.watched.version, "the reference is gone", wall_clock())
    assert "the reference is gone" in api.get("/models/churn", headers=headers).text


@pytest.mark.parametrize(
    "path",
    [
        "/models/nobody",
        "/models/churn/window?window=x",
        "/models/churn/column?window=x&column=a",
        "/models/churn/sheet?window=x",
        "/models/churn/columns/nobody",
    ],
)
def test_what_is_not_there_is_said(api: Any, watched: Any, token: Any, signed_in: Any, path: str) -> None:
    """404, as a page."""
    assert api.get(path, headers=signed_in(token("viewer"))).status_code == 404


@pytest.mark.parametrize("path", ["/models/churn", "/models/churn/window?window=x", "/models/churn/column?window=x&column=a"])
def test_nobody_looks_who_has_not_signed_in(api: Any, watched: Any, path: str) -> None:
    """Everything leads to the door."""
    assert api.get(path).status_code == 303


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1300, "light")])
def test_a_column_has_a_page_of_its_own(
    browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any, width: int, scheme: str
) -> None:
    """Every figure is drawn on every screen; another window is shown on demand, and stands in the address."""
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn/columns/amount", **options) as page:
        assert "amount of churn has drifted" in page.get_by_role("heading", level=1).inner_text()
        draw_every(page)
        assert page.locator(".js-plotly-plot").count() == 3
        page.get_by_role("button", name="Earlier window").click()
        page.wait_for_url("**window=*")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_models_page_leads_to_the_columns(browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any) -> None:
    """An open column has a link to its own page."""
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn") as page:
        page.get_by_role("button", name="amount", exact=True).click()
        page.get_by_role("link", name="own page").click()
        page.wait_for_url("**/models/churn/columns/amount")
        page.locator("body[data-ready]").wait_for(state="attached")


@pytest.mark.browser
def test_every_figure_is_had_as_a_picture_and_as_numbers(
    browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any
) -> None:
    """A button beside each figure saves it as PNG, another its numbers as CSV."""
    for path in ("/models/churn", "/models/churn/columns/amount"):
        saved, begun = {"PNG": 0, "CSV": 0}, 0
        with served(face) as url:
            while begun == sum(saved.values()):
                with opened(browser, url, token("viewer"), path) as page:
                    draw_every(page)
                    for button in page.locator(".export button:visible").all()[begun : begun + AT_ONCE]:
                        with page.expect_download() as got:
                            button.click()
                        body = Path(got.value.path()).read_bytes()
                        kind = button.inner_text()
                        saved[kind] += 1
                        assert body.startswith(b"\x89PNG") if kind == "PNG" else body.count(b"\n") > 2
                    figures = page.locator(".figure:visible, .map:visible").count()
                begun += AT_ONCE
        assert saved["PNG"] == figures
        assert saved["CSV"] >= 3
