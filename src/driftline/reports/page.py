"""What the report's page is drawn from: an index that is read at once, and packed pages that are read when somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.reports import business, charts, drawing, material, parts
from driftline.reports.chart_values import filled_performance
from driftline.reports.histogram import histogram, place, unseen_values
from driftline.reports.ledger import FIELDS, VERDICTS, ledger
from driftline.reports.order import changed_in_missing, most_telling_statistic, most_urgent_first
from driftline.reports.outline import segments
from driftline.reports.packing import pack_json, pack_numbers
from driftline.reports.palette import Theme, palette
from driftline.reports.sheet import HEADS, PORTRAITS, drawings, labelled_windows, sheet
from driftline.reports.sheet import focus as looked_at_first
from driftline.reports.track import About, track
from driftline.reports.wording import clean, word
from driftline.verdicts.report import Cause, Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile
    from driftline.reports.ledger import Ledger
    from driftline.reports.outline import Outline
    from driftline.reports.track import Track
    from driftline.verdicts.report import ColumnReport, Report

SCHEMA = 1
SHOWN = ("effect", "low", "high")
"""Fields of the score that a verdict rests on which the table of columns shows."""

SUMMARY = ("mean", "standard deviation", "least", "greatest")
"""What a number column is summed up by, beside its distribution."""

CAUSES, CONCERNS = tuple(Cause), tuple(Concern)


def index(report: Report, brief: Outline) -> dict[str, Any]:
    """Everything the page knows, for `JSON.parse`."""
    books = [ledger(report, segment) for segment in segments(report)]
    statistics = {statistic for book in books for scores in book.scores for statistic in scores}
    watched = any(w.performance or w.operations or w.fairness for w in report.windows)
    beside = {"business": business.filled(report), "parts": parts.filled(report)}
    return {**furniture(statistics, watched=watched), **beside, "segments": [_segment(report, brief, book) for book in books]}


def furniture(statistics: Iterable[str], *, watched: bool) -> dict[str, Any]:
    """What does not depend on what was found: colours, drawings, codes, and what statistics are called.

    Args:
        statistics: those that may be shown.
        watched: whether performance or operations are shown.
    """
    return {
        "schema": SCHEMA,
        "palettes": {theme.value: palette(theme) for theme in Theme},
        "drawings": {
            "distribution": drawing.distribution(),
            "over_time": drawing.over_time(),
            "heatmap": drawing.heatmap(),
            "missing": drawing.missing(),
            "unfinished": drawing.unfinished(),
            "business": business.drawing(),
            "parts": parts.drawing(),
            **(drawings() | {"performance": charts.performance()} if watched else {}),
        },
        "portraits": [[name, title] for name, (title, _) in PORTRAITS.items()],
        "heads": HEADS,
        "cell": drawing.CELL,
        "edge": drawing.EDGE,
        "verdicts": [verdict.value for verdict in VERDICTS],
        "causes": [cause.value for cause in CAUSES],
        "concerns": [concern.value for concern in CONCERNS],
        "fields": FIELDS,
        "summary": SUMMARY,
        "words": {statistic: [word(statistic).title, word(statistic).unit] for statistic in sorted(statistics)},
    }


def focus(book: Ledger) -> int:
    """The window to show first: the last that drifted, or the last if none did."""
    drifted = [at for at, window in enumerate(book.windows) if window.verdict is Verdict.DRIFTED]
    return drifted[-1] if drifted else len(book.windows) - 1


def _segment(report: Report, brief: Outline, book: Ledger) -> dict[str, Any]:
    columns = [next((c for c in row if c is not None), None) for row in book.columns]
    nulls = np.array([material.null_shares(book, report.reference, name) for name in book.names]).reshape(len(book.names), -1)
    summaries = _summaries([report.reference, *book.profiles])
    return {
        **timeline(report, brief, book),
        "columns": [[clean(c.name), c.kind.value, c.role.value, c.importance] for c in columns if c is not None],
        "telling": [most_telling_statistic(book, row) for row in range(len(book.names))],
        "reference": report.reference.rows,
        "missing": material.filled_missing(book, report.reference, changed_in_missing(book)),
        "pages": [_window_page(book, at, nulls) for at in range(len(book.windows))],
        **_sheets(report, track(report, About.PERFORMANCE, book.segment)),
        "books": [_column_page(report, book, row, summaries) for row in range(len(book.names))],
    }


def along(book: Ledger) -> dict[str, Any]:
    """A segment's windows, as all its figures have them."""
    return {
        "name": None if book.segment is None else clean(book.segment),
        "windows": [
            [clean(w.window.label), w.window.bound("start"), w.window.bound("end"), w.rows, VERDICTS.index(w.verdict), clean(w.reason)]
            for w in book.windows
        ],
        "unfinished": [at for at, window in enumerate(book.windows) if window.unfinished],
        "slots": book.slots,
        "time": material.time_axis(book),
    }


def timeline(report: Report, brief: Outline, book: Ledger) -> dict[str, Any]:
    """What is seen of a segment at once: its windows, the heat map, and metrics over time."""
    return {
        **along(book),
        "order": most_urgent_first(brief, book),
        "drifted": (book.verdicts == VERDICTS.index(Verdict.DRIFTED)).sum(axis=1).tolist(),
        "heat": pack_numbers(book.heat),
        "focus": focus(book),
        "tracks": {about.value: _track(track(report, about, book.segment)) for about in About},
    }


def window_page(report: Report, segment: str | None, at: int) -> tuple[list[str], list[Any], NDArray[np.float64]]:
    """Names, and for each column a row of words and one of numbers, of one window: what the page's table shows of it."""
    book = ledger(report, segment)
    nulls = np.array([material.null_shares(book, report.reference, name) for name in book.names]).reshape(len(book.names), -1)
    return [clean(name) for name in book.names], *_window_rows(book, at, nulls)


def column_page(report: Report, segment: str | None) -> list[str]:
    """The only column of a report in all windows, packed as the page reads it."""
    return book_page(report, ledger(report, segment))


def book_page(report: Report, book: Ledger) -> list[str]:
    """As `column_page`, from what was tabulated."""
    return _column_page(report, book, 0, _summaries([report.reference, *book.profiles]))


def _track(one: Track | None) -> list[list[Any]]:
    """For each metric its name, what people call it and its figure, packed; that which decides first."""
    if one is None:
        return []
    titles = {metric: next(said.title for said in told if said is not None) for metric, told in one.told.items()}
    return [[metric, clean(titles[metric], 60), pack_json(filled_performance(one, metric))] for metric in one.told]


def _sheets(report: Report, one: Track | None) -> dict[str, Any]:
    """The last windows with labels, each with its place and its sheet, packed; and which of them to show first."""
    places = labelled_windows(one) if one is not None else ()
    if one is None or not places:
        return {"sheets": [], "sheet": None}
    sheets, first = [[at, pack_json(sheet(one, at, report.reference.outcome))] for at in places], looked_at_first(one)
    return {"sheets": sheets, "sheet": places.index(first) if first is not None else 0}


def _window_page(book: Ledger, at: int, nulls: NDArray[np.float64]) -> list[str]:
    """One row of words and one of numbers for each column, in one window."""
    words, numbers = _window_rows(book, at, nulls)
    return [pack_json(words), pack_numbers(numbers)]


def _window_rows(book: Ledger, at: int, nulls: NDArray[np.float64]) -> tuple[list[Any], NDArray[np.float64]]:
    words, numbers = [], []
    for row, columns in enumerate(book.columns):
        column = columns[at]
        words.append(column_words(column))
        worst = book.scores[row].get(column.worst) if column and column.worst else None
        shown = [worst[at, FIELDS.index(field)] if worst is not None else np.nan for field in SHOWN]
        psi = book.scores[row]["psi"][at, 0] if "psi" in book.scores[row] else np.nan
        numbers.append([*shown, psi, nulls[row, 0], nulls[row, 1 + at], column.weight if column else np.nan])
    return words, np.array(numbers, dtype=np.float64).reshape(len(words), -1).T


def column_words(column: ColumnReport | None) -> list[Any] | None:
    """What is said of a column in one window, as the page reads it; None where nothing is."""
    if column is None:
        return None
    return [
        VERDICTS.index(column.verdict),
        CAUSES.index(column.cause),
        CONCERNS.index(column.concern),
        clean(column.reason),
        None if column.since is None else clean(column.since),
        column.worst,
        column.rows_needed,
        int(column.seen),
    ]


def _column_page(report: Report, book: Ledger, row: int, summaries: NDArray[np.float64]) -> list[str]:
    """One column in all windows: its distributions, its scores and the values that the reference did not have."""
    name, planned = book.names[row], place(report.reference, book.names[row])
    shares = histogram([report.reference, *book.profiles], name)
    seen = enumerate(book.profiles) if planned is not None else ()
    unseen = {at: unseen_values(profile, planned or 0) for at, profile in seen if profile.unseen[planned or 0]}
    summed = summaries[planned] if planned is not None else summaries[:0]
    words = {
        "frame": material.frame(shares, name),
        "bins": shares.body.shape[1],
        "bars": shares.bars.shape[1],
        "statistics": list(book.scores[row]),
        "said": [codes.tolist() for codes in book.said[row].values()],
        "unseen": unseen,
        "summed": bool(np.isfinite(summed[:1]).any()),
    }
    tables = [*_tables(shares.body, shares.bars), *_tables(*book.scores[row].values()), summed.ravel()]
    return [pack_json(words), pack_numbers(np.concatenate(tables))]


def _tables(*tables: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    # Window after window of the same bin: neighbours are alike, which deflates better.
    return [table.T.ravel() for table in tables]


def _summaries(profiles: Sequence[Profile]) -> NDArray[np.float64]:
    """Mean, standard deviation, least and greatest value. Shape: columns × SUMMARY × profiles; NaN where there is none."""
    # A column whose spread is beyond 1e154 has no variance that a double can hold.
    with np.errstate(over="ignore"):
        means = np.array([profile.means() for profile in profiles])
    extremes = np.array([np.where(profile.extremes[:, :1] <= profile.extremes[:, 1:], profile.extremes, np.nan) for profile in profiles])
    return np.stack([means[..., 0], np.sqrt(means[..., 1]), extremes[..., 0], extremes[..., 1]]).transpose(2, 0, 1)
