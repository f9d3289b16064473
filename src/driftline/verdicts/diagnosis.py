"""Why a window drifted: the record of one explanation, which reports show and decisions rest on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERY_COLUMN = "*"
"""Stands for the whole table where a cause is in no single column."""


FLEETING = 0.2
"""How sure a change is that one window shows and no promise of few false alarms covers, until a second one shows it too."""


class Change(StrEnum):
    """What sort of change an explanation tells of."""

    FAULT = "data fault"
    SCHEMA = "schema change"
    VOLUME = "volume change"
    CONCEPT = "concept drift"
    LABEL = "label shift"
    COVARIATE = "covariate shift"
    OUTPUT = "prediction drift"
    DEPENDENCE = "multivariate only"
    RISK = "risk"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mark:
    """Which rows a change is in, told by one column: values from `low` to `high`, both included; NaN for rows without a value.

    Levels are their places among the column's bins, as in a profile's sample.
    """

    column: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the rows in which a change lives.

    Attributes:
        conditions: one to three, such as "region = north".
        carries: share of the whole change that is in this part.
        rate: share of that which rows of this part having changed make; the rest is that there are more or fewer of them.
        rows: share of the window's rows that are in this part.
        p_value: of the part's excess, in rows that had no say in choosing it.
    """

    conditions: tuple[str, ...]
    carries: float
    rate: float
    rows: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One explanation of a window's change; a window has several, the most probable first.

    Attributes:
        change: what sort of change it is.
        kind: its name: the signature of a fault, such as "unit_change", or the change itself.
        columns: the columns it is in, or `EVERY_COLUMN` alone.
        sentence: what happened and why we think so.
        remedy: what to do about it.
        confidence: from 0 to 1.
        share: share of the window's rows that are affected; None where that is not known.
        interval: its 95% confidence interval; None likewise.
        evidence: the numbers it rests on.
        where: the parts of the data in which it lives, that which tells most first; none where it is everywhere, or cannot be told.
        since: label of the window since which it lasts.
        new: whether it began in this window.
        explains: columns whose change follows from it.
        polluted: what the affected rows say is not so: no model should learn from them.
        mark: which rows are affected, where single rows show it.
    """

    change: Change
    kind: str
    columns: tuple[str, ...]
    sentence: str
    remedy: str = ""
    confidence: float = 0.0
    share: float | None = None
    interval: tuple[float, float] | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    where: tuple[Part, ...] = ()
    since: str | None = None
    new: bool = True
    explains: tuple[str, ...] = ()
    polluted: bool = False
    mark: Mark | None = None


def polluting(told: Iterable[Diagnosis], sure: float = 0.7) -> tuple[Diagnosis, ...]:
    """The explanations for which a window should not be learnt from: its rows are wrong, and that is sure enough.

    >>> wrong = Diagnosis(change=Change.FAULT, kind="unit_change", columns=("amount",), sentence="", confidence=0.9, polluted=True)
    >>> [one.kind for one in polluting([wrong])]
    ['unit_change']
    """
    return tuple(one for one in told if one.polluted and one.confidence >= sure)
