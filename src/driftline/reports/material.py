"""What fills the blanks of the drawings: plain lists of numbers and words, from a ledger and from counts."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.profile.profile import Odd
from driftline.reports.drawing import BAR, BODY, CELL, EDGE, missing_line, unfinished
from driftline.reports.histogram import place
from driftline.reports.ledger import DOUBLINGS, FIELDS, VERDICTS
from driftline.reports.palette import LINES
from driftline.reports.wording import amount, clean, interval, probability, raw, word
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile
    from driftline.reports.histogram import Histogram
    from driftline.reports.ledger import Ledger
    from driftline.reports.track import Track

Values = dict[str, Any]
TIME_TICKS = 6
NAME_WIDTH = 28
LETTER = 6.7
"""About the width of a letter of a label, in pixels."""

LINES_SHOWN = len(LINES)
GREY = "#7d8793"
"""Is seen on a light and on a dark background: what stands among lines that are given is not coloured by the theme."""


def plain(text: str) -> str:
    """Write text so that the plotting library, which knows some HTML, shows it as it is."""
    return html.escape(clean(text), quote=False)


def filled_distribution(histogram: Histogram, current: int, *, name: str, current_name: str) -> Values:
    """Fill `drawing.distribution` with row `current` of a histogram (row 0 is the reference)."""
    return frame(histogram, name) | {
        "$reference": numbers(histogram.body[0]),
        "$current": [0.0, *numbers(histogram.body[current]), 0.0] if histogram.axis else [],
        "$bars_reference": numbers(histogram.bars[0]),
        "$bars_current": numbers(histogram.bars[current]),
        "$current_name": plain(current_name),
    }


def frame(histogram: Histogram, name: str) -> Values:
    """What of a distribution's figure is the same in every window."""
    axis, bars = histogram.axis, len(histogram.labels)
    top = BODY + 44 if axis else 0
    inside = max(top + BAR * bars, 1)
    cells = [axis.cell(i) for i in range(axis.bins)] if axis else []
    ticks = axis.ticks() if axis else ()
    # Room for the numbers that stand at the bars' ends.
    longest = float(np.nanmax(np.nan_to_num(histogram.bars), initial=0.0)) * 1.22
    return {
        "$cells": cells,
        "$outer_cells": ["", *cells, ""],
        "$ticks": [place for place, _ in ticks],
        "$tick_labels": [label for _, label in ticks],
        "$range": [-0.5, axis.bins - 0.5] if axis else [0, 1],
        "$title": plain(clean(name, 60)) + (", on a logarithmic scale" if axis and axis.log else ""),
        "$has_body": axis is not None,
        "$has_bars": bars > 0,
        "$bars_only": axis is None,
        "$places": list(range(bars)),
        "$labels": [plain(clean(label, NAME_WIDTH)) for label in histogram.labels],
        "$bar_range": [0.0, max(longest, 1e-6)],
        "$bar_rows": [bars - 0.4, -0.6],
        "$bar_domain": [0.0, BAR * bars / inside] if axis else [0.0, 1.0],
        "$body_domain": [1 - BODY / inside, 1.0] if axis else [0.0, 1.0],
        "$height": inside + EDGE,
    }


def filled_over_time(book: Ledger, column: int, statistic: str, *, window: int | None = None) -> Values:
    """Fill `drawing.over_time` with one statistic of one column; `window` is marked."""
    table = book.scores[column].get(statistic)
    if table is None:
        table = np.full((len(book.windows), len(FIELDS)), math.nan)
    fields = dict(zip(FIELDS, table.T, strict=True))
    effect = np.where(np.isnan(fields["effect"]), fields["value"], fields["effect"])
    floor = fields["floor"]
    signed = np.nanmin(effect, initial=0.0) < 0
    # Endless less endless is nothing, and is not drawn.
    with np.errstate(invalid="ignore"):
        up, down = fields["high"] - effect, effect - fields["low"]
    given = {
        "$effect": effect,
        "$up": up,
        "$down": down,
        "$floor": floor,
        "$minus_floor": -floor if signed else np.where(np.isnan(floor), floor, 0.0),
        "$threshold": fields["threshold"],
        "$drifted": np.where(book.verdicts[column] == VERDICTS.index(Verdict.DRIFTED), effect, math.nan),
        "$inconclusive": np.where(book.verdicts[column] == VERDICTS.index(Verdict.INCONCLUSIVE), effect, math.nan),
    }
    at = book.slots[window] if window is not None else 0
    described = word(statistic)
    words: Values = {
        "$told": spread(book, [_told(book, column, statistic, row) for row in range(len(book.windows))], ""),
        "$title": described.title + {"sd": ", in sd", "log": ", natural logarithm"}.get(described.unit, ""),
        "$format": "+,.3~p" if described.unit == "share" else ".3~g",
        "$effect_range": _range(effect[book.verdicts[column] != VERDICTS.index(Verdict.INCONCLUSIVE)], effect, fields),
        "$from": at - 0.5,
        "$to": at + 0.5,
        "$marked": window is not None,
    }
    return time_axis(book) | words | {blank: spread(book, numbers(values), None) for blank, values in given.items()}


def filled_heatmap(book: Ledger, rows: Sequence[int]) -> Values:
    """Fill `drawing.heatmap` with these rows of a ledger, in this order."""
    told = [
        [
            f"{plain(clean(book.names[row], 60))}<br>{plain(label)}{' (unfinished)' if window.unfinished else ''}: {cell_words(z)}"
            for window, label, z in zip(book.windows, book.labels(), book.heat[row], strict=True)
        ]
        for row in rows
    ]
    labels = [clean(book.names[row], NAME_WIDTH) for row in rows]
    return time_axis(book) | {
        # Measuring the labels would cost the browser more than drawing all else.
        "$left": 14 + LETTER * max(map(len, labels), default=0),
        "$z": [spread(book, numbers(book.heat[row], digits=4), None) for row in rows],
        "$told": [spread(book, words, "") for words in told],
        "$places": list(range(len(rows))),
        "$labels": [plain(label) for label in labels],
        "$rows": [len(rows) - 0.5, -0.5],
        "$height": max(len(rows), 1) * CELL + EDGE,
        "$gap": 1,
        "$top": 34,
        "$scale": True,
    }


def filled_missing(book: Ledger, reference: Profile, columns: Sequence[int]) -> Values:
    """Fill `drawing.missing` with lines for these columns of the ledger."""
    lines = []
    for row, colour in zip(columns[:LINES_SHOWN], LINES, strict=False):
        shares = null_shares(book, reference, book.names[row])[1:]
        lines.append(missing_line(plain(clean(book.names[row], NAME_WIDTH)), spread(book, numbers(shares), None), colour))
    note = {
        "text": "no column changed in how often it has a value",
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
    }
    axis = time_axis(book)
    hatched = unfinished(axis["$unfinished"], GREY, "rgba(0,0,0,0)")
    return axis | {"$lines": [*lines, hatched] if lines else [], "$notes": [] if lines else [note]}


def null_shares(book: Ledger, reference: Profile, name: str) -> NDArray[np.float64]:
    """Share of rows without a value: null, or the whole column absent. The reference's first, then each window's."""
    at, kinds = place(reference, name), [Odd.NULL, Odd.ABSENT]
    profiles = (reference, *book.profiles)
    if at is None:
        return np.full(len(profiles), math.nan)
    return np.array([p.odd[at, kinds].sum() / p.rows if p.rows else math.nan for p in profiles])


def time_axis(book: Ledger | Track) -> Values:
    """The windows on an axis: a few of their labels, at their places; and which of them are not whole yet."""
    every = max(1, math.ceil(len(book.slots) / TIME_TICKS))
    ragged = [slot for slot, window in zip(book.slots, book.windows, strict=True) if window.unfinished]
    labels = [plain(clean(label, 20)) for label in book.labels()]
    return {
        "$ticks": list(book.slots[::every]),
        "$tick_labels": labels[::every],
        "$range": [-0.6, book.width - 0.4],
        "$unfinished": ragged,
        "$whole": [1] * len(ragged),
    }


def cell_words(z: float) -> str:
    """Say what a cell of the heat map shows.

    >>> cell_words(0.1), cell_words(2.5), cell_words(3.0)
    ('stable', 'drifted, about 8 × what matters', 'drifted, 64 × what matters or more')
    """
    if math.isnan(z):
        return "no data"
    if z < 1.0:
        return "stable"
    if z < 2.0:  # noqa: PLR2004  see `heat`
        return "inconclusive"
    times = 2 ** ((z - 2) * DOUBLINGS)
    return f"drifted, {times:.0f} × what matters or more" if z >= 3 else f"drifted, about {times:.0f} × what matters"  # noqa: PLR2004  see `heat`


def numbers(values: NDArray[np.float64], digits: int = 6) -> list[float | None]:
    """Write floats for JSON: rounded to so many significant digits, None for what is no number."""
    return [float(f"{x:.{digits}g}") if math.isfinite(x) else None for x in values.tolist()]


def _told(book: Ledger, column: int, statistic: str, window: int) -> str:
    table = book.scores[column].get(statistic)
    if table is None:
        return ""
    value, threshold, p_value, effect, low, high, _, _ = (float(x) for x in table[window])
    bounds = interval(statistic, (low, high))
    said, unripe = book.columns[column][window], " (unfinished)" if book.windows[window].unfinished else ""
    lines = [
        f"<b>{plain(book.labels()[window])}</b>{unripe}: {said.verdict if said else 'no data'}",
        f"effect {amount(statistic, effect)}" + (f" ({bounds})" if bounds else ""),
    ]
    lines.append(f"raw {raw(statistic, value)}, threshold {raw(statistic, threshold).removeprefix('+')}, p {probability(p_value)}")
    return "<br>".join(lines)


def _range(telling: NDArray[np.float64], effect: NDArray[np.float64], fields: Mapping[str, NDArray[np.float64]]) -> list[float]:
    """The part of the effect's axis worth looking at: one window of few rows does not squeeze all others."""
    core = np.concatenate([telling if np.isfinite(telling).any() else effect, fields["floor"], np.zeros(1)])
    return view(core, np.concatenate([fields["low"], fields["high"], fields["threshold"]]))


def view(core: NDArray[np.float64], reach: NDArray[np.float64]) -> list[float]:
    """An axis over all of `core`, and over as much of `reach` as does not squeeze it. Shape of both: any; NaN is left out."""
    core, reach = core[np.isfinite(core)], reach[np.isfinite(reach)]
    if not core.size:
        return [0.0, 1.0]
    low, high = float(core.min()), float(core.max())
    if reach.size:
        room = 0.6 * (high - low) or float(np.abs(reach).max()) or 1.0
        low, high = max(min(low, float(reach.min())), low - room), min(max(high, float(reach.max())), high + room)
    room = 0.06 * (high - low) or 1.0
    return [float(f"{low - room:.6g}"), float(f"{high + room:.6g}")]


def spread(book: Ledger | Track, values: Sequence[Any], nothing: Any) -> list[Any]:
    """Put one value per window at the windows' places on the axis of time."""
    placed = [nothing] * book.width
    for slot, value in zip(book.slots, values, strict=True):
        placed[slot] = value
    return placed
