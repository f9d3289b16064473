from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from driftline.reports import material, wording
from driftline.reports.bundle import template_text
from driftline.reports.chart_values import filled_performance
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.order import most_telling_statistic
from driftline.reports.outline import outline
from driftline.reports.packing import compact
from driftline.reports.page import focus, index
from driftline.reports.palette import Theme, palette
from driftline.reports.sheet import labelled_windows
from driftline.reports.track import About, track
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.verdicts.report import Report

NUMBERS = [0.0, 1.0, -1.0, 0.123456, 9.996, 99.96, 999.6, 1000.4, 1234567.8, 1e-4, 9.9e-5, 1.5e-9, 3e14, 2.5e15, -4.2e-7]
SHARES = [0.0, 1.0, 0.5, 0.12345, 0.012345, 0.0001, 0.00005, 0.99995, 0.99991, 1e-9, -0.25, -1e-6]


@pytest.fixture(scope="module")
def scripts(browser: Any, report: Report) -> Iterator[Any]:
    """The page's functions, callable by name, with a report's data at hand."""
    page = browser.new_page()
    page.set_content('<script id="data" type="application/json"></script>')
    data = compact(index(report, outline(report)))
    page.evaluate("data => { document.getElementById('data').textContent = data; }", data)
    for name in ("numbers.js", "elements.js", "model.js", "heatmap.js", "figures.js"):
        page.add_script_tag(content=template_text(name))
    page.evaluate("async () => { window.part = segmentOf(index.segments[0], await unpackNumbers(index.segments[0].heat)); }")
    yield page
    page.close()


def same(left: Any, right: Any, scale: float = 0.0) -> bool:
    """Equal, numbers to the three digits that travel (differences of numbers: of the largest of them)."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        scale = max((abs(x) for x in right if isinstance(x, int | float)), default=0.0)
        return len(left) == len(right) and all(same(a, b, scale) for a, b in zip(left, right, strict=True))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == pytest.approx(right, rel=0.012, abs=max(1e-9, 0.012 * scale))
    return bool(left == right)


def rgb(colour: str) -> str:
    """A colour as the page writes it."""
    return f"rgb({','.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))})"


def test_a_page_is_json_and_light(report: Report, odd: Report, hostile: Report) -> None:
    """The index holds neither NaN nor infinity, and a column in a window takes some 200 bytes."""
    for one in (report, odd, hostile):
        text = compact(index(one, outline(one)))
        cells = sum(max(len(w.columns), 1) for w in one.windows)
        assert len(text) < 20_000 + 420 * cells
        json.loads(text)


def test_the_page_opens_at_the_last_window_that_drifted(report: Report, odd: Report) -> None:
    """A reader sees what happened, not the quiet day after it."""
    book = ledger(report)
    assert book.windows[focus(book)].verdict is Verdict.DRIFTED
    assert all(w.verdict is not Verdict.DRIFTED for w in book.windows[focus(book) + 1 :])
    assert focus(ledger(odd)) == 2


@pytest.mark.browser
def test_the_page_writes_numbers_as_python_does(scripts: Any) -> None:
    """One number is written in one way, whoever writes it."""
    statistics = ["psi", "null", "shift", "spread"]
    units = [wording.word(s).unit for s in statistics]
    assert scripts.evaluate("xs => xs.map(number)", NUMBERS) == [wording.number(x) for x in NUMBERS]
    assert scripts.evaluate("xs => xs.map(percent)", SHARES) == [wording.percent(x) for x in SHARES]
    for statistic, unit in zip(statistics, units, strict=True):
        assert scripts.evaluate("([u, xs]) => xs.map(x => amount(u, x))", [unit, SHARES]) == [wording.amount(statistic, x) for x in SHARES]
        assert scripts.evaluate("([u, xs]) => xs.map(x => raw(u, x))", [unit, SHARES]) == [wording.raw(statistic, x) for x in SHARES]
        assert scripts.evaluate("u => interval(u, -0.1, 0.25)", unit) == wording.interval(statistic, (-0.1, 0.25))
    ps = [1.0, 0.5, 0.0123, 0.00012, 0.00001]
    assert scripts.evaluate("xs => xs.map(probability)", ps) == [wording.probability(p) for p in ps]
    assert scripts.evaluate("[number(null), number(NaN), number(Infinity), percent(NaN)]") == ["–", "–", "∞", "–"]


@pytest.mark.browser
def test_the_page_fills_distributions_as_python_does(scripts: Any, report: Report) -> None:
    """The same bins, the same shares, in every column."""
    book = ledger(report)
    for row, name in enumerate(book.names):
        shares = histogram([report.reference, *report.profiles], name)
        for at in (0, 16, 29):
            drawn = scripts.evaluate("async ([r, w]) => distributionValues(await part.book(r), w, part.windows[w].label)", [row, at])
            values = material.filled_distribution(shares, 1 + at, name=name, current_name=book.labels()[at])
            assert same(drawn, json.loads(compact(values))), (name, at)


@pytest.mark.browser
def test_the_page_fills_effects_over_time_as_python_does(scripts: Any, report: Report) -> None:
    """The same effects, intervals, floors, words and range, for every statistic."""
    book = ledger(report)
    for row in (0, 1, 5, 7):
        for statistic in book.scores[row]:
            call = "async ([r, s]) => overTimeValues(part, r, await part.book(r), s, 4)"
            drawn = scripts.evaluate(call, [row, statistic])
            values = json.loads(compact(material.filled_over_time(book, row, statistic, window=4)))
            words = drawn.pop("$told"), values.pop("$told")
            for blank, sign in (("$up", 1), ("$down", -1)):
                # Where an interval ends, rather than how far from the effect: three digits of the one are two of the other.
                ends = [[e + sign * d for e, d in zip(v["$effect"], v.pop(blank), strict=True) if d is not None] for v in (drawn, values)]
                assert same(ends[0], ends[1]), (row, statistic, blank)
            assert same(drawn, values), (row, statistic)
            assert sum(a != b for a, b in zip(*words, strict=True)) <= 2


@pytest.mark.browser
def test_the_page_fills_the_heat_map_as_python_does(scripts: Any, report: Report) -> None:
    """The same cells in the same order, with the same words."""
    book = ledger(report)
    values = json.loads(compact(material.filled_heatmap(book, [3, 0, 5])))
    call = """rows => {
      const map = mapOf(part, rows), at = [...Array(map.width).keys()];
      const each = (told) => rows.map((_, row) => at.map((slot) => told(row, slot)));
      const z = each(map.z).map((line) => line.map((value) => (Number.isNaN(value) ? null : value)));
      return { z, told: each(map.told), labels: map.labels, ticks: map.ticks };
    }"""
    drawn = scripts.evaluate(call, [3, 0, 5])
    assert same(drawn["z"], values["$z"])
    assert [["<br>".join(cell or []) for cell in row] for row in drawn["told"]] == values["$told"]
    assert drawn["labels"] == values["$labels"]
    assert drawn["ticks"] == [list(pair) for pair in zip(values["$ticks"], values["$tick_labels"], strict=True)]


@pytest.mark.browser
def test_the_heat_maps_colours_are_those_of_the_figure(scripts: Any) -> None:
    """Our own mixing of colours is the plotting library's: linear between the palette's stops."""
    stops = palette(Theme.LIGHT)["@heat"]
    for (at, colour), z in [(stop, 3 * stop[0]) for stop in stops]:
        assert scripts.evaluate("([z, stops]) => heatColour(z, stops)", [z, stops]) == rgb(colour), at
    (low, left), (high, right) = stops[4], stops[5]
    middle = scripts.evaluate("([z, stops]) => heatColour(z, stops)", [1.5 * (low + high), stops])
    channels = zip(*([int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in (left, right)), strict=True)
    assert middle == f"rgb({','.join(str(round((a + b) / 2 + 1e-9)) for a, b in channels)})"


@pytest.mark.browser
def test_what_a_window_says_travels_whole(scripts: Any, report: Report) -> None:
    """Verdict, reason, effect and shares of nulls of every column of a window arrive."""
    for at in (0, 15, 29):
        told = scripts.evaluate("w => part.page(w)", at)
        for column, said in zip(report.windows[at].columns, told, strict=True):
            assert (said["verdict"], said["reason"], said["worst"]) == (column.verdict.value, column.reason, column.worst)
            score = next(s for s in column.scores if s.statistic == column.worst)
            assert said["effect"] == pytest.approx(score.effect, rel=6e-3, abs=1e-15)


def test_each_column_has_a_statistic_to_begin_with(report: Report) -> None:
    """A column that has scores is opened at one of them."""
    book = ledger(report)
    assert all(most_telling_statistic(book, row) in book.scores[row] for row in range(len(book.names)))


def test_what_travels_of_performance_is_the_figure(modelled: Report) -> None:
    """Every metric's figure and the last windows' sheets travel whole, and only where a model is watched."""
    data = index(modelled, outline(modelled))
    (segment,) = data["segments"]
    one = track(modelled, About.PERFORMANCE)
    assert one is not None
    for name, title, packed in segment["tracks"]["performance"]:
        assert title == next(said.title for said in one.told[name] if said)
        assert unpacked(packed) == json.loads(compact(filled_performance(one, name)))
    assert segment["tracks"]["operations"] == []
    assert [at for at, _ in segment["sheets"]] == list(labelled_windows(one))
    assert {"performance", "confusion", "roc"} <= set(data["drawings"])


def test_without_a_model_nothing_of_it_travels(report: Report) -> None:
    """A report without outcomes is as light as it was."""
    data = index(report, outline(report))
    assert "performance" not in data["drawings"]
    assert data["segments"][0]["sheets"] == []


def unpacked(packed: str) -> Any:
    """Read what `pack_json` wrote."""
    return json.loads(zlib.decompress(base64.b64decode(packed)))
