"""Labels as they were known at some time: those that came later are taken out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.errors import SchemaMismatch, near_miss

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from driftline.ports import Source
    from driftline.verdicts.report import Finding


@dataclass(frozen=True, slots=True)
class KnownAt:
    """A source whose labels are null until they are known.

    Args:
        source: the rows.
        label: the column that holds the label.
        time: the column that says since when it is known; a label without a time is known.
        at: the time at which somebody looks.
    """

    source: Source
    label: str
    time: str
    at: datetime

    @property
    def name(self) -> str:
        """What the source is called."""
        return self.source.name

    def schema(self) -> pa.Schema:
        """The source's columns.

        Raises:
            SchemaMismatch: it has none that says since when labels are known, or none that can be read as times.
        """
        found = self.source.schema()
        if self.time not in found.names:
            fact = f"{self.name} has no column {self.time!r}, which says since when labels are known"
            raise SchemaMismatch(fact, hint=near_miss(self.time, found.names))
        return found

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read batches, with the labels that are known."""
        names = list(dict.fromkeys(self.schema().names if columns is None else columns))
        if self.label not in names:
            yield from self.source.batches(names)
            return
        for batch in self.source.batches(list(dict.fromkeys([*names, self.time]))):
            yield self._veiled(batch).select([name for name in batch.schema.names if name in names])

    def rows(self) -> int | None:
        """How many rows there are."""
        return self.source.rows()

    def findings(self) -> tuple[Finding, ...]:
        """What was wrong with the data."""
        return self.source.findings()

    def _veiled(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if self.label not in batch.schema.names or self.time not in batch.schema.names:
            return batch
        times = batch.column(self.time)
        later = _later(times, self.at)
        place = batch.schema.get_field_index(self.label)
        label = pc.if_else(pa.array(later), pa.scalar(None, batch.column(place).type), batch.column(place))
        return batch.set_column(place, batch.schema.field(place).with_nullable(nullable=True), label)


def _later(times: pa.Array, at: datetime) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which times lie after `at`; none of those that are null.

    Raises:
        SchemaMismatch: they are no times.
    """
    hint = "write times as timestamps, or as ISO 8601 texts"
    if pa.types.is_integer(times.type) or pa.types.is_floating(times.type):
        raise SchemaMismatch(f"the column that says since when labels are known holds {times.type}, not times", hint=hint)
    try:
        instants = times.cast(pa.timestamp("us", "UTC") if not _naive(times.type) else pa.timestamp("us")).cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        fact = f"the column that says since when labels are known holds {times.type}, which cannot be read as times"
        raise SchemaMismatch(fact, hint=hint) from error
    limit = int(at.timestamp() * 1e6)
    return np.asarray(pc.fill_null(pc.greater(instants, limit), False).to_numpy(zero_copy_only=False), dtype=np.bool_)  # noqa: FBT003  a value


def _naive(kind: pa.DataType) -> bool:
    """Whether values are times of no zone, which count as UTC."""
    return not pa.types.is_timestamp(kind) or kind.tz is None
