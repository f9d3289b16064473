"""What the reference suggests about its columns: their roles, the task, kinds that names contradict, and how often rows arrive."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from driftline.config.foretold import FEW, foretold
from driftline.profile.bins import LevelBins
from driftline.profile.distinct import estimate
from driftline.profile.profile import Odd
from driftline.schema import Kind, Role, Task
from driftline.window import Cadence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.profile.profile import Profile

NAMES: Mapping[Role, re.Pattern[str]] = {
    Role.TIMESTAMP: re.compile(
        r"^(ts|timestamp|time|datetime|date|event_?(time|ts|date)|created(_at)?|occurred_at|.*_(ts|at|time|timestamp|datetime|date))$"
    ),
    Role.ID: re.compile(r"^(id|uuid|guid|row_?id|request_?id|event_?id|transaction_?id|.*_(id|uuid|guid))$"),
    Role.PREDICTION: re.compile(
        r"^(prediction|predicted|pred|preds|forecast|y_?pred|y_?hat|model_pred(iction)?|predicted_.+|.+_prediction)$"
    ),
    Role.SCORE: re.compile(r"^(score|proba?|probability|y_?(score|proba?)|(model|pred(iction)?|predicted)_(score|proba?|probability))$"),
    Role.LABEL: re.compile(
        r"^(label|target|y|y_?true|truth|ground_?truth|outcome|actual|is_(fraud|default|churn)|fraud|churn(ed)?|default(ed)?)$"
    ),
}
"""What columns of a role are usually called."""

CODES = re.compile(r"^(zip|zip_?code|post(al)?_?code|plz|phone|area_?code|.*_(code|zip|type|class))$", re.IGNORECASE)
"""Numbers called so are names in digits: their mean says nothing."""

UNIQUE = 0.9
"""A column tells rows apart if its distinct values are at least this share of the rows; the estimate errs by 5%."""

ENOUGH = 1000
"""Rows a window should have, so that small changes show."""

CADENCES = {Cadence.DAY: timedelta(days=1), Cadence.WEEK: timedelta(weeks=1), Cadence.MONTH: timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the reference shows of one column; `low` and `high` are NaN where it holds no numbers."""

    name: str
    kind: Kind
    filled: int
    distinct: float
    levels: int
    low: float
    high: float

    @property
    def unique(self) -> bool:
        """Whether its values tell rows apart."""
        return self.filled > 0 and self.distinct >= UNIQUE * self.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What is suggested, and why, in a sentence for each column."""

    rows: int
    columns: int
    roles: Mapping[str, Role] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    task: Task = Task.NONE
    arrives: Cadence | None = None
    per_day: float | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def named(self, role: Role) -> list[str]:
        """Columns of that role, in order."""
        return [name for name, given in self.roles.items() if given is role]


def look(profile: Profile) -> tuple[Seen, ...]:
    """What a profile of the reference shows of each column."""
    distinct = estimate(profile.registers)
    seen = []
    for i, planned in enumerate(profile.plan.columns):
        low, high = (float(x) for x in profile.extremes[i])
        filled = profile.rows - int(profile.odd[i, [Odd.NULL, Odd.ABSENT]].sum())
        seen.append(
            Seen(
                name=planned.name,
                kind=planned.column.kind,
                filled=filled,
                distinct=min(float(distinct[i]), float(filled)),
                levels=len(planned.bins.levels) if isinstance(planned.bins, LevelBins) else 0,
                low=low if low <= high else float(np.nan),
                high=high if low <= high else float(np.nan),
            )
        )
    return tuple(seen)


def guess(profile: Profile) -> Guess:
    """Suggest what `init` writes where nobody says otherwise."""
    seen = look(profile)
    # What counting takes for granted must stand in the file, so that somebody can see and change it.
    roles = {planned.name: planned.column.role for planned in profile.plan.columns if planned.column.role in NAMES}
    for role in NAMES:
        found = None if role in roles.values() else _best(role, [column for column in seen if column.name not in roles])
        if found:
            roles[found.name] = role
    roles |= foretold(profile, {column.name: round(column.levels or column.distinct) for column in seen if column.filled}, roles)
    reasons = {}
    for column in seen:
        if column.name not in roles and _a_name(column):
            roles[column.name] = Role.IGNORED
            reasons[column.name] = f"about {column.distinct:,.0f} different values in {profile.rows:,} rows are names rather than a feature"
    kinds = {c.name: Kind.CATEGORY for c in seen if c.kind is Kind.NUMBER and c.name not in roles and CODES.match(c.name)}
    by_name = {column.name: column for column in seen}
    per_day = _per_day(roles, by_name, profile.rows)
    return Guess(
        rows=profile.rows,
        columns=len(seen),
        roles=roles,
        kinds=kinds,
        task=_task(roles, by_name),
        arrives=_arrives(per_day),
        per_day=per_day,
        reasons=reasons,
    )


def _best(role: Role, columns: Sequence[Seen]) -> Seen | None:
    """The column that is called most like the role and holds what it takes; the order of the alternatives is the preference."""
    fitting = [column for column in columns if NAMES[role].match(column.name.lower()) and _fits(role, column)]
    if role is Role.TIMESTAMP and not fitting:
        fitting = [column for column in columns if column.kind is Kind.TIMESTAMP]
    exact = [column for column in fitting if "_" not in column.name]
    return next(iter(exact or fitting), None)


def _fits(role: Role, column: Seen) -> bool:
    match role:
        case Role.TIMESTAMP:
            return column.kind is Kind.TIMESTAMP
        case Role.ID:
            return column.unique and column.kind is not Kind.TIMESTAMP
        case Role.SCORE:
            return column.kind is Kind.NUMBER and column.low >= 0 and column.high <= 1
        case _:
            return column.kind in {Kind.NUMBER, Kind.BOOLEAN, Kind.CATEGORY} and column.filled > 0


def _a_name(column: Seen) -> bool:
    """Whether the values name things, so that no share of them can be compared: too many for a category, or an id that repeats."""
    if NAMES[Role.ID].match(column.name.lower()) and column.kind is not Kind.TIMESTAMP:
        return column.distinct > FEW
    return column.kind in {Kind.CATEGORY, Kind.TEXT} and column.filled >= ENOUGH and column.distinct > column.filled / 2


def _task(roles: Mapping[str, Role], seen: Mapping[str, Seen]) -> Task:
    said = [name for wanted in (Role.LABEL, Role.PREDICTION) for name, role in roles.items() if role is wanted]
    if not said:
        return Task.BINARY if Role.SCORE in roles.values() else Task.NONE
    column = seen[said[0]]
    values = column.levels or column.distinct
    if column.kind is Kind.BOOLEAN or round(values) <= 2:  # noqa: PLR2004  two classes
        return Task.BINARY
    return Task.REGRESSION if column.kind is Kind.NUMBER and values > FEW else Task.MULTICLASS


def _per_day(roles: Mapping[str, Role], seen: Mapping[str, Seen], rows: int) -> float | None:
    """Rows per day of the reference; None where time is not known or does not pass."""
    named = next((name for name, role in roles.items() if role is Role.TIMESTAMP), None)
    seconds = seen[named].high - seen[named].low if named else 0.0
    return rows / (seconds / 86_400) if seconds > 0 else None


def _arrives(per_day: float | None) -> Cadence | None:
    """The shortest window of a day or longer that holds enough rows."""
    if per_day is None:
        return None
    return next((cadence for cadence, length in CADENCES.items() if per_day * length.days >= ENOUGH), Cadence.MONTH)
