"""The pages as people see them: in a real browser, with a service behind them that runs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from driftline.decisions.matrix import Matrix
from driftline.decisions.policies import compare
from driftline.pages.look import address
from driftline.reports.bill import to_dict
from driftline.server.demonstration import Demonstration
from driftline.server.face import wall_clock
from driftline.server.session import COOKIE
from driftline.store.backtests import Backtests


@pytest.mark.browser
def test_somebody_signs_in_looks_and_leaves(browser: Any, face: Any, token: Any, served: Any, opened: Any) -> None:
    """From the door to the page that was asked for, and out again."""
    text = token("viewer")
    with served(face) as url, opened(browser, url, "", "/?sort=name") as page:
        page.get_by_label("Token").fill(text)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/?sort=name")
        assert page.get_by_role("heading", level=1).inner_text() == "Fleet"
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/signin")


@pytest.mark.browser
@pytest.mark.parametrize("screen", [(390, "light"), (390, "dark"), (900, "dark"), (1400, "light")])
def test_the_fleet_fits_every_screen(
    browser: Any, face: Any, small: Any, token: Any, rows_of: Any, served: Any, opened: Any, screen: tuple[int, str]
) -> None:
    """No width makes the page scroll sideways, and every model leads to its page."""
    small.send(rows_of(0, 600), "a")
    small.round()
    width, scheme = screen
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with served(face) as url, opened(browser, url, token("viewer"), **options) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("table.fleet a.name").first.get_attribute("href") == "/models/churn"


@pytest.mark.browser
def test_the_fleet_is_searched_filtered_and_sorted(browser: Any, face: Any, small: Any, token: Any, served: Any, opened: Any) -> None:
    """By keys and by clicks; what is shown stands in the address."""
    for name in ("alpha", "beta"):
        small.service.fleet.put(name, f"monitor: {name}\nreference: r.parquet", "/", wall_clock(), actor="test")
    names = "table.fleet a.name"
    with served(face) as url, opened(browser, url, token("viewer")) as page:
        page.keyboard.press("/")
        page.keyboard.type("alp")
        page.keyboard.press("Enter")
        page.wait_for_url("**search=alp**")
        assert page.locator(names).all_inner_texts() == ["alpha"]
        page.goto(f"{url}/")
        page.get_by_label("Sort").select_option("name")
        page.wait_for_url("**sort=name")
        assert page.locator(names).all_inner_texts() == ["alpha", "beta", "churn"]
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.textContent") == "beta"
        page.get_by_role("link", name=re.compile("Waiting")).click()
        page.wait_for_url("**verdict=waiting**")


@pytest.mark.browser
def test_the_theme_is_remembered(browser: Any, face: Any, token: Any, served: Any, opened: Any) -> None:
    """Whoever turns the page dark finds it dark again."""
    with served(face) as url, opened(browser, url, token("viewer"), color_scheme="light") as page:
        page.locator("#theme").click()
        page.goto(f"{url}/?sort=name")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 19, 24)"


@pytest.mark.browser
def test_the_button_of_a_first_start_loads_the_demo(browser: Any, face: Any, small: Any, token: Any, served: Any, opened: Any) -> None:
    """The page goes on by itself, to a fleet with a model in it."""
    small.service.fleet.retire(small.watched.id, wall_clock(), actor="test")
    face.demonstration = Demonstration(face.service, face.intake, wall_clock, days=2, rows=400)
    with served(face) as url, opened(browser, url, token("operator")) as page:
        page.get_by_role("button", name="Load the demo").click()
        page.locator("table.fleet a.name", has_text="payments-demo").wait_for(timeout=60_000)


def test_a_first_start_says_what_to_do_next(api: Any, face: Any, small: Any, token: Any, signed_in: Any) -> None:
    """Without a model there is a way to one of one's own, and a button for the demo where somebody may press it."""
    small.service.fleet.retire(small.watched.id, wall_clock(), actor="test")
    for role, may in (("operator", True), ("viewer", False)):
        page = api.get("/", headers=signed_in(token(role)))
        assert page.status_code == 200
        assert "No model is watched yet" in page.text
        assert ('action="/demo"' in page.text) is may


def test_pages_let_no_foreign_script_run(api: Any, token: Any, signed_in: Any) -> None:
    """The policy has no unsafe scripts, nobody may frame a page, and no page is kept in a shared cache."""
    headers = api.get("/", headers=signed_in(token("viewer"))).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["cache-control"] == "no-store"


def test_assets_are_kept_for_ever_and_come_packed(api: Any) -> None:
    """They need no token, and an address that is not theirs is a page that says so."""
    found = api.get(address("room.css"), headers={"Accept-Encoding": "gzip"})
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["content-encoding"] == "gzip"
    plain = api.get(address("room.css"), headers={"Accept-Encoding": "identity"})
    assert plain.text == found.text
    assert api.get("/assets/room.0.css").status_code == 404


def test_troubles_are_pages(api: Any, token: Any, signed_in: Any) -> None:
    """What somebody may not do is said in words, in HTML."""
    refused = api.post("/demo", data={}, headers=signed_in(token("viewer")))
    assert refused.status_code == 403
    assert refused.headers["content-type"].startswith("text/html")
    assert "may not do the work of" in refused.text
    assert api.get("/?page=0", headers=signed_in(token("viewer"))).status_code == 422


PAGES = (
    "/signin", "/", "/incidents", "/data", "/settings", "/models/churn", "/models/churn/columns/amount", "/models/churn/data",
    "/models/churn/settings", "/models/churn/decisions", "/models/churn/rollout", "/models/churn/channels", "/models/churn/versions",
    "/incidents?all=1", "/incidents/1", "/incidents/1/report", "/models/nobody",
)  # fmt: skip
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
REACHED = """() => {
    const lit = document.activeElement, style = lit && getComputedStyle(lit);
    return lit === document.body ? null : [lit.dataset.mine ?? '', style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0];
}"""
USED = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((node) => node.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false }))
    .filter((node) => !node.disabled && node.tabIndex >= 0)
    .map((node, at) => (node.dataset.mine = `${at} ${node.outerHTML.slice(0, 100)}`))"""


@pytest.fixture
def lived(small: Any, rows_of: Any) -> Any:
    """A model with twenty hours, the last ten drifted, and a backtest."""
    small.send(rows_of(0, 600), "a")
    small.send(rows_of(600, 600, shift=2.0), "b")
    small.round()
    costs = Matrix(np.where(np.triu(np.ones((12, 12))) > 0, 1.0 + np.arange(12), np.nan), 3.0)
    compared = to_dict(compare(costs, {5}, (), np.random.default_rng(0)), tuple(f"day {day}" for day in range(12)), "EUR")
    said = compared | {"assumed": [], "alarms": 2, "rows": None, "curve": None}
    Backtests(small.service.database).keep(small.watched.id, "churn", said, wall_clock(), actor="test")
    return small


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(browser: Any, face: Any, lived: Any, token: Any, served: Any, scheme: str) -> None:
    """Axe finds nothing serious or critical by WCAG 2.2 AA on any page, light or dark, and no page scrolls sideways on a telephone."""
    with served(face) as url:
        context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
        context.add_cookies([{"name": COOKIE, "value": token("admin"), "url": url}])
        page, found = context.new_page(), []
        for path in PAGES:
            page.goto(url + path)
            if not path.endswith("/report"):
                page.locator("body[data-ready]").wait_for(state="attached")
            told = Axe().run(page, options=WCAG).response["violations"]
            found += [(path, one["id"], one["nodes"][0]["html"][:200]) for one in told if one["impact"] in {"serious", "critical"}]
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        context.close()
    assert found == []


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/settings", "/models/churn", "/models/churn/columns/amount"])
def test_every_action_is_reached_by_keys(browser: Any, face: Any, lived: Any, token: Any, served: Any, opened: Any, path: str) -> None:
    """The tab key leads to every link, button and field, and shows where it is."""
    with served(face) as url, opened(browser, url, token("admin"), path) as page:
        wanted, reached = page.evaluate(USED), {}
        for _ in range(2 * len(wanted) + 10):
            page.keyboard.press("Tab")
            told = page.evaluate(REACHED)
            if told is None:
                break
            reached[told[0]] = told[1]
        assert [one for one in wanted if one not in reached] == []
        assert [one for one in wanted if not reached[one]] == []
