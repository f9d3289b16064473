"""The document in the domain's terms: a monitor, its windows, its policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.config import document as written
from driftline.config.deciding import UNITS, past, terms
from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Kind, Role, Task
from driftline.verdicts.policy import DEFAULT_FLOORS, Against, Budget, Goal, HandSet, Limit, Policy
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.config.health import Performance

LENGTHS = {Cadence.HOUR: "hour", Cadence.DAY: "day", Cadence.WEEK: "week", Cadence.MONTH: "month"}
"""The unit that a calendar window lasts."""


def monitor(document: written.Document) -> Monitor:
    """The monitor a document describes."""
    return Monitor(
        name=document.monitor,
        task=Task(document.task),
        hints=hints(document),
        windowing=windowing(document),
        policy=policy(document),
        terms=terms(document.decisions, windowing(document).timezone),
        past=past(document.decisions),
    )


def hints(document: written.Document) -> ColumnHints:
    """What the document says about columns."""
    columns = document.columns or written.Columns()
    segments = document.segments or []
    unkept = [*((document.keep and document.keep.never) or []), *((document.keep and document.keep.hashed) or [])]
    return ColumnHints(
        roles={name: role for _, name, role in named_roles(columns)},
        kinds={name: Kind(kind) for name, kind in (columns.kinds or {}).items()},
        importance=dict(columns.importance or {}),
        features=tuple(columns.features) if columns.features else None,
        segments=tuple(segment for segment in segments if isinstance(segment, str)),
        label_time=columns.label_time,
        version=columns.version,
        item=columns.item,
        # What the model was trained on has no version, or another.
        unkept=frozenset([*unkept, *([columns.version] if columns.version else [])]),
        conditions={name: text for segment in segments if isinstance(segment, dict) for name, text in segment.items()},
    )


def named_roles(columns: written.Columns) -> Iterator[tuple[tuple[str | int, ...], str, Role]]:
    """Every column that is given a role, with the path where that is said."""
    for key, role in ROLES.items():
        said = getattr(columns, key)
        if isinstance(said, str):
            yield ("columns", key), said, role
        for i, name in enumerate(said if isinstance(said, list) else []):
            yield ("columns", key, i), name, role


ROLES = {
    "timestamp": Role.TIMESTAMP,
    "id": Role.ID,
    "query": Role.QUERY,
    "prediction": Role.PREDICTION,
    "score": Role.SCORE,
    "label": Role.LABEL,
    "latency": Role.LATENCY,
    "error": Role.ERROR,
    "ignore": Role.IGNORED,
}
"""Keys under `columns` that give a role."""


def windowing(document: written.Document) -> Windowing:
    """How the document cuts windows: by day where nothing is said and time is known, else not at all."""
    match document.window:
        case written.RowWindows(rows=rows):
            return Windowing(Cadence.ROWS, rows=rows)
        case written.ColumnWindows(column=column):
            return Windowing(Cadence.COLUMN, column=column)
        case written.CalendarWindows(every=every, timezone=timezone):
            return Windowing(Cadence(every), timezone=timezone)
        case str() as cadence:
            return Windowing(Cadence(cadence))
    timed = document.columns and document.columns.timestamp
    return Windowing(Cadence.DAY if timed else Cadence.WHOLE)


def policy(document: written.Document) -> Policy:
    """What the document promises."""
    floors = document.floors.model_dump(exclude={"columns"}, exclude_none=True) if document.floors else {}
    compare_with = document.compare_with or "reference"
    return Policy(
        budget=budget(document),
        against=Against(compare_with) if isinstance(compare_with, str) else Against.TRAILING,
        trailing=Policy().trailing if isinstance(compare_with, str) else compare_with.trailing,
        floors={**DEFAULT_FLOORS, **floors},
        column_floors=dict(document.floors.columns or {}) if document.floors else {},
        hand_set=tuple(hand_set(document)),
        statistics=tuple(document.statistics or ()),
        attribution=document.attribution or Policy().attribution,
        together=document.together,
        goal=goal(document.performance),
        confidence=document.confidence or Policy().confidence,
    )


def goal(said: Performance | None) -> Goal:
    """What a healthy model means."""
    if said is None:
        return Goal()
    worth = said.value
    return Goal(
        metric=said.metric,
        threshold=Goal().threshold if said.threshold is None else said.threshold,
        positive=said.positive,
        floors=dict(said.floors or {}),
        value=worth.amounts if worth else None,
        worth=(worth.expression or "") if worth else "",
        currency=(worth.currency or "") if worth else "",
        fairness=dict(said.fairness or {}),
        depths=tuple(said.depths or ()),
    )


def budget(document: written.Document) -> Budget:
    """The false-alarm budget.

    It holds for a time where windows last a known time, else for a number of windows. Where a time is
    given but windows have no known length (rows, a column's values, the whole), a day counts as a window.
    """
    said = document.false_alarms
    if said is None:
        return Budget()
    alarms, within = said.partition(" in ")[::2] if isinstance(said, str) else (said.at_most, said.within)
    number, unit = within.split(" ")
    count, unit = int(number), unit.removesuffix("s")
    if unit == "window":
        length = LENGTHS.get(windowing(document).cadence, "day")
        return Budget(float(alarms), count * UNITS[length], count)
    period = count * UNITS[unit]
    return Budget(float(alarms), period, max(1, round(period / UNITS["day"])))


def hand_set(document: written.Document) -> Iterator[HandSet]:
    """Thresholds set by hand."""
    for column, statistics in (document.thresholds or {}).items():
        for statistic, threshold in statistics.items():
            match threshold:
                case written.StandardDeviations(standard_deviations=value):
                    yield HandSet(column, statistic, Limit.STANDARD_DEVIATION, value)
                case written.Quantile(quantile=value):
                    yield HandSet(column, statistic, Limit.QUANTILE, value)
                case _:
                    yield HandSet(column, statistic, Limit.FIXED, float(threshold))
