from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from driftline.reports.bundle import plotly_packed
from driftline.reports.html import to_html
from driftline.reports.track import About, courses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from driftline.verdicts.report import Report


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dict[str, Path]:
    """Reports as files, as people open them."""
    folder = tmp_path_factory.mktemp("reports")
    made = {}
    for name in ("report", "hostile", "odd", "modelled", "parted", "classes", "amounts"):
        one = request.getfixturevalue(name)
        made[name] = folder / f"{name}.html"
        made[name].write_text(to_html(one), encoding="utf-8")
    return made


@contextmanager
def opened(browser: Any, file: Path, **options: Any) -> Iterator[Any]:
    """A page, opened and drawn; when it is left, it has complained of nothing and asked for nothing."""
    context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options})
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.dismiss()}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.locator("body[data-ready]").wait_for(state="attached", timeout=60_000)
    yield page
    context.close()
    assert complaints == []
    assert asked == [file.as_uri()]


def every_figure(page: Any) -> None:
    """Scroll to each figure, as a reader would, until it is drawn."""
    for figure in page.locator(".figure").all():
        if figure.is_visible():
            figure.scroll_into_view_if_needed()
            figure.and_(page.locator("[data-drawn]")).wait_for()


def names(page: Any) -> list[str]:
    """The columns in the table, in its order."""
    return [text.strip() for text in page.locator("#rows tr.line .name button").all_text_contents()]


class Skeleton(HTMLParser):
    """Collects the tags and the scripts of a document."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        self.inside = dict(attrs).get("id") or tag

    def handle_data(self, data: str) -> None:
        """Note a text, under the id or the tag it stands in."""
        self.texts[self.inside] = self.texts.get(self.inside, "") + data


def parsed(text: str) -> Skeleton:
    """Read a document as HTML."""
    skeleton = Skeleton()
    skeleton.feed(text)
    return skeleton


def test_the_top_says_what_happened(pages: dict[str, Path]) -> None:
    """Without any script: the verdict, since when, why, what was promised and what to look at."""
    text = parsed(pages["report"].read_text(encoding="utf-8")).texts
    assert "Drifted since 2026-03-26" in text["title"]
    assert text["headline"].startswith("3 columns have drifted")
    whole = pages["report"].read_text(encoding="utf-8")
    assert "At most 1 false alarm in 30 days" in whole
    assert whole.index("Would wake somebody") < whole.index("Input drift") < whole.index("14 lines are broken")


def test_the_file_refers_to_nothing(pages: dict[str, Path]) -> None:
    """No tag of the document points outside of it."""
    for file in pages.values():
        for tag, attributes in parsed(file.read_text(encoding="utf-8")).tags:
            for name in ("src", "href", "action", "srcset", "data"):
                target = attributes.get(name) or ""
                assert target == "" or target.startswith(("#", "data:")), (tag, target)


def test_strangers_names_are_text(pages: dict[str, Path]) -> None:
    """No tag and no script of the document comes from a name or a value."""
    skeleton = parsed(pages["hostile"].read_text(encoding="utf-8"))
    tags = [tag for tag, _ in skeleton.tags]
    assert tags.count("script") == 3
    assert "img" not in tags
    assert json.loads(skeleton.texts["data"])["segments"][1]["name"] == "<EU>"


def test_a_hundred_columns_in_ninety_windows_are_light(fake: ModuleType) -> None:
    """Beside the plotting library the report stays under 1.5 MB."""
    size = len(to_html(fake.fake_report(100, 90)).encode())
    assert size - len(plotly_packed()) < 1_500_000


def test_performance_is_said_before_any_script_runs(pages: dict[str, Path], parted: Report) -> None:
    """The metric that decides, who should be woken, and every segment, worst first, are words in the file."""
    text = pages["parted"].read_text(encoding="utf-8")
    assert text.index("ROC AUC 0.") < text.index("Would wake somebody") < text.index("Input drift")
    assert 'data-about="performance" data-metric="roc_auc"' in text
    table = text[text.index('<table class="data segments">') :].split("</table>")[0]
    found = courses(parted, About.PERFORMANCE)
    assert re.findall(r'data-segment="([^"]*)"', table) == [escape(course.track.segment or "") for course in found]
    assert found[0].now


def test_without_a_model_nothing_is_said_of_performance(pages: dict[str, Path]) -> None:
    """No empty section stands where nothing is watched."""
    assert not {"performance", "operations", "sheet"} & {
        dict(a).get("id") for _, a in parsed(pages["report"].read_text(encoding="utf-8")).tags
    }


@pytest.mark.browser
def test_the_library_waits_until_a_figure_is_near(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """The heat map and the table are there before the plotting library starts, and figures far below are not drawn."""
    with opened(browser, pages["modelled"], viewport={"width": 1300, "height": 700}) as page:
        page.locator("#performance .track[data-drawn]").wait_for()
        assert page.locator("#missing[data-drawn]").count() == 0
        page.locator("#missing").scroll_into_view_if_needed()
        page.locator("#missing[data-drawn]").wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("which", ["modelled", "parted", "classes", "amounts"])
def test_performance_is_drawn_quietly(browser: Any, pages: dict[str, Path], which: str) -> None:
    """Every figure of performance is drawn, in every window that has a sheet, without a complaint."""
    with opened(browser, pages[which]) as page:
        every_figure(page)
        assert page.locator(".health .track .js-plotly-plot, .health .track.js-plotly-plot").count() == 1
        assert page.locator(".portrait:visible").count() >= 2
        for place in range(page.locator("#sheet-window option").count()):
            page.locator("#sheet-window").select_option(str(place))
        page.locator("#metrics tbody tr").first.wait_for()


@pytest.mark.browser
def test_gaps_between_groups_are_drawn_whatever_segment_is_chosen(browser: Any, expect: Any, parted: Report, tmp_path: Path) -> None:
    """The card of fairness has a figure of its own, also on a telephone, and breaks no other."""
    title = "gap in the rates of true or false positives between groups of country"
    windows = [
        replace(one, fairness=tuple(replace(two, metric=f"gap{at}:country", title=title) for at, two in enumerate(one.performance[:2])))
        if one.segment is None
        else one
        for one in parted.windows
    ]
    file = tmp_path / "fair.html"
    file.write_text(to_html(replace(parted, windows=tuple(windows))), encoding="utf-8")
    with opened(browser, file, viewport={"width": 390, "height": 844}) as page:
        page.locator("#fairness").scroll_into_view_if_needed()
        page.locator("#fairness .track[data-drawn]").wait_for()
        expect(page.locator("#fairness .ytitle")).to_contain_text("of country, higher is better")
        assert page.locator("#fairness .of-segment").is_hidden()
        page.locator('.segments button[data-segment="US"]').first.click()
        page.locator("#fairness .of-metric select").select_option("1")
        expect(page.locator("#fairness .track")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_metric_window_and_segment_can_be_chosen(browser: Any, expect: Any, pages: dict[str, Path]) -> None:
    """The figure shows the chosen metric of the chosen segment, the curves the chosen window."""
    with opened(browser, pages["parted"]) as page:
        page.locator("#performance .track[data-drawn]").wait_for()
        page.locator("#performance .of-metric select").select_option("1")
        expect(page.locator("#performance .ytitle")).to_have_text("accuracy, higher is better")
        page.locator('.segments button[data-segment="<EU>"]').click()
        expect(page.locator("#segment")).to_have_value("1")
        expect(page.locator("#performance .ytitle")).to_have_text("ROC AUC, higher is better")
        label = page.locator("#sheet-window option").first.inner_text()
        page.locator("#sheet-window").select_option("0")
        every_figure(page)
        expect(page.locator("[data-name=roc] .legendtext").last).to_have_text(label)


@pytest.mark.browser
def test_a_metrics_story_leads_to_its_figure(browser: Any, expect: Any, pages: dict[str, Path]) -> None:
    """What is named on top is one click away."""
    with opened(browser, pages["parted"]) as page:
        page.locator('.story[data-about="performance"][data-segment="US"]').click()
        expect(page.locator("#performance .of-segment select")).to_have_value("2")
        expect(page.locator("#performance-title")).to_be_focused()


@pytest.mark.browser
def test_performance_fits_a_telephone(browser: Any, pages: dict[str, Path]) -> None:
    """At 390 pixels the legend stands above the figure, labels do not touch, and nothing has to be scrolled sideways."""
    with opened(browser, pages["parted"], viewport={"width": 390, "height": 844}) as page:
        every_figure(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert "reference" in page.locator("#performance .keys").inner_text()
        ends = page.locator("#performance .xtick text").evaluate_all(
            "all => all.map(one => { const b = one.getBoundingClientRect(); return [b.left, b.right]; })"
        )
        assert all(right < left for (_, right), (left, _) in pairwise(sorted(ends)))


@pytest.mark.browser
def test_performance_is_printed(browser: Any, pages: dict[str, Path]) -> None:
    """What was never scrolled to is drawn on paper all the same, in light colours."""
    with opened(browser, pages["modelled"], color_scheme="dark") as page:
        page.locator("body[data-printable]").wait_for(state="attached")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".figure:visible:not([data-drawn])").count() == 0
        assert page.evaluate("document.querySelector('#performance .main-svg').style.background") == "rgb(255, 255, 255)"
        page.evaluate("dispatchEvent(new Event('afterprint'))")


@pytest.mark.browser
@pytest.mark.parametrize("which", ["report", "hostile", "odd"])
def test_it_opens_quietly(browser: Any, pages: dict[str, Path], which: str) -> None:
    """The heat map is drawn and every column opened, without a request, an error or a script that is not ours."""
    with opened(browser, pages[which]) as page:
        assert page.locator("#heatmap canvas").count() == 1
        for button in page.locator("#rows tr.line .name button").all():
            button.click()
        page.locator("tr.detail").nth(len(names(page)) - 1).wait_for()
        every_figure(page)
        assert page.locator("tr.detail .js-plotly-plot").count() >= len(names(page))
        assert page.evaluate("document.querySelectorAll('img').length") == 0


@pytest.mark.browser
def test_escaping_does_not_lean_on_the_policy(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """With its Content-Security-Policy taken away, a hostile report still runs nothing of its own."""
    bare = tmp_path / "bare.html"
    bare.write_text(
        re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", pages["hostile"].read_text(encoding="utf-8")), encoding="utf-8"
    )
    with opened(browser, bare) as page:
        for button in page.locator("#rows tr.line .name button").all():
            button.click()
        page.locator("tr.detail .js-plotly-plot").first.wait_for()
        assert "</script><img src=x onerror=alert(1)>" in names(page)


@pytest.mark.browser
def test_an_injected_script_does_not_run(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    """Were something to slip through, the policy would stop it."""
    broken = tmp_path / "broken.html"
    text = pages["report"].read_text(encoding="utf-8")
    broken.write_text(text.replace("</main>", "<script>document.title = 'owned'</script></main>"), encoding="utf-8")
    page = browser.new_page()
    page.goto(broken.as_uri())
    page.locator("body[data-ready]").wait_for(state="attached")
    title = page.title()
    page.close()
    assert title != "owned"


@pytest.mark.browser
def test_the_table_is_searched_filtered_and_sorted(browser: Any, pages: dict[str, Path]) -> None:
    """Typing narrows it, a verdict narrows it further, a head sorts it one way and then the other."""
    with opened(browser, pages["report"]) as page:
        assert len(names(page)) == 12
        assert names(page)[0] == "amount"
        page.keyboard.press("/")
        page.keyboard.type("AGE_")
        assert names(page) == ["age_days"]
        page.locator("#search").fill("")
        page.locator('#verdicts button[data-key="drifted"]').click()
        drifted = names(page)
        assert "amount" in drifted
        assert len(drifted) < 12
        page.locator('#verdicts button[data-key="all"]').click()
        page.locator("#kind").select_option("boolean")
        assert names(page) == ["is_new_device"]
        page.locator("#kind").select_option("")
        page.locator('#heads [data-key="name"] button').click()
        assert names(page) == sorted(names(page), key=str.lower)
        page.locator('#heads [data-key="name"] button').click()
        assert names(page) == sorted(names(page), key=str.lower, reverse=True)
        assert page.locator('#heads [data-key="name"]').get_attribute("aria-sort") == "ascending"
        page.locator("#search").fill("nothing is called this")
        assert "No column is like that." in page.locator("#rows").inner_text()


@pytest.mark.browser
def test_every_sort_keeps_every_column(browser: Any, pages: dict[str, Path]) -> None:
    """No way of sorting loses a column or fails on one without numbers."""
    with opened(browser, pages["odd"]) as page:
        every = sorted(names(page))
        for option in page.locator("#sort option").all():
            page.locator("#sort").select_option(option.get_attribute("value"))
            assert sorted(names(page)) == every


@pytest.mark.browser
def test_the_window_can_be_chosen(browser: Any, expect: Any, pages: dict[str, Path]) -> None:
    """The table says what the chosen window says."""
    with opened(browser, pages["report"]) as page:
        expect(page.locator("#window")).to_have_value("29")
        page.locator("#earlier").click()
        expect(page.locator("#window")).to_have_value("28")
        page.locator("#window").select_option("15")
        page.locator("#rows tr.line", has_text="country").locator(".chip.drifted").wait_for()
        expect(page.locator("#window-says")).to_contain_text("drifted")


@pytest.mark.browser
def test_a_column_is_opened_by_keyboard_and_moved_through_time(browser: Any, expect: Any, pages: dict[str, Path]) -> None:
    """Enter opens it; the slider changes the window; the statistic can be changed; Enter closes it."""
    with opened(browser, pages["report"]) as page:
        button = page.locator("#rows tr.line .name button").first
        button.focus()
        page.keyboard.press("Enter")
        panel = page.locator(".panel")
        panel.locator(".js-plotly-plot").nth(1).wait_for()
        assert button.get_attribute("aria-expanded") == "true"
        panel.locator("input[type=range]").focus()
        page.keyboard.press("ArrowLeft")
        expect(panel.locator("output")).to_have_text("2026-01-29")
        assert "2026-01-29" in panel.locator(".legendtext").all_text_contents()
        panel.get_by_label("Statistic").select_option("null")
        assert "share of nulls" in panel.locator(".ytitle").all_text_contents()
        assert panel.locator("table.data").last.locator("tbody tr").count() == 10
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".panel")).to_have_count(0)


@pytest.mark.browser
def test_a_cell_of_the_heat_map_opens_its_column_in_its_window(browser: Any, pages: dict[str, Path]) -> None:
    """Clicking where something happened leads to what happened."""
    with opened(browser, pages["report"]) as page:
        cells = page.locator("#heatmap .map-cells")
        cells.scroll_into_view_if_needed()
        box = page.locator("#heatmap canvas").bounding_box()
        row = page.locator("#heatmap .map-name").all_text_contents().index("country")
        x, y = box["x"] + box["width"] * 15.5 / 30, box["y"] + box["height"] * (row + 0.5) / 12
        page.mouse.move(x, y)
        assert page.locator(".tip").inner_text().startswith("country\n2026-01-16: drifted")
        page.mouse.click(x, y)
        page.locator(".panel .js-plotly-plot").first.wait_for()
        assert page.locator(".panel output").inner_text() == "2026-01-16"
        assert page.locator('tr[data-open="true"] .name button').inner_text() == "country"
        assert page.evaluate("location.hash") == "#column=country&window=2026-01-16"


@pytest.mark.browser
def test_a_story_leads_to_its_column(browser: Any, pages: dict[str, Path]) -> None:
    """What is named on top is one click away, in its segment."""
    with opened(browser, pages["hostile"]) as page:
        page.locator('.story[data-segment="<EU>"]').first.click()
        page.locator(".panel .js-plotly-plot").first.wait_for()
        assert page.locator("#segment").input_value() == "1"


@pytest.mark.browser
def test_an_address_leads_to_a_column(browser: Any, pages: dict[str, Path]) -> None:
    """A link to one column in one window can be sent to somebody."""
    page = browser.new_page()
    page.goto(f"{pages['report'].as_uri()}#column=age_days&window=2026-01-17")
    page.locator(".panel .js-plotly-plot").first.wait_for()
    shown = page.locator(".panel output").inner_text()
    page.close()
    assert shown == "2026-01-17"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_and_can_be_changed(browser: Any, pages: dict[str, Path], scheme: str) -> None:
    """Page and figures change together."""
    with opened(browser, pages["report"], color_scheme=scheme) as page:
        paper = "getComputedStyle(document.querySelector('.card')).backgroundColor"
        figure = "document.querySelector('#missing .main-svg').style.background"
        cell = "document.querySelector('#heatmap canvas').toDataURL()"
        every_figure(page)
        before, coloured = page.evaluate(paper), page.evaluate(cell)
        assert page.evaluate(figure) == before
        page.locator("#theme").click()
        assert page.evaluate(paper) != before
        assert page.evaluate(figure) == page.evaluate(paper)
        assert page.evaluate(cell) != coloured


@pytest.mark.browser
def test_on_paper_the_drifted_columns_are_open_and_light(browser: Any, pages: dict[str, Path]) -> None:
    """Printing opens every column that drifted in the shown window, in dark mode too, and closes them again."""
    with opened(browser, pages["report"], color_scheme="dark") as page:
        page.locator("body[data-printable]").wait_for(state="attached")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        drifted = page.locator("#rows tr.line .chip.drifted").count()
        assert page.locator(".panel").count() == drifted > 0
        assert page.evaluate("document.querySelector('.panel .main-svg').style.background") == "rgb(255, 255, 255)"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".panel").count() == 0
        assert len(page.pdf()) > 10_000


@pytest.mark.browser
def test_it_fits_a_telephone(browser: Any, pages: dict[str, Path]) -> None:
    """At 390 pixels nothing has to be scrolled sideways."""
    with opened(browser, pages["hostile"], viewport={"width": 390, "height": 844}) as page:
        page.locator("#rows tr.line .name button").first.click()
        page.locator(".panel .figure").first.wait_for(state="attached")
        every_figure(page)
        assert page.locator(".panel .js-plotly-plot").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
@pytest.mark.slow
def test_a_thousand_columns_stay_at_hand(browser: Any, fake: ModuleType, tmp_path: Path, record_property: Any) -> None:
    """A thousand columns are searched, sorted and shown at once; how long opening took is noted."""
    file = tmp_path / "thousand.html"
    file.write_text(to_html(fake.fake_report(1000, 8)), encoding="utf-8")
    with opened(browser, file) as page:
        record_property("ready_ms", page.evaluate("document.body.dataset.ready"))
        assert page.locator("#rows tr.line").count() < 200
        assert page.locator("#count").inner_text() == "1,000 columns"
        page.locator("#search").fill("feature_99")
        assert len(names(page)) == 10
        page.locator("#search").fill("")
        page.locator("#all").click()
        assert page.locator("#rows tr.line").count() == 1000
        page.locator("#map-more").click()
        page.locator("#map-more").wait_for(state="hidden")
        assert page.locator("#heatmap .map-name").count() == 1000
