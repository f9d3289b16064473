"""The rows a specification names, with the labels known now, and where what is kept for the gate begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from driftline import wiring
from driftline.engines.clock import UNKNOWN, Clock, seconds
from driftline.errors import ConfigError, DataError
from driftline.schema import Role
from driftline.window import CALENDAR, Cadence, Windowing

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from driftline.config.specification import Specification
    from driftline.ports import Source
    from driftline.training.snapshot import Cut
    from driftline.window import Window


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows with labels.

    Attributes:
        source: the rows.
        time: the column of times.
        label: the column of labels.
        newest: the time of the newest row whose label is known.
        kept_from: from then on rows are kept for the gate.
        features: the columns that have no other role.
    """

    source: Source
    time: str
    label: str
    newest: datetime
    kept_from: datetime
    features: tuple[str, ...] = ()


def labelled(specification: Specification, now: datetime) -> Labelled:
    """Open the current data with the labels that are known at `now`.

    Raises:
        ConfigError: it is not said where the rows lie, or which column holds times or labels.
        DataError: no row has a label.
    """
    hints = specification.monitor.hints
    time, label = hints.named(Role.TIMESTAMP), hints.named(Role.LABEL)
    for name, what in ((time, "timestamp"), (label, "label")):
        if name is None:
            fact = f"it is not said which column holds the {what}, without which nothing can be kept for the gate"
            raise ConfigError(fact, hint=f"write columns: {{{what}: …}}")
    source = wiring.labelled(specification, now)
    newest = _newest(source, str(time), str(label))
    if newest is None:
        raise DataError(f"no row of {source.name} has a label and a time", hint="wait until labels come, or see that ids match")
    others = {*hints.roles, hints.label_time, hints.version, hints.item}
    features = tuple(name for name in hints.features or source.schema().names if name not in others)
    return Labelled(source, str(time), str(label), newest, newest - specification.releasing.holdout, features)


def cutting(specification: Specification, time: str) -> Cut:
    """Cut as the monitor does, where it cuts by the calendar, else by day."""
    said = specification.monitor.windowing
    clock = Clock(said if said.cadence in CALENDAR else Windowing(Cadence.DAY, timezone=said.timezone))

    def cut(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Window]]:
        times = seconds(batch.column(time))
        return times, *clock.windows(times)

    return cut


def _newest(source: Source, time: str, label: str) -> datetime | None:
    newest = UNKNOWN
    for batch in source.batches([time, label]):
        there = np.asarray(pc.is_valid(batch.column(label)).to_numpy(zero_copy_only=False), dtype=np.bool_)
        times = seconds(batch.column(time))[there]
        newest = max(newest, int(times.max())) if times.size else newest
    return None if newest == UNKNOWN else datetime.fromtimestamp(newest, UTC)
