"""Plans and states of a rollout as plain values that JSON takes, and back: what is stored is what is meant."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from driftline.errors import UnreadableData
from driftline.rollout.evidence import Arm, Evidence, Tally
from driftline.rollout.plan import Aim, Clock, Limits, Mode, Plan, Step
from driftline.rollout.rollout import Aborted, Ledger, Paused, Promoted, Reason, RolledBack, Running

KIND = "is"
RECORDS = {
    record.__name__: record
    for record in (
        Aborted,
        Aim,
        Arm,
        Clock,
        Evidence,
        Ledger,
        Limits,
        Paused,
        Plan,
        Promoted,
        RolledBack,
        Running,
        Step,
        Tally,
    )
}
WORDS: dict[str, type[StrEnum]] = {word.__name__: word for word in (Mode, Reason)}


def written(value: Any) -> Any:
    """A value as JSON takes it.

    >>> written(Aim("recall", 0.02))
    {'is': 'Aim', 'metric': 'recall', 'margin': 0.02, 'weight': 1.0}
    """
    match value:
        case StrEnum():
            return {KIND: type(value).__name__, "name": value.name}
        case datetime():
            return {KIND: "datetime", "at": value.isoformat()}
        case timedelta():
            return {KIND: "timedelta", "seconds": value.total_seconds()}
        case tuple() | list():
            return [written(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {KIND: type(value).__name__, **{field.name: written(getattr(value, field.name)) for field in fields(value)}}
    return value


def read(said: Any) -> Any:
    """What `written` has made of a value; lists come back as tuples.

    Raises:
        UnreadableData: it is of a kind that is not known, or lacks something.
    """
    match said:
        case list():
            return tuple(read(one) for one in said)
        case {"is": "datetime", "at": at}:
            return datetime.fromisoformat(at)
        case {"is": "timedelta", "seconds": seconds}:
            return timedelta(seconds=seconds)
        case {"is": kind, "name": name, **rest} if not rest and kind in WORDS:
            return WORDS[kind][name]
        case {"is": kind, **rest}:
            try:
                return RECORDS[kind](**{str(key): read(one) for key, one in rest.items()})
            except (LookupError, TypeError) as error:
                raise UnreadableData(f"a stored {kind!r} cannot be read", hint="it was written by another version of driftline") from error
    return said
