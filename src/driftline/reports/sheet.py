"""One window's performance on a sheet: what the model said against what came true, as figures, and every metric in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.reports import chart_values as fill_with
from driftline.reports import charts, curves, drawing
from driftline.reports.histogram import number_histogram
from driftline.reports.vitals import bounds
from driftline.reports.wording import NOTHING, clean, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.reports.drawing import Drawing
    from driftline.reports.material import Values
    from driftline.reports.track import Track
    from driftline.verdicts.report import MetricReport

PORTRAITS: Mapping[str, tuple[str, Callable[[], Drawing]]] = {
    "confusion": ("Confusion matrix", charts.confusion),
    "roc": ("ROC curve", charts.roc),
    "precision_recall": ("Precision and recall", charts.precision_recall),
    "reliability": ("Reliability", charts.reliability),
    "residuals": ("Residuals", drawing.distribution),
    "residual_groups": ("Residuals by prediction", charts.residual_groups),
}
"""The figures of one window by name: what stands above it, and its drawing."""

SHEETS = 12
"""So many of the last windows with labels can be looked at one by one."""

HEADS = ("metric", "realised", "estimated", "reference", "worse by", "matters from", "could have shown", "rows", "labels", "verdict")
"""The columns of the table of metrics."""


def portraits(outcome: Outcome, counts: OutcomeCounts, reference: OutcomeCounts | None, name: str) -> dict[str, Values]:
    """What fills each figure that can be drawn of one window, called `name`."""
    found: dict[str, Values] = {}
    before = reference if reference is not None and reference.labelled else None
    if (table := curves.confusion(outcome, counts)) is not None:
        found["confusion"] = fill_with.filled_confusion(table, None if before is None else curves.confusion(outcome, before), name)
    for key, curve in (("roc", curves.roc), ("precision_recall", curves.precision_recall)):
        if (drawn := curve(outcome, counts)) is not None:
            found[key] = fill_with.filled_curve(drawn, None if before is None else curve(outcome, before), name)
    if (groups := curves.reliability(outcome, counts)) is not None:
        found["reliability"] = fill_with.filled_reliability(groups, None if before is None else curves.reliability(outcome, before), name)
    if (errors := curves.residuals(outcome, counts)) is not None:
        found["residuals"] = _residuals(outcome, counts, before, name)
        found["residual_groups"] = fill_with.filled_residual_groups(
            errors, None if before is None else curves.residuals(outcome, before), name
        )
    return found


def drawings() -> dict[str, Drawing]:
    """Every drawing that a sheet may need, by name."""
    return {name: drawn() for name, (_, drawn) in PORTRAITS.items()}


def labelled_windows(track: Track) -> tuple[int, ...]:
    """The last windows in which some row has a label."""
    outcomes = [profile.outcome for profile in track.profiles]
    return tuple(at for at, counts in enumerate(outcomes) if counts is not None and counts.labelled)[-SHEETS:]


def focus(track: Track) -> int | None:
    """The window to look at first: that which the deciding metric is told of, or else the last with labels; None without labels."""
    known = labelled_windows(track)
    latest = track.latest(next(iter(track.told)))
    return latest if latest in known else known[-1] if known else None


def sheet(track: Track, at: int, reference: OutcomeCounts | None) -> dict[str, Any]:
    """One window's figures and table, as plain JSON."""
    profile = track.profiles[at]
    pictures: dict[str, Values] = {}
    if profile.outcome is not None and profile.plan.outcome is not None:
        pictures = portraits(profile.plan.outcome, profile.outcome, reference, track.labels()[at])
    return {"pictures": pictures, "metrics": table(track, at)}


def table(track: Track, at: int) -> list[list[str]]:
    """Every metric of one window, a cell for each of `HEADS`; the verdict as JSON has it."""
    said = [one[at] for one in track.told.values()]
    return [_row(one) for one in said if one is not None]


def _row(one: MetricReport) -> list[str]:
    guess = one.estimate
    worsening = NOTHING if one.worsening is None else f"{number(one.worsening)}{bounds(one.worsening_interval)}"
    value = f"{number(one.value)}{bounds(one.interval)}" if one.value is not None else NOTHING
    return [
        clean(one.title, 60),
        value,
        NOTHING if guess is None else f"{number(guess.value)}{bounds(guess.interval)}{'' if guess.trusted else ', doubtful'}",
        number(one.reference),
        worsening,
        number(one.floor),
        number(one.detectable),
        f"{one.rows:,}",
        percent(one.coverage),
        one.verdict.value,
    ]


def _residuals(outcome: Outcome, counts: OutcomeCounts, reference: OutcomeCounts | None, name: str) -> Values:
    rows = [(reference or counts).table[:-1, :-1].sum(axis=0), counts.table[:-1, :-1].sum(axis=0)]
    values = fill_with.filled_residuals(number_histogram(outcome.arrays[1], np.array(rows)), name)
    return values if reference else values | {"$reference": [], "$bars_reference": []}
