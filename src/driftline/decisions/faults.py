"""What spoilt the data, window by window: from the diagnosis, and where a window has none from its verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.decisions.evidence import Spoilt
from driftline.schema import Role
from driftline.verdicts.diagnosis import EVERY_COLUMN, FLEETING, Change, Diagnosis, polluting
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from driftline.verdicts.report import ColumnReport, WindowReport

    Causes = Mapping[str, Sequence[Diagnosis]]
    Untold = Callable[[str, Sequence[str]], bool]

TRUTH = frozenset({Role.LABEL})
"""Columns that are not fed to the model: that a label has not come is no fault."""

WAITING = frozenset({"null_burst", "missing_column"})
"""Faults that a label shows while it is waited for, or that it never came."""

NAMELESS = 0.7
"""How sure a fault is that a verdict shows and no diagnosis names."""

SURE = 0.5
"""A fault that is less sure than this is looked into before anything is repaired."""


def causes(windows: Sequence[WindowReport]) -> dict[str, tuple[Diagnosis, ...]]:
    """Why windows changed, by the window's label.

    Where nobody has diagnosed a window, its verdicts tell faults as far as they can: what is missing, of the wrong kind, or
    beyond what was ever seen. A column that has moved since such a window is at fault still.
    """
    found: dict[str, tuple[Diagnosis, ...]] = {}
    for window in windows:
        told = tuple(_fed(window))
        # Columns are made when they are looked at: nobody looks where nothing drifted.
        if told or window.verdict is not Verdict.DRIFTED:
            found[window.window.label] = told
            continue
        begun = {name for since in {c.since for c in window.columns} for one in faults(found.get(since or "", ())) for name in one.columns}
        found[window.window.label] = tuple(_nameless(column) for column in window.columns if _at_fault(column, begun))
    return found


def _fed(window: WindowReport) -> Iterator[Diagnosis]:
    """What a diagnosis says of a window, but for labels that have not come: nothing is wrong with the data for their sake."""
    if not window.diagnosis:
        return
    truth = {column.name for column in window.columns if column.role in TRUTH}
    late = window.labels is None or not window.labels.settled
    for one in window.diagnosis:
        if not (one.columns and truth.issuperset(one.columns) and (late or one.kind in WAITING)):
            yield one


def _at_fault(column: ColumnReport, begun: set[str]) -> bool:
    if column.verdict is not Verdict.DRIFTED or column.role in TRUTH or more_rows(column):
        return False
    return column.concern is Concern.FAULT or column.name in begun


def _nameless(column: ColumnReport) -> Diagnosis:
    return Diagnosis(
        change=Change.FAULT,
        kind=Change.FAULT.value,
        columns=(column.name,),
        sentence=f"{column.name}: {column.reason}",
        remedy=f"repair the feed of {column.name}",
        confidence=NAMELESS,
        since=column.since,
        polluted=True,
    )


def more_rows(column: ColumnReport) -> bool:
    """Whether all that a verdict says is that there are more rows than usual, which is no fault."""
    drifted = [score for score in column.scores if score.verdict is Verdict.DRIFTED]
    return column.worst == "volume" and all(score.statistic == "volume" and (score.effect or 0.0) > 0 for score in drifted)


def faults(told: Sequence[Diagnosis]) -> Iterator[Diagnosis]:
    """Faults that are sure enough to be repaired, but for those that are in labels alone."""
    return (one for one in told if one.change is Change.FAULT and one.confidence >= SURE)


def spoilt(told: Causes, labels: Sequence[str], untold: Untold | None = None) -> tuple[Spoilt, ...]:
    """Faults over the windows: those of one kind in the same columns are one; those that last come first, then the surest.

    Args:
        told: the causes by window.
        labels: the windows in order.
        untold: whether nothing can be said yet of some columns in a window, by its label: no fault is over for that.
    """
    seen: dict[tuple[str, tuple[str, ...]], list[tuple[str, Diagnosis]]] = {}
    for label in labels:
        for one in faults(told.get(label, ())):
            seen.setdefault((one.kind, tuple(sorted(one.columns))), []).append((label, one))
    order = {label: place for place, label in enumerate(labels)}
    found = [_joined(entries, labels, order, untold) for entries in seen.values()]
    return tuple(sorted(found, key=lambda one: (not one.lasts, -one.confidence, order.get(one.since, 0), one.columns)))


def _joined(entries: Sequence[tuple[str, Diagnosis]], labels: Sequence[str], order: Mapping[str, int], untold: Untold | None) -> Spoilt:
    """One fault from what was told of it; of several runs of windows the last counts."""
    last, told = entries[-1]
    first = last
    for label, _ in reversed(entries):
        if order[first] - order[label] > 1:
            break
        first = label
    since = first if told.since is None or order.get(told.since, len(order)) > order[first] else told.since
    names = ("the whole table",) if told.columns == (EVERY_COLUMN,) else told.columns
    return Spoilt(
        kind=told.kind.replace("_", " "),
        columns=names,
        since=since,
        lasts=all(untold is not None and untold(label, told.columns) for label in labels[order[last] + 1 :]),
        share=told.share,
        sentence=told.sentence,
        remedy=told.remedy,
        confidence=told.confidence,
    )


def polluted(told: Causes, labels: Sequence[str]) -> tuple[str, ...]:
    """Windows that no model should learn from, in order."""
    return tuple(label for label in labels if polluting(told.get(label, ()), sure=SURE))


def explained(told: Sequence[Diagnosis]) -> Iterator[str]:
    """Columns whose change a fault makes."""
    for one in faults(told):
        yield from (*one.columns, *one.explains)


def _goes_on(one: Diagnosis) -> bool:
    return one.change is Change.DEPENDENCE and one.confidence > FLEETING


def unexplained(told: Sequence[Diagnosis]) -> str:
    """A change that no cause was found for, or a fault that is not sure, where there is no sure fault; else empty."""
    if any(faults(told)):
        return ""
    # One window in two hundred is told by chance that its columns no longer go together; hardly ever are two in a row.
    open_ones = [one for one in told if one.change in {Change.UNKNOWN, Change.FAULT} or _goes_on(one)]
    return open_ones[0].sentence if open_ones else ""
