"""Annotations over the API and in the page."""

from __future__ import annotations

from typing import Any

import pytest

AXES = """[...document.querySelectorAll('.figure[data-time][data-drawn]')]
    .map(({ layout }) => [Math.round(layout.xaxis.range[0] + 0.6), Math.round(layout.xaxis.range[1] - 0.6)])"""


@pytest.fixture
def watched(small: Any, rows_of: Any) -> Any:
    """A model with ten hours."""
    small.send(rows_of(0, 600), "a")
    small.round()
    return small


def test_annotations_are_written_listed_and_taken_away(api: Any, watched: Any, token_of: Any) -> None:
    """By operators; viewers read; what names no window is refused."""
    here, operator, viewer = "/v1/monitors/churn/annotations", token_of("operator"), token_of("viewer")
    label = next(iter(watched.windows()))
    asked = {"window": label, "text": "the campaign began"}
    assert api.post(here, json=asked, headers=viewer).status_code == 403
    made = api.post(here, json=asked, headers=operator)
    assert made.status_code == 201
    (one,) = api.get(here, headers=viewer).json()
    assert (one["window"], one["text"]) == (label, "the campaign began")
    assert api.post(here, json={**asked, "window": "nowhere"}, headers=operator).status_code == 422
    assert api.delete(f"{here}/{made.json()['id']}", headers=operator).status_code == 204
    assert api.delete(f"{here}/{made.json()['id']}", headers=operator).status_code == 404
    assert api.get(here, headers=viewer).json() == []


@pytest.mark.browser
def test_one_range_of_time_holds_in_every_figure(browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any) -> None:
    """Dragging over a figure, or choosing by keys, sets every figure of time, the heat map and the address; which leads there again."""
    with served(face) as url, opened(browser, url, token("viewer"), "/models/churn") as page:
        page.locator("#predictions:not([hidden])").wait_for()
        page.locator("#predictions").scroll_into_view_if_needed()
        page.locator("#prediction-drift[data-drawn]").wait_for()
        frame = page.locator("#prediction-drift .plot .xy, #prediction-drift .nsewdrag").first.bounding_box()
        middle = frame["y"] + frame["height"] / 2
        page.mouse.move(frame["x"] + frame["width"] * 0.25, middle)
        page.mouse.down()
        page.mouse.move(frame["x"] + frame["width"] * 0.65, middle, steps=4)
        page.mouse.up()
        page.wait_for_url("**from=*")
        ends = [page.locator(one).evaluate("(node) => Number(node.value)") for one in ("#from", "#to")]
        assert 0 < ends[0] < ends[1] < 9
        assert all(axis == [ends[0], ends[1]] for axis in page.evaluate(AXES))
        here = page.url
        page.get_by_role("button", name="All windows").click()
        assert "from=" not in page.url
        page.locator("#from").select_option("4")
        assert all(axis[0] == 4 for axis in page.evaluate(AXES))
        page.goto(here)
        page.locator("body[data-ready]").wait_for(state="attached")
        assert [page.locator(one).evaluate("(node) => Number(node.value)") for one in ("#from", "#to")] == ends


@pytest.mark.browser
def test_somebody_writes_at_a_window_and_takes_it_away(browser: Any, face: Any, watched: Any, token: Any, served: Any, opened: Any) -> None:
    """It is marked on the axis, told in the list, and gone again."""
    with served(face) as url, opened(browser, url, token("operator"), "/models/churn") as page:
        page.get_by_label("What happened in the world").fill("the campaign began")
        page.get_by_role("button", name="Write it down").click()
        page.locator("#marks .annotation").wait_for()
        assert "the campaign began" in page.locator(".events").inner_text()
        page.get_by_role("button", name="Remove the annotation").click()
        page.locator("#marks .annotation").wait_for(state="detached")
