"""What columns are for: hints win, then names and types that leave no doubt, and the rest are features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.engines.conditions import condition
from driftline.errors import SchemaMismatch, near_miss
from driftline.schema import Column, Kind, Role, Task
from driftline.window import CALENDAR, Cadence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from driftline.monitor import Monitor

TIME_NAMES = (
    *("ts", "timestamp", "event_time", "event_timestamp", "event_ts", "datetime", "date_time", "time", "date", "created_at"),
    *("occurred_at", "prediction_time", "prediction_timestamp", "request_time"),
)
ID_NAMES = (
    *("id", "uuid", "guid", "row_id", "record_id", "transaction_id", "request_id", "event_id", "prediction_id", "inference_id"),
    *("example_id", "sample_id", "identifier"),
)
PREDICTION_NAMES = (
    *("y_pred", "prediction", "predicted", "model_pred", "model_prediction", "predicted_label", "predicted_class", "y_hat"),
    "pred",
)
SCORE_NAMES = (
    *("y_score", "score", "model_score", "prediction_score", "y_proba", "y_pred_proba", "pred_proba", "predicted_proba"),
    *("predicted_probability", "probability", "proba"),
)
LABEL_NAMES = ("y_true", "label", "target", "ground_truth", "actual", "y")
"""Names common in the field, the surest first; a name is compared without its case."""

EPOCH_FROM = 1e8
"""A column called a time and holding numbers from here on (1973, in seconds) counts since 1970."""


def plan_columns(schema: pa.Schema, monitor: Monitor) -> tuple[Column, ...]:
    """Say of every column of a schema what it holds and what it is for.

    Raises:
        SchemaMismatch: something is said of a column that is not there.
        ConfigError: a segment's condition cannot be read.
    """
    _check_named(schema, monitor)
    roles = _roles(schema, monitor)
    hints = monitor.hints
    return tuple(
        Column(
            name=field.name,
            kind=kind_of(field, monitor, roles[field.name]),
            role=roles[field.name],
            importance=hints.importance.get(field.name),
        )
        for field in _once(schema)
    )


def kind_of(field: pa.Field, monitor: Monitor, role: Role) -> Kind:
    """What a column's values are: as the hints say, else by its type."""
    if field.name in monitor.hints.kinds:
        return monitor.hints.kinds[field.name]
    kind = value_type(field.type)
    if role is Role.TIMESTAMP:
        return Kind.TIMESTAMP
    classes = monitor.task is Task.MULTICLASS and role in {Role.PREDICTION, Role.LABEL}
    if (role is Role.SEGMENT or classes or field.name == monitor.hints.item) and (pa.types.is_integer(kind) or pa.types.is_null(kind)):
        return Kind.CATEGORY
    return natural_kind(kind)


def natural_kind(kind: pa.DataType) -> Kind:
    """What values of an Arrow type are where nothing else is known."""
    if pa.types.is_boolean(kind):
        return Kind.BOOLEAN
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return Kind.TIMESTAMP
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Kind.NUMBER
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return Kind.NUMBER
    if holds_text(kind) or pa.types.is_null(kind):
        return Kind.CATEGORY
    return Kind.UNSUPPORTED


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of the values, whatever way they are stored."""
    if isinstance(kind, pa.BaseExtensionType):
        return value_type(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return value_type(kind.value_type)
    return kind


def holds_text(kind: pa.DataType) -> bool:
    """Whether values of this type are texts, or bytes that may be."""
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    data = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in (*texts, *data))


def is_time_name(name: str) -> bool:
    """Whether a column's name says that it holds the time of the row."""
    return name.lower() in TIME_NAMES


def _once(schema: pa.Schema) -> list[pa.Field]:
    return list({field.name: field for field in reversed(schema)}.values())[::-1]


def _check_named(schema: pa.Schema, monitor: Monitor) -> None:
    hints, names = monitor.hints, set(schema.names)
    told: list[tuple[Iterable[str], str]] = [
        # Training data often has no times.
        ([name for name, role in hints.roles.items() if role is not Role.TIMESTAMP], "has a role"),
        (hints.kinds, "has a kind"),
        (hints.importance, "has an importance"),
        (hints.features or (), "is a feature"),
        (hints.segments, "is a segment"),
        ([hints.item] if hints.item else [], "is the item"),
    ]
    told += [(condition(text).columns, f"is in the condition of segment {name!r}") for name, text in hints.conditions.items()]
    for columns, what in told:
        for name in columns:
            if name not in names:
                raise SchemaMismatch(f"the reference has no column {name!r}, which {what}", hint=near_miss(name, schema.names))


def _roles(schema: pa.Schema, monitor: Monitor) -> dict[str, Role]:
    """Every column's role; the first column of a role that only one can have takes it."""
    hints = monitor.hints
    fields = {field.name: value_type(field.type) for field in _once(schema)}
    roles = dict.fromkeys(fields, Role.FEATURE)
    if hints.features is not None:
        roles = {name: Role.FEATURE if name in hints.features else Role.IGNORED for name in fields}
    if hints.item in roles:
        roles[hints.item] = Role.FEATURE
    open_fields = {
        name: kind for name, kind in fields.items() if name not in hints.roles and name not in {*(hints.features or ()), hints.item}
    }
    taken = set(hints.roles.values())
    for role, name in _inferred(open_fields, monitor).items():
        if role not in taken and name is not None:
            roles[name] = role
    for name in fields:
        if name.startswith("__index_level_") and name.endswith("__"):
            roles[name] = Role.IGNORED
    roles |= dict.fromkeys(hints.segments, Role.SEGMENT)
    if monitor.windowing.cadence is Cadence.COLUMN and monitor.windowing.column:
        # A column whose every value is a window changes from window to window by design.
        roles[monitor.windowing.column] = Role.IGNORED
    if hints.label_time is not None and hints.label_time in roles:
        roles[hints.label_time] = Role.IGNORED
    roles |= dict.fromkeys(hints.unkept & roles.keys(), Role.IGNORED)
    return roles | dict(hints.roles)


def _inferred(fields: dict[str, pa.DataType], monitor: Monitor) -> dict[Role, str | None]:
    times = [name for name, kind in fields.items() if pa.types.is_timestamp(kind) or pa.types.is_date(kind)]
    named = _first(TIME_NAMES, {name: fields[name] for name in times})
    only = times[0] if len(times) == 1 and monitor.windowing.cadence in CALENDAR else None
    readable = {name: kind for name, kind in fields.items() if holds_text(kind) or pa.types.is_integer(kind)}
    numbers = {name: kind for name, kind in fields.items() if pa.types.is_floating(kind) or pa.types.is_decimal(kind)}
    return {
        Role.TIMESTAMP: named or only or _first(TIME_NAMES, readable),
        Role.ID: _first(ID_NAMES, readable),
        Role.PREDICTION: _first(PREDICTION_NAMES, fields),
        Role.SCORE: _first(SCORE_NAMES, numbers),
        Role.LABEL: _first(LABEL_NAMES, fields),
    }


def _first(wanted: tuple[str, ...], fields: dict[str, pa.DataType]) -> str | None:
    """The column with the surest of the wanted names."""
    lowered = {name.lower(): name for name in reversed(fields)}
    return next((lowered[name] for name in wanted if name in lowered), None)
