"""Predictions with their labels, which may have come later, elsewhere and in any order: joined by id, out of core."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.errors import ConfigError, DriftlineError, SchemaMismatch, SourceError, near_miss
from driftline.sources.ahead import ahead
from driftline.sources.coding import FLOAT, INSTANT, INT, NO_TIME, TEXT, Reading, What, as_micros, class_of, encode, micros, texts_of
from driftline.sources.labels import LabelIndex, Runs, hash_ids
from driftline.sources.notes import Notes
from driftline.sources.parsed import batch_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from driftline.ports import Source
    from driftline.verdicts.report import Finding


class Joined:
    """A source of predictions whose label is filled in by id from a source of labels.

    Rows, their order and their other columns are those of the predictions. The label has the type of what was predicted
    where nearly all labels can be read as such (the text "1" as the number 1, "yes" as true), else its own. Where
    predictions have a column of its name already, it is filled in place; what stands there stays where no label came. The
    labels are read once, when anything is first asked for; the last label of an id counts, and a row without one says nothing.

    Args:
        predictions: what the model said.
        labels: what came true, in any order, from before or after the predictions.
        id: the column of ids.
        label: the labels' column.
        label_id: the column of ids in the labels, where it is called otherwise.
        label_time: the labels' column of when each came; it decides which is the last, and is joined, too.
        into: what the label is called among the predictions; as in the labels by default.
        prediction: the predictions' column that the label is to be compared with.
        as_of: labels that came later, or nobody knows when, have not come yet; without a time zone it is UTC.
        shared: the labels are also those of other predictions, so that it is no news that some have none here.
        beside: those other predictions: what has none here or there is told, once both were read.
        name: what the source is called; as the predictions by default.

    Attributes:
        met: one bit a label, set where a prediction had its id; None until all were read.

    Raises:
        ConfigError: `as_of` without `label_time`.
        SchemaMismatch: a column is missing; when anything is first asked for.
        SourceError: the disk is full; likewise.
    """

    def __init__(  # noqa: PLR0913  each says one thing of how the two belong together
        self,
        predictions: Source,
        labels: Source,
        id: str,  # noqa: A002  the word people use for it
        label: str,
        *,
        label_id: str | None = None,
        label_time: str | None = None,
        into: str | None = None,
        prediction: str | None = None,
        as_of: datetime | None = None,
        shared: bool = False,
        beside: Joined | None = None,
        name: str | None = None,
    ) -> None:
        if as_of is not None and label_time is None:
            raise ConfigError("what was known at an instant cannot be said without the time of labels", hint="name the column: label_time")
        self.name = name or predictions.name
        self._predictions, self._labels = predictions, labels
        self._id, self._named, self._time = id, (label_id or id, label), label_time
        self._label, self._prediction = into or label, prediction
        self._shared, self._beside = shared, beside
        self.met: NDArray[np.uint8] | None = None
        self._latest = None if as_of is None else as_micros(as_of)
        self._notes = Notes()

    @cached_property
    def time_column(self) -> str | None:
        """What the label's time is called: as in the labels, unless predictions have a column of that name."""
        taken = self._time in {*self._predictions.schema().names, self._label}
        return f"{self._label}_{self._time}" if self._time and taken else self._time

    def schema(self) -> pa.Schema:
        """The predictions' columns, the label's in its place or behind them, and its time. Reads the labels, to know their type."""
        fields = {field.name: field.type for field in self._predictions.schema()}
        fields[self._label] = self._read[1].target
        if self.time_column:
            fields[self.time_column] = INSTANT
        return pa.schema(list(fields.items()))

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read the predictions in their order; labels are looked up only where they are asked for."""
        asked = None if columns is None else set(columns)
        if asked is not None and not asked & {self._label, self.time_column}:
            return self._predictions.batches(asked)
        return ahead(self._filled(asked))

    def rows(self) -> int | None:
        """How many predictions there are, where that is known without reading them."""
        return self._predictions.rows()

    def findings(self) -> tuple[Finding, ...]:
        """What was wrong with predictions and labels, and with how they fit together, as far as they were read."""
        return (*self._predictions.findings(), *self._labels.findings(), *self._notes.all())

    def close(self) -> None:
        """Give back what the labels take on the disk; if anything more is asked for, they are read again."""
        self.__dict__.pop("_read", None)

    @cached_property
    def _read(self) -> tuple[LabelIndex, Reading]:
        """The labels, and how they are to be read."""
        own = {field.name: field.type for field in self._predictions.schema()}
        asked = [(self._predictions, own, self._id), *([(self._predictions, own, self._prediction)] if self._prediction else [])]
        known = self._labels.schema().names
        for source, names, column in [*asked, *((self._labels, known, name) for name in (*self._named, self._time or self._named[1]))]:
            if column not in names:
                raise SchemaMismatch(f"{source.name!r} has no column {column!r}", hint=near_miss(column, names))
        filled = self._label in own and not pa.types.is_null(own[self._label])
        like = self._label if filled else self._prediction
        wanted = None if like is None else class_of(own[like])
        try:
            index = self._indexed(numeric=wanted in {INT, FLOAT})
        except DriftlineError:
            raise
        except OSError as error:
            place = tempfile.gettempdir()
            raise SourceError(
                f"labels cannot be laid on the disk in {place!r}: {error}", hint="make room there, or name another place: TMPDIR"
            ) from error
        reading = Reading.of(index.texts, index.tale, wanted)
        if reading.target == TEXT and like is not None and index.tale.kinds[What.TRUTH]:
            reading = Reading(TEXT, reading.texts, self._words(like))
        self._tell_of_labels(index, reading, wanted)
        return index, reading

    def _indexed(self, *, numeric: bool) -> LabelIndex:
        texts: dict[str, int] = {}
        row = without_id = without_time = 0
        with Runs() as runs:
            for batch in self._labels.batches([*self._named, *([self._time] if self._time else [])]):
                kinds, values = encode(_column(batch, self._named[1]), texts, numeric=numeric)
                hashes, known = hash_ids(_column(batch, self._named[0]))
                ranks = np.arange(row, row + batch.num_rows) if self._time is None else micros(_column(batch, self._time))
                row += batch.num_rows
                says = kinds != What.NOTHING
                without_id += int((says & ~known).sum())
                without_time += int((says & known & (ranks == NO_TIME)).sum())
                kept = says & known & (self._latest is None or ((ranks <= self._latest) & (ranks != NO_TIME)))
                runs.add(hashes[kept], ranks[kept], kinds[kept], values[kept])
            index = LabelIndex(runs, texts, timed=self._time is not None)
        self._tell(self._labels, without_id, "labels have no id and belong to no prediction", "check what writes them")
        fate = "count as older than all others" if self._latest is None else "are not used"
        self._tell(self._labels, without_time, f"labels have no {self._time!r} that is an instant, and {fate}", "check what writes them")
        return index

    def _words(self, like: str) -> tuple[str, str]:
        """How false and true are written among the first predictions."""
        for batch in self._predictions.batches([like]):
            said = {text.strip().lower(): text for text in texts_of(_column(batch, like)).unique().to_pylist() if isinstance(text, str)}
            for no, yes in (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("0", "1")):
                if no in said or yes in said:
                    return said.get(no, no), said.get(yes, yes)
            break
        return "false", "true"

    def _filled(self, asked: set[str] | None) -> Iterator[pa.RecordBatch]:
        index, reading = self._read
        seen = _Seen(np.zeros(len(index) // 8 + 1, dtype=np.uint8))
        for batch in self._predictions.batches(None if asked is None else (asked - {self.time_column}) | {self._id}):
            ids = _column(batch, self._id)
            hashes, known = hash_ids(ids)
            places = np.where(known, index.find(hashes), -1)
            seen.note(places, known, ids)
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            own = columns.get(self._label)
            seen.labelled |= own is not None and own.null_count < len(own)
            if asked is None or self._label in asked:
                columns[self._label] = self._label_of(own, reading, *index.take(places))
            if self.time_column and (asked is None or self.time_column in asked):
                times = index.times(places)
                columns[self.time_column] = pa.array(times, INSTANT, mask=times == NO_TIME)
            kept = [name for name in columns if asked is None or name in asked]
            yield batch_of([columns[name] for name in kept], kept, batch.num_rows)
        self.met = seen.bits
        self._tell_of_rows(index, seen)

    def _label_of(self, own: pa.Array | None, reading: Reading, kinds: NDArray[np.uint8], values: NDArray[np.int64]) -> pa.Array:
        """The labels that came, and what the predictions themselves have where none did."""
        came = reading.array(kinds, values)
        if own is None or not came.null_count:
            return came
        texts: dict[str, int] = {}
        had = encode(own, texts, numeric=reading.target in {INT, FLOAT})
        return pc.coalesce(came, Reading(reading.target, list(texts), reading.words).array(*had))

    def _tell_of_labels(self, index: LabelIndex, reading: Reading, wanted: pa.DataType | None) -> None:
        tale, what = index.tale, self._prediction or self._label
        tied = f", {tale.tied:,} of them at the same instant, when the greatest counts" if tale.tied else ""
        again = f"labels came again or for an id that had one, {tale.corrected:,} of them with another value{tied}; the last one counts"
        self._tell(self._labels, tale.again, again, "nothing has to be done where labels are corrected")
        total = int(tale.kinds.sum())
        unread = total - reading.readable(tale)
        example = next((f", such as {text!r}" for text, fits in zip(index.texts, reading.fits, strict=True) if not fits), "")
        self._tell(
            self._labels, unread, f"labels cannot be read as {reading.target}{example}; they count as unknown", "check what writes them"
        )
        if wanted is not None and wanted != reading.target and not {wanted, reading.target} <= {INT, FLOAT}:
            such = f", such as {index.texts[0]!r}," if index.texts else ""
            fact = f"labels{such} are {reading.target} and stay so: they cannot be read as {wanted}, the type of column {what!r}"
            self._tell(self._labels, total, fact, "give labels and predictions the same values")

    def _tell_of_rows(self, index: LabelIndex, seen: _Seen) -> None:
        hint = "give the predictions they belong to; labels of others do no harm"
        if not seen.met:
            hint = f"compare the ids: among predictions there is {seen.example!r}"
        # Predictions that bring their labels along need none of labels that are shared.
        if not (self._shared and (seen.met or seen.labelled)):
            self._tell(self._labels, len(index) - seen.met, "labels have no prediction", hint)
        elif self._beside is not None and self._beside.met is not None and self._beside.met.size == seen.bits.size:
            # Both were joined with the same labels, which lie in the same order in both.
            met = int(np.bitwise_count(self._beside.met | seen.bits).sum())
            self._tell(self._labels, len(index) - met, "labels have no prediction, neither here nor in the reference", hint)
        again = "predictions share their id with an earlier one; each got the label"
        self._tell(
            self._predictions, seen.again, again, "check whether rows were written twice, and whether the id tells predictions apart"
        )
        self._tell(self._predictions, seen.without_id, "predictions have no id and get no label", "check what writes them")

    def _tell(self, source: Source, rows: int, what: str, hint: str) -> None:
        if rows:
            self._notes.add(source.name, f"{rows:,} {what}", rows=rows, hint=hint, key=(source.name, what.partition(",")[0]))


@dataclass(slots=True)
class _Seen:
    """What one reading of the predictions met.

    Attributes:
        bits: uint8[labels / 8], one bit a label: a row had its id.
        met: labels whose id a row had.
        again: rows with a label whose id an earlier row had.
        without_id: rows without an id.
        example: an id.
        labelled: some row had a label of its own.
    """

    bits: NDArray[np.uint8]
    met: int = 0
    again: int = 0
    without_id: int = 0
    example: str = ""
    labelled: bool = False

    def note(self, places: NDArray[np.int64], known: NDArray[np.bool_], ids: pa.Array) -> None:
        """Take in some rows: the place of each one's label, and whether it has an id."""
        hit = np.sort(places[places >= 0])
        once = hit[np.diff(hit, prepend=-1) > 0]
        bit = (1 << (once & 7)).astype(np.uint8)
        fresh = (self.bits[once >> 3] & bit) == 0
        np.bitwise_or.at(self.bits, once[fresh] >> 3, bit[fresh])
        self.met += int(fresh.sum())
        self.again += hit.size - int(fresh.sum())
        self.without_id += int((~known).sum())
        if not self.example and known.any():
            self.example = str(ids[int(known.argmax())].as_py())


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column; nothing in every row of a file that does not have it."""
    place = batch.schema.get_field_index(name)
    return pa.nulls(batch.num_rows) if place < 0 else batch.column(place)
