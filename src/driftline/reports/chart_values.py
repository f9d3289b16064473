"""What fills the blanks of the performance figures: plain lists of numbers and words, from a track and from counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError
from driftline.performance.metric import metric_of
from driftline.reports.material import Values, frame, numbers, plain, spread, time_axis, view
from driftline.reports.vitals import estimated, measured, standing
from driftline.reports.wording import clean, number, percent, rows
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from driftline.reports.curves import Confusion, Curve, Reliability, Residuals
    from driftline.reports.histogram import Histogram
    from driftline.reports.track import Track
    from driftline.verdicts.report import MetricReport

ALONE = 0.3
"""Half the width of the band of a window whose neighbours have none."""

CLASS_WIDTH = 12
DEEPEST = 0.5
"""What is written on the deepest colour of a confusion matrix can still be read, in the dark too."""

RARE = 0.6
"""A reliability diagram that reaches no further is enlarged."""

SMALL, TINY = 4, 8
"""Confusion matrices of more classes than this are written smaller."""


def _passable(metric: str, threshold: NDArray[np.float64]) -> NDArray[np.float64]:
    """Thresholds that the metric can pass; of a window with few labels it may lie where no value ever does."""
    try:
        least, most = metric_of(metric).bounds
    except ConfigError:
        # Gaps between groups, figures of operations and the value of decisions are no metrics of this kind.
        return threshold
    return np.where((threshold >= least) & (threshold <= most), threshold, math.nan)


def filled_performance(track: Track, metric: str) -> Values:
    """Fill `charts.performance` with one metric of a segment."""
    told = track.told[metric]
    value, low, high = _numbers(told, lambda one: one.value), *_ends(told, lambda one: one.interval)
    guess, guess_low, guess_high = _numbers(told, _guess), *_ends(told, lambda one: one.estimate.interval if one.estimate else None)
    threshold, reference = _passable(metric, _numbers(told, lambda one: one.threshold)), _numbers(told, lambda one: one.reference)
    light = np.array(track.provisional(metric), dtype=np.bool_) & np.isfinite(value)
    firm = np.isfinite(value) & ~light
    worse, unsure, doubted = (_where(told, is_so) for is_so in (_worse, _unsure, _doubted))
    series = {
        "$threshold": threshold,
        "$estimated": guess,
        "$doubted": np.where(doubted, guess, math.nan),
        # Lines join a lighter window to its firm neighbours.
        "$light": np.where(light | _beside(light, value), value, math.nan),
        "$firm": np.where(firm, value, math.nan),
        "$dots": np.where(firm, value, math.nan),
        "$inconclusive": np.where(unsure, value, math.nan),
        "$worse": np.where(worse, value, math.nan),
        "$anything": np.where(np.isfinite(value), value, guess),
    }
    bands = {
        "estimated": _outlines(track, guess_low, guess_high, np.isfinite(guess)),
        "light": _outlines(track, low, high, light | _beside(light, value)),
        "firm": _outlines(track, low, high, firm),
    }
    known = reference[np.isfinite(reference)]
    return (
        time_axis(track)
        | {blank: spread(track, numbers(values), None) for blank, values in series.items()}
        | {f"${name}_{axis}": outline for name, pair in bands.items() for axis, outline in zip("xy", pair, strict=True)}
        | _words(track, metric)
        | {
            "$ends": [-0.6, track.width - 0.4],
            "$reference": numbers(known[[-1, -1]]) if known.size else [],
            "$view": view(np.concatenate([value, guess, known]), np.concatenate([low, high, guess_low, guess_high, threshold])),
            "$compared": bool(known.size),
            "$known": bool(firm.any()),
            "$guessed": bool(np.isfinite(guess).any()),
            "$doubtful": bool(doubted.any()),
            "$provisional": bool(light.any()),
            "$open": bool(unsure.any()),
            "$any_worse": bool((worse & np.isfinite(value)).any()),
        }
    )


def filled_confusion(table: Confusion, reference: Confusion | None, name: str) -> Values:
    """Fill `charts.confusion`; the reference's shares stand in small beside the window's where there is room."""
    classes = len(table.classes)
    labels = [plain(clean(label, CLASS_WIDTH)) for label in table.classes]
    cells = [(came, said) for came in range(classes) for said in range(classes)]
    before = None if reference is None else reference.shares
    texts, told = [], []
    for came, said in cells:
        share, rows_here = float(table.shares[came, said]), int(table.table[came, said])
        usual = "" if before is None else percent(float(before[came, said]))
        texts.append(_cell(classes, rows_here, share, usual))
        told.append(
            f"<b>{plain(clean(name, 30))}</b><br>{labels[came]} came true, {labels[said]} was said<br>"
            f"{rows(rows_here)}, {percent(share)} of what came true" + (f"<br>{usual} in the reference" if usual else "")
        )
    return {
        "$said": [said for _, said in cells],
        "$came": [came for came, _ in cells],
        "$top": [came - 0.48 for came, _ in cells],
        "$heights": [0.96] * len(cells),
        "$shades": [DEEPEST * (share or 0.0) for share in numbers(table.shares.ravel(), digits=3)],
        "$texts": texts,
        "$told": told,
        "$letters": 12 if classes <= SMALL else 10 if classes <= TINY else 8,
        "$places": list(range(classes)),
        "$labels": labels,
        "$across": [-0.5, classes - 0.5],
        "$down": [classes - 0.5, -0.5],
    }


def filled_curve(curve: Curve, reference: Curve | None, name: str) -> Values:
    """Fill `charts.roc` or `charts.precision_recall`."""
    return {
        "$current_name": plain(clean(name, 30)),
        "$x": numbers(curve.x, digits=4),
        "$y": numbers(curve.y, digits=4),
        "$reference_x": [] if reference is None else numbers(reference.x, digits=4),
        "$reference_y": [] if reference is None else numbers(reference.y, digits=4),
    }


def filled_reliability(groups: Reliability, reference: Reliability | None, name: str) -> Values:
    """Fill `charts.reliability`; where all is rare, only that part of the square is shown."""
    ends = [groups.score, groups.high] if reference is None else [groups.score, groups.high, reference.score, reference.high]
    reach = float(np.concatenate(ends).max())
    reach = reach if reach < RARE else 1.0
    return {
        "$reach": [-0.02 * reach, 1.03 * reach],
        "$current_name": plain(clean(name, 30)),
        "$x": numbers(groups.score, digits=4),
        "$y": numbers(groups.share, digits=4),
        "$up": numbers(groups.high - groups.share, digits=3),
        "$down": numbers(groups.share - groups.low, digits=3),
        "$told": _groups_told(groups, name),
        "$reference_x": [] if reference is None else numbers(reference.score, digits=4),
        "$reference_y": [] if reference is None else numbers(reference.share, digits=4),
        "$told_reference": [] if reference is None else _groups_told(reference, "reference"),
    }


def filled_residuals(histogram: Histogram, name: str) -> Values:
    """Fill `drawing.distribution` with residuals: row 1 of the histogram against row 0."""
    return frame(histogram, "residual: prediction − what came true") | {
        "$reference": numbers(histogram.body[0]),
        "$current": [0.0, *numbers(histogram.body[1]), 0.0] if histogram.axis else [],
        "$bars_reference": numbers(histogram.bars[0]),
        "$bars_current": numbers(histogram.bars[1]),
        "$current_name": plain(clean(name, 30)),
    }


def filled_residual_groups(groups: Residuals, reference: Residuals | None, name: str) -> Values:
    """Fill `charts.residual_groups`."""
    low, near, middle, far, high = groups.quantiles.T
    wide, half = (_outline(groups.prediction, *ends) for ends in ((low, high), (near, far)))
    told = [
        f"<b>{plain(clean(name, 30))}</b>: predictions near {number(at)}<br>residual {number(m)} in the middle, half between "
        f"{number(a)} and {number(b)}<br>9 in 10 between {number(lowest)} and {number(highest)}, {rows(int(count))}"
        for at, (lowest, a, m, b, highest), count in zip(groups.prediction, groups.quantiles, groups.rows, strict=True)
    ]
    return {
        "$current_name": plain(clean(name, 30)),
        "$x": numbers(groups.prediction, digits=4),
        "$y": numbers(middle, digits=4),
        "$wide_x": wide[0],
        "$wide_y": wide[1],
        "$half_x": half[0],
        "$half_y": half[1],
        "$told": told,
        "$reference_x": [] if reference is None else numbers(reference.prediction, digits=4),
        "$reference_y": [] if reference is None else numbers(reference.quantiles[:, 2], digits=4),
    }


def _words(track: Track, metric: str) -> Values:
    said = next(one for one in track.told[metric] if one is not None)
    lines = []
    for window, one, unripe in zip(track.windows, track.told[metric], track.provisional(metric), strict=True):
        label = f"<b>{plain(window.window.label)}</b>{' (unfinished)' if window.unfinished else ''}"
        parts = [f"{label}: no data"]
        if one is not None:
            guess = estimated(one)
            parts = [
                f"{label}: {standing(one)}{', provisional' if unripe else ''}",
                plain(measured(one)),
                *([plain(guess)] if guess else []),
            ]
            if one.reference is not None:
                parts.append(
                    f"reference {number(one.reference)}" + ("" if one.threshold is None else f", worse beyond {number(one.threshold)}")
                )
        lines.append("<br>".join(parts))
    better = "" if said.better == "either" else f", {said.better} is better"
    return {
        "$told": spread(track, lines, ""),
        "$title": plain(clean(said.title, 40)) + better,
        "$realised": "realised, with its 95% interval",
    }


def _cell(classes: int, count: int, share: float, usual: str) -> str:
    if classes > SMALL:
        return percent(share) if classes <= TINY else f"{share:.0%}" if math.isfinite(share) else ""
    was = f"<br><span style='font-size: 10px'>was {usual}</span>" if usual else ""
    return f"<b>{percent(share)}</b><br>{count:,}{was}"


def _groups_told(groups: Reliability, name: str) -> list[str]:
    return [
        f"<b>{plain(clean(name, 30))}</b>: scores near {number(score)}<br>{percent(share)} came true ({number(low * 100)} to "
        f"{number(high * 100)}), {rows(int(count))}"
        for score, share, low, high, count in zip(groups.score, groups.share, groups.low, groups.high, groups.rows, strict=True)
    ]


def _numbers(told: Sequence[MetricReport | None], field: Callable[[MetricReport], float | None]) -> NDArray[np.float64]:
    found = [None if one is None else field(one) for one in told]
    return np.array([math.nan if value is None else value for value in found], dtype=np.float64)


def _ends(
    told: Sequence[MetricReport | None], field: Callable[[MetricReport], tuple[float, float] | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = [None if one is None else field(one) for one in told]
    pairs = np.array([(math.nan, math.nan) if pair is None else pair for pair in found], dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _where(told: Sequence[MetricReport | None], is_so: Callable[[MetricReport], bool]) -> NDArray[np.bool_]:
    return np.array([one is not None and is_so(one) for one in told], dtype=np.bool_)


def _guess(one: MetricReport) -> float | None:
    return one.estimate.value if one.estimate else None


def _worse(one: MetricReport) -> bool:
    return one.verdict is Verdict.DRIFTED


def _unsure(one: MetricReport) -> bool:
    return one.verdict is Verdict.INCONCLUSIVE and one.value is not None


def _doubted(one: MetricReport) -> bool:
    return one.estimate is not None and not one.estimate.trusted


def _beside(chosen: NDArray[np.bool_], value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Known windows next to a chosen one."""
    left, right = np.r_[chosen[1:], False], np.r_[False, chosen[:-1]]
    return np.asarray((left | right) & np.isfinite(value))


def _outlines(
    track: Track, low: NDArray[np.float64], high: NDArray[np.float64], shown: NDArray[np.bool_]
) -> tuple[list[float | None], list[float | None]]:
    """The outlines of a band, one for each run of neighbouring windows, with gaps between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    at = np.array(track.slots, dtype=np.float64)
    good = shown & np.isfinite(low) & np.isfinite(high)
    places = np.flatnonzero(good)
    for run in np.split(places, np.flatnonzero(np.diff(at[places]) > 1) + 1) if places.size else ():
        x, bottom, top = at[run], low[run], high[run]
        if run.size == 1:
            x, bottom, top = x[0] + np.array([-ALONE, ALONE]), bottom[[0, 0]], top[[0, 0]]
        one = _outline(x, bottom, top)
        xs += [*one[0], None]
        ys += [*one[1], None]
    return xs, ys


def _outline(x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[list[float | None], list[float | None]]:
    return numbers(np.r_[x, x[::-1]], digits=4), numbers(np.r_[high, low[::-1]], digits=4)
