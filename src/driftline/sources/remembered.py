"""A source that is read several times: its rows stay in memory while they are few, and once read they are known by number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from driftline.ports import Source
    from driftline.verdicts.report import Finding

KEPT_BYTES = 1 << 26
"""So much is kept; what is larger is read again."""


class Remembered:
    """The same rows as another source has."""

    def __init__(self, source: Source, most: int = KEPT_BYTES) -> None:
        self.name = source.name
        self._source = source
        self._most = most
        self._rows = source.rows()
        self._names: frozenset[str] = frozenset()
        self._kept: list[pa.RecordBatch] | None = None

    def schema(self) -> pa.Schema:
        """The source's columns."""
        return self._source.schema()

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The named columns: from memory, where they have been read to the end before and were little."""
        asked = frozenset(self.schema().names if columns is None else columns)
        if self._kept is None or not asked <= self._names:
            return self._read(asked)
        return (batch.select([name for name in batch.schema.names if name in asked]) for batch in self._kept)

    def rows(self) -> int | None:
        """How many rows there are, if the source knows or all have been read."""
        return self._rows

    def findings(self) -> tuple[Finding, ...]:
        """What was wrong with the rows read so far."""
        return self._source.findings()

    def _read(self, names: frozenset[str]) -> Iterator[pa.RecordBatch]:
        kept: list[pa.RecordBatch] = []
        size, rows = 0, 0
        for batch in self._source.batches(names):
            rows += batch.num_rows
            size += batch.nbytes
            if size <= self._most:
                kept.append(batch)
            else:
                kept.clear()
            yield batch
            # What is not kept is let go of before the next is read.
            del batch
        self._rows = rows
        if size <= self._most:
            self._kept, self._names = kept, names
