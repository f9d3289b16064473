"""Columns: what they are called, what kind of values they hold, and what they are for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column's values are, which decides how they are counted."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    TEXT = "text"
    UNSUPPORTED = "unsupported"


class Role(StrEnum):
    """What a column is for."""

    FEATURE = "feature"
    PREDICTION = "prediction"
    SCORE = "score"
    LABEL = "label"
    ID = "id"
    QUERY = "query"
    TIMESTAMP = "timestamp"
    SEGMENT = "segment"
    LATENCY = "latency"
    ERROR = "error"
    IGNORED = "ignored"


class Task(StrEnum):
    """What the model does."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"
    RANKING = "ranking"
    TEXT = "text"
    NONE = "none"


NAMING_ROLES = frozenset({Role.ID, Role.QUERY})
"""Roles whose values are names: they are taken as texts, whatever they look like, and have no bins."""

WATCHED_ROLES = frozenset({Role.ID, Role.TIMESTAMP})
"""Roles whose values are not compared; their columns stand for the table: repeated rows, volume, silence."""

JUDGED_ROLES = frozenset({Role.FEATURE, Role.PREDICTION, Role.SCORE, Role.SEGMENT, Role.LABEL, Role.QUERY})
"""Roles whose distribution is compared, a query's only for what is missing; ids and the time of the row are watched in other ways."""

OPERATION_ROLES = frozenset({Role.LATENCY, Role.ERROR})
"""Roles of columns that tell how the service does; they are judged as rates and quantiles, not as inputs."""

NUMERIC_KINDS = frozenset({Kind.NUMBER, Kind.TIMESTAMP})
"""Kinds counted in ordered bins; the others are counted by level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, its kind, its role, and how much the model leans on it (0 to 1) if known."""

    name: str
    kind: Kind
    role: Role = Role.FEATURE
    importance: float | None = None
