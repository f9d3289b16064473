"""The page of one column: what changed and since when, its distributions, its verdicts, what is new in it, and faults that were found."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from driftline.drift.statistic import STATISTICS
from driftline.pages.look import address
from driftline.reports import drawing, material
from driftline.reports.histogram import histogram, place
from driftline.reports.ledger import UNSAID, VERDICTS, ledger
from driftline.reports.material import numbers
from driftline.reports.order import most_telling_statistic
from driftline.reports.packing import pack_json, pack_numbers
from driftline.reports.page import along, book_page, column_words, focus, furniture
from driftline.reports.reasons import reasons
from driftline.reports.wording import JUDGED, clean, percent, plural, rows
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.reports.ledger import Ledger
    from driftline.verdicts.report import ColumnReport, Report

FEWEST = 2
RUNS, VALUES = 40, 20
"""So many changes of the verdict, and so many new values, are listed."""


def link(model: str, column: str, **query: str) -> str:
    """Where a column's page is.

    >>> link("churn", "a/b", window="2026-01-05")
    '/models/churn/columns/a%2Fb?window=2026-01-05'
    """
    said = {name: value for name, value in query.items() if value}
    return f"/models/{quote(model, safe='')}/columns/{quote(column, safe='')}" + (f"?{urlencode(said)}" if said else "")


def column(report: Report, name: str, *, model: str, at: str, parts: Sequence[Report] = ()) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page says and what its figures are drawn from.

    Args:
        report: the column alone in the windows of one segment, with its counts; at least one window knows it.
        name: the column's.
        model: the monitor's.
        at: label of the window to show first; the last that drifted where there is none of it.
        parts: the column in one window, a report for each segment that the model is watched in; fewer than two are not shown.
    """
    book = ledger(report, report.windows[0].segment)
    labels = [clean(one) for one in book.labels()]
    shown = labels.index(at) if at in labels else focus(book)
    told = [one for one in book.columns[0] if one is not None]
    last, runs = told[-1], _runs(book)
    said = {
        "column": clean(name),
        "segment": clean(book.segment or ""),
        "verdict": last.verdict.value,
        "since": clean(last.since or "") if last.verdict is Verdict.DRIFTED else "",
        "headline": _headline(name, model, last),
        "facts": _facts(book, last, report),
        "parts": [_part(model, name, one) for one in parts] if len(parts) > 1 else [],
        "parts_of": clean(parts[0].windows[0].window.label) if parts else "",
        "runs": runs[:RUNS],
        "runs_more": max(len(runs) - RUNS, 0),
        "faults": _faults(report, name),
        "fresh": _fresh(book),
        "gone": _gone(report, name),
    }
    return said, _index(report, book, name, model, shown) | {"parts": _beside(parts, name)}


def _headline(name: str, model: str, last: ColumnReport) -> str:
    subject = f"{clean(name)} of {clean(model)}"
    match last.verdict:
        case Verdict.DRIFTED:
            return f"{subject} has drifted: {clean(last.reason)}"
        case Verdict.STABLE:
            return f"{subject} is stable: {clean(last.reason)}"
        case _:
            return f"{subject} cannot be told: {clean(last.reason)}"


def _facts(book: Ledger, last: ColumnReport, report: Report) -> list[str]:
    drifted = int((book.verdicts[0] == VERDICTS.index(Verdict.DRIFTED)).sum())
    labels = book.labels()
    return [
        f"{last.kind.value} · {last.role.value}",
        plural(len(labels), "window") + f", {clean(labels[0])} to {clean(labels[-1])}",
        f"drifted in {drifted}" if drifted else "never drifted in them",
        f"reference of {rows(report.reference.rows)}",
        *([f"importance {percent(last.importance)}"] if last.importance is not None else []),
    ]


def _part(model: str, name: str, report: Report) -> dict[str, Any]:
    """What a segment says of the column."""
    (window,) = report.windows
    told, shown = window.columns[0], clean(window.segment) if window.segment is not None else ""
    said = {"name": shown or "all rows", "verdict": told.verdict.value, "reason": clean(told.reason, 300), "rows": f"{window.rows:,}"}
    return {**said, "link": link(model, clean(name), segment=shown)}


def _beside(parts: Sequence[Report], name: str) -> dict[str, Any] | None:
    """Distributions of segments beside one another; None where there is nothing to compare."""
    if len(parts) < FEWEST or place(parts[0].reference, name) is None:
        return None
    shares = histogram([parts[0].reference, *(one.profiles[0] for one in parts)], name)
    tables = {key: [numbers(row, digits=4) for row in table] for key, table in (("body", shares.body), ("bars", shares.bars))}
    window = clean(parts[0].windows[0].window.label)
    return {
        "window": window,
        "names": [clean(one.windows[0].segment or "all rows") for one in parts],
        "frame": material.frame(shares, name),
        **tables,
    }


def _runs(book: Ledger) -> list[dict[str, Any]]:
    """Windows after one another of which the same was said, the newest first, each with the strongest of its windows."""
    runs = []
    for code, group in groupby(range(len(book.windows)), key=lambda at: int(book.verdicts[0, at])):
        if code == UNSAID:
            continue
        ats = list(group)
        strongest = max(ats, key=lambda at: float(book.heat[0, at]))
        told = book.columns[0][strongest]
        first, last = clean(book.windows[ats[0]].window.label), clean(book.windows[ats[-1]].window.label)
        runs.append(
            {
                "verdict": VERDICTS[code].value,
                "span": first if first == last else f"{first} to {last}",
                "windows": plural(len(ats), "window"),
                "window": clean(book.windows[strongest].window.label),
                "reason": "" if told is None else clean(told.reason, 300),
            }
        )
    return runs[::-1]


def _faults(report: Report, name: str) -> list[dict[str, str]]:
    """Explanations in which the column is named."""
    return [
        {"sentence": one.sentence, "footing": one.footing, "remedy": clean(one.told.remedy, 200), "state": "now" if one.now else "past"}
        for one in reasons(report)
        if name in one.told.columns or name in one.told.explains
    ]


def _fresh(book: Ledger) -> list[dict[str, Any]]:
    """Values that the reference did not have, the most frequent first."""
    rows_of: dict[str, int] = {}
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for label, profile in zip(book.labels(), book.profiles, strict=True):
        for value, many in profile.unseen[0].items() if profile.unseen else ():
            rows_of[value] = rows_of.get(value, 0) + many
            first.setdefault(value, clean(label))
            last[value] = clean(label)
    often = sorted(rows_of, key=lambda value: (-rows_of[value], value))[:VALUES]
    return [
        {"value": clean(value, 60) or "(empty text)", "rows": f"{rows_of[value]:,}", "first": first[value], "last": last[value]}
        for value in often
    ]


def _gone(report: Report, name: str) -> list[str]:
    """Levels of the reference that the last window with rows does not have, the most frequent first."""
    seen = [profile for profile in report.profiles if profile.rows]
    if not seen or place(report.reference, name) is None:
        return []
    shares = histogram([report.reference, seen[-1]], name)
    if shares.axis is not None:
        return []
    lost = [(was, label) for label, was, now in zip(shares.labels, *shares.bars, strict=True) if not now and was * seen[-1].rows >= 1]
    return [f"{clean(label, 60)} ({percent(was)} of the reference)" for was, label in sorted(lost, reverse=True)[:VALUES]]


def _index(report: Report, book: Ledger, name: str, model: str, shown: int) -> dict[str, Any]:
    index = furniture({*JUDGED, *(one.name for one in STATISTICS)}, watched=False)
    index["drawings"] |= {"shares": drawing.shares()}
    index["plotly"] = address("plotly.js")
    index["more"] = f"/models/{quote(model, safe='')}"
    index["segments"] = [_raw(report, book, name)]
    index["shown"] = shown
    return index


def _raw(report: Report, book: Ledger, name: str) -> Mapping[str, Any]:
    """As `reports.page` has a segment, of this column alone."""
    first = next(one for one in book.columns[0] if one is not None)
    return {
        **along(book),
        "order": [0],
        "drifted": (book.verdicts == VERDICTS.index(Verdict.DRIFTED)).sum(axis=1).tolist(),
        "heat": pack_numbers(book.heat),
        "columns": [[clean(name), first.kind.value, first.role.value, first.importance]],
        "telling": [most_telling_statistic(book, 0)],
        "reference": report.reference.rows,
        "books": [book_page(report, book)],
        "says": pack_json([column_words(one) for one in book.columns[0]]),
        "tracks": {},
        "sheets": [],
    }
