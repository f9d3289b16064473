"""The report in a notebook's cell: the summary as plain HTML, the figures in a frame of their own that fetches nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports import bundle, drawing, material
from driftline.reports.brief import facts, latest, notes, when
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.order import most_telling_statistic, most_urgent_first
from driftline.reports.outline import WAKES, outline, segments
from driftline.reports.palette import Theme, palette
from driftline.reports.text import MARKS, effect
from driftline.reports.wording import clean, plural

if TYPE_CHECKING:
    from driftline.reports.ledger import Ledger
    from driftline.reports.outline import Outline, Story
    from driftline.verdicts.report import Report

ROWS, STORIES, FIGURES = 20, 10, 3
OVER_TIME = 284
TITLE = 40
"""Height of a figure's title and margin in the frame, in pixels."""


def to_notebook(report: Report) -> str:
    """Write what a notebook shows for a report, for `_repr_html_`.

    The summary is readable even where frames are taken out; the frame is sandboxed and holds the
    plotting library itself, some 2 MB of text.
    """
    brief = outline(report)
    figures, height = _figures(report, brief)
    script = bundle.script("numbers.js", "figures.js", "notebook.js")
    colours = {theme.value: palette(theme) for theme in Theme}
    frame = bundle.render(
        "frame.html",
        {
            "policy": bundle.policy(script, bundle.plotly_script()),
            "data": bundle.embedded({"palettes": colours, "figures": figures}),
            "plotly": bundle.plotly_packed(),
            "script": script,
        },
    )
    return bundle.render("notebook.html", _summary(report, brief) | {"frame": frame, "height": height, "framed": bool(figures)})


def _summary(report: Report, brief: Outline) -> dict[str, Any]:
    stories = brief.stories
    return {
        "mark": MARKS[report.verdict],
        "verdict": report.verdict.value,
        "since": clean(report.since) if report.since else "",
        "monitor": clean(report.monitor),
        "reason": clean(report.reason),
        "facts": " · ".join(filter(None, [latest(report), *facts(report)])),
        "promise": clean(report.promise),
        "stories": [_line(story) for story in stories[:STORIES]],
        "more": plural(len(stories) - STORIES, "column") if len(stories) > STORIES else "",
        "notes": notes(brief),
    }


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
    """The heat map and the columns to look at first, with the height they take together."""
    if not report.windows:
        return [], 0
    first = brief.stories[0].segment if brief.stories else segments(report)[0]
    book = ledger(report, first)
    rows = most_urgent_first(brief, book)
    values = material.filled_heatmap(book, rows[:ROWS]) | {"$scale": False, "$top": 6}
    made = [{"title": "Columns × windows", "drawing": drawing.heatmap(), "values": values, "wide": True}]
    height = values["$height"] + TITLE
    for story in [story for story in brief.stories if story.segment == first][:FIGURES]:
        pair = _pair(report, book, story)
        made += pair
        height += max(figure["values"].get("$height", OVER_TIME) for figure in pair) + TITLE
    return made, height + TITLE


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
