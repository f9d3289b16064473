from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from driftline.reports import material, wording
from driftline.reports.bundle import template_text
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.order import most_telling_statistic
from driftline.reports.outline import outline
from driftline.reports.packing import compact
from driftline.reports.page import focus, index
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
    for name in ("numbers.js", "model.js", "figures.js"):
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
    drawn = scripts.evaluate("heatmapValues(part, [3, 0, 5])")
    values = json.loads(compact(material.filled_heatmap(book, [3, 0, 5])))
    for blank in ("$z", "$told", "$labels", "$ticks", "$tick_labels", "$range", "$rows", "$places"):
        assert same(drawn[blank], values[blank]), blank


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
