"""The report in a notebook's cell: the summary as plain HTML, the figures in a frame of their own that fetches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports import bundle, charts, clinic, drawing, material, parts
from driftline.reports.brief import facts, latest, notes, when
from driftline.reports.chart_values import filled_performance
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.order import most_telling_statistic, most_urgent_first
from driftline.reports.outline import WAKES, outline, segments
from driftline.reports.palette import Theme, palette
from driftline.reports.reasons import reasons
from driftline.reports.sheet import PORTRAITS, focus, sheet
from driftline.reports.text import MARKS, effect
from driftline.reports.track import About, track
from driftline.reports.wording import clean, plural
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.reports.ledger import Ledger
    from driftline.reports.outline import Outline, Story
    from driftline.verdicts.report import Report

ROWS, STORIES, FIGURES = 20, 10, 3
TITLE = 32
"""Height of a figure's title and margin in the frame, in pixels."""

TIMES = 22
"""Height of the labels below the heat map."""


def to_notebook(report: Report) -> str:
    """Write what a notebook shows for a report, for `_repr_html_`.

    The summary is readable even where frames are taken out; the frame is sandboxed and holds the
    plotting library itself, some 530 kB of text.
    """
    brief = outline(report)
    figures, height = _figures(report, brief)
    script = bundle.script("numbers.js", "elements.js", "heatmap.js", "figures.js", "notebook.js")
    colours = {theme.value: palette(theme) for theme in Theme}
    frame = bundle.render(
        "frame.html",
        {
            "policy": bundle.policy(script, bundle.plotly_script()),
            "data": bundle.embedded({"palettes": colours, "cell": drawing.CELL, "figures": figures}),
            "plotly": bundle.plotly_packed(),
            "script": script,
        },
    )
    return bundle.render("notebook.html", _summary(report, brief) | {"frame": frame, "height": height, "framed": bool(figures)})


def _summary(report: Report, brief: Outline) -> dict[str, Any]:
    stories = [*map(_ill, clinic.stories(report)), *map(_line, brief.stories)]
    vitals = [vital for card in clinic.cards(report).values() if card for vital in card["vitals"]]
    return {
        "mark": MARKS[report.verdict],
        "verdict": report.verdict.value,
        "since": clean(report.since) if report.since else "",
        "monitor": clean(report.monitor),
        "reason": clean(report.reason),
        "facts": " · ".join(filter(None, [latest(report), *facts(report)])),
        "promise": clean(report.promise),
        "vitals": [f"{MARKS[Verdict(vital['verdict'])]} {vital['headline']}; {vital['more']}" for vital in vitals],
        "stories": stories[:STORIES],
        "more": plural(len(stories) - STORIES, "line") if len(stories) > STORIES else "",
        "notes": [*(f"Why: {one.sentence} ({one.footing})." for one in reasons(report)[:STORIES]), *notes(brief)],
    }


def _ill(item: dict[str, str]) -> dict[str, Any]:
    return {**item, "loud": item["state"] == "now", "effect": ""}


def _line(story: Story) -> dict[str, Any]:
    told = story.told
    return {
        "name": clean(told.name, 60),
        "segment": clean(story.segment or ""),
        "concern": told.concern.value,
        "loud": story.now and told.concern in WAKES,
        "when": when(story),
        "effect": effect(told),
        "reason": clean(told.reason),
    }


def _figures(report: Report, brief: Outline) -> tuple[list[dict[str, Any]], int]:
    """Performance, the heat map and the columns to look at first, with the height they take together."""
    if not report.windows:
        return [], 0
    first = brief.stories[0].segment if brief.stories else segments(report)[0]
    book = ledger(report, first)
    rows = most_urgent_first(brief, book)
    # The page's own heat map needs no room for a legend.
    values = material.filled_heatmap(book, rows[:ROWS]) | {"$height": len(rows[:ROWS]) * drawing.CELL + TIMES}
    heat = {"title": "Columns × windows", "drawing": None, "values": values, "wide": True}
    made = [*_performance(report, first), heat]
    made += [{"title": values["$title"], "drawing": parts.drawing(), "values": values, "wide": False} for values in parts.filled(report)]
    for story in [story for story in brief.stories if story.segment == first][:FIGURES]:
        made += _pair(report, book, story)
    return made, _height(made) + TITLE


def _performance(report: Report, segment: str | None) -> list[dict[str, Any]]:
    """The deciding metric over the windows, and the figures of the last window that has labels."""
    one = track(report, About.PERFORMANCE, segment)
    if one is None:
        return []
    over_time = {
        "title": "Performance",
        "drawing": charts.performance(),
        "values": filled_performance(one, next(iter(one.told))),
        "wide": True,
    }
    at = focus(one)
    pictures = sheet(one, at, report.reference.outcome)["pictures"] if at is not None else {}
    described = {name: PORTRAITS[name] for name in pictures}
    return [
        over_time,
        *(
            {"title": f"{described[name][0]}, {one.labels()[at or 0]}", "drawing": described[name][1](), "values": values, "wide": False}
            for name, values in pictures.items()
        ),
    ]


def _height(figures: list[dict[str, Any]]) -> int:
    """How high figures are one under the other, two abreast but for the wide ones."""
    total, left = 0, 0
    for figure in figures:
        own = int(figure["values"].get("$height", 0) or figure["drawing"]["layout"]["height"]) + TITLE
        if figure["wide"]:
            total, left = total + left + own, 0
        elif left:
            total, left = total + max(left, own), 0
        else:
            left = own
    return total + left


def _pair(report: Report, book: Ledger, story: Story) -> list[dict[str, Any]]:
    """One column's distribution in the last window in which it drifted, and its effect over time."""
    name, at = story.told.name, book.labels().index(story.window)
    row = book.names.index(name)
    shares = histogram([report.reference, book.profiles[at]], name)
    distribution = material.filled_distribution(shares, 1, name=name, current_name=clean(story.window, 30))
    over_time = material.filled_over_time(book, row, most_telling_statistic(book, row) or "psi", window=at)
    return [
        {"title": clean(name, 60), "drawing": drawing.distribution(), "values": distribution, "wide": False},
        {"title": "effect over time", "drawing": drawing.over_time(), "values": over_time, "wide": False},
    ]
