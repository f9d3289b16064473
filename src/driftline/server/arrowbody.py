"""Arrow streams that strangers send: nothing is unpacked before it is known how large it will be."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from driftline.services.intake import EARLIEST, LATEST, Kind, Refused, Unreadable, good_name, instant

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from driftline.services.intake import Naming

DICTIONARY, BATCH = 2, 3
"""Kinds of messages in a stream that hold values."""

LENGTH, COMPRESSION, DATA = 0, 3, 1
"""Places of a batch's row count and compression among its fields, and of a dictionary's batch among its own."""

STAMP = pa.timestamp("us", "UTC")


def rows_of_arrow(body: bytes, kind: Kind, names: Naming, now: datetime, most_rows: int, most_bytes: int) -> tuple[pa.Table, list[Refused]]:
    """Read a stream.

    Args:
        body: the stream.
        kind: what its rows are.
        names: what the model calls its columns.
        now: the time of rows that have none.
        most_rows: how many rows it may have.
        most_bytes: how large its texts may be together.

    Returns:
        The rows that can be kept, ids as texts and times as instants, and those that cannot.

    Raises:
        Unreadable: it is no Arrow stream, or holds what cannot be kept.
    """
    try:
        _survey(body, most_rows)
        with ipc.open_stream(body) as reader:
            # Not all at once: damaged offsets must be found before anything follows them.
            batches = []
            for batch in reader:
                batch.validate(full=True)
                batches.append(batch)
            table = pa.Table.from_batches(batches, reader.schema)
        return settle(table, kind, names, now, most_bytes)
    except Unreadable:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, struct.error, LookupError) as error:
        raise Unreadable(f"the body is not an Arrow stream: {(str(error).splitlines() or ['?'])[0]}") from error


def settle(table: pa.Table, kind: Kind, names: Naming, now: datetime, most_bytes: int) -> tuple[pa.Table, list[Refused]]:
    """Give a table's columns plain types, ids and times theirs; refuse the rows that cannot be kept.

    Raises:
        Unreadable: a column holds what no cell can.
    """
    return _settled(_plain(table, most_bytes), kind, names, now)


def _survey(body: bytes, most_rows: int) -> None:
    """Look at the messages alone: how many rows they promise, and that none is compressed, which would hide its size."""
    rows = 0
    for message in ipc.MessageReader.open_stream(body):
        if message.type not in {"record batch", "dictionary"}:
            continue
        data = bytes(message.metadata)
        root = _follow(data, 0)
        header = _field(data, root, 2)
        if header is None:
            raise Unreadable("a message of the stream has no header")
        batch = _follow(data, header)
        if message.type == "dictionary":
            inner = _field(data, batch, DATA)
            if inner is None:
                continue
            batch = _follow(data, inner)
        if _field(data, batch, COMPRESSION) is not None:
            raise Unreadable("the stream's buffers are compressed: send it as it is, with Content-Encoding: zstd")
        length = _field(data, batch, LENGTH)
        if message.type == "record batch" and length is not None:
            rows += struct.unpack_from("<q", data, length)[0]
        if rows > most_rows:
            raise Unreadable(f"the stream has more than {most_rows:,} rows: send smaller batches")


def _follow(data: bytes, at: int) -> int:
    """Where an offset of a flatbuffer leads."""
    return at + int(struct.unpack_from("<I", data, at)[0])


def _field(data: bytes, table: int, number: int) -> int | None:
    """Where a field of a flatbuffer's table lies; None where it is not there."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    size = struct.unpack_from("<H", data, fields)[0]
    place = 4 + 2 * number
    if fields < 0 or place >= size:
        return None
    offset = struct.unpack_from("<H", data, fields + place)[0]
    return table + offset if offset else None


def _plain(table: pa.Table, most_bytes: int) -> pa.Table:
    """Each column of a plain type under a name of its own."""
    if len(set(table.schema.names)) != len(table.schema.names):
        raise Unreadable("two columns have one name")
    for at, field in enumerate(table.schema):
        if not good_name(field.name):
            raise Unreadable(f"{field.name[:50]!r} is no name of a column")
        column = table.column(at)
        if pa.types.is_dictionary(field.type):
            if _size(column) > most_bytes:
                raise Unreadable(f"the texts of {field.name!r} are too large")
            column = pa.chunked_array([part.dictionary_decode() for part in column.chunks], field.type.value_type)
        kind = column.type
        if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
            if sum(_length(part) for part in column.chunks) > most_bytes:
                raise Unreadable(f"the texts of {field.name!r} are too large")
            column = column.cast(pa.string())
        elif not (pa.types.is_primitive(kind) or pa.types.is_string(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind)):
            raise Unreadable(f"{field.name!r} is {kind}: a cell is a number, a text, a time, true, false or null")
        table = table.set_column(at, field.name, column)
    return table


def _length(part: pa.Array) -> int:
    """How large texts are together. Views, many of which may show one text, begin with its length."""
    if pa.types.is_string_view(part.type):
        views = np.frombuffer(part.buffers()[1] or b"", dtype="<i4").reshape(-1, 4)[part.offset : part.offset + len(part)]
        return int(views[:, 0].astype(np.int64).sum())
    return int(pc.sum(pc.binary_length(part).cast(pa.int64())).as_py() or 0)


def _size(column: pa.ChunkedArray) -> int:
    """How large a dictionary column's texts would be, once for each row."""
    total = 0
    for part in column.chunks:
        if pa.types.is_string(part.dictionary.type) or pa.types.is_large_string(part.dictionary.type):
            total += int(pc.sum(pc.binary_length(part.dictionary).cast(pa.int64()).take(part.indices)).as_py() or 0)
    return total


def _settled(table: pa.Table, kind: Kind, names: Naming, now: datetime) -> tuple[pa.Table, list[Refused]]:
    """Give ids and times their types; refuse the rows that cannot be kept."""
    own = names.own() | ({"value": names.label} if kind is Kind.LABELS else {})
    table = table.rename_columns(
        [own[name] if name in own and own[name] not in table.schema.names else name for name in table.schema.names]
    )
    bad: dict[int, str] = {}
    if kind is Kind.LABELS:
        missing = [name for name in (names.id, names.label) if name not in table.schema.names]
        if missing:
            raise Unreadable(f"labels need a column {missing[0]!r}")
    if names.id in table.schema.names:
        at = table.schema.names.index(names.id)
        table = table.set_column(at, names.id, _texts(table.column(at)))
        if kind is Kind.LABELS:
            bad |= dict.fromkeys(_where(table.column(at).is_null()), f"a label without {names.id!r} belongs to no prediction")
    times = _times(table.column(names.time), now, bad) if names.time in table.schema.names else pa.array([now] * table.num_rows, STAMP)
    if names.time in table.schema.names:
        table = table.set_column(table.schema.names.index(names.time), names.time, times)
    else:
        table = table.append_column(names.time, times)
    if not bad:
        return table, []
    kept = np.ones(table.num_rows, dtype=np.bool_)
    kept[list(bad)] = False
    refused = [Refused(place, bad[place], str(table.slice(place, 1).to_pylist()[0])[:2000]) for place in sorted(bad)]
    return table.filter(pa.array(kept)), refused


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ids as texts; whole numbers as such, however they are stored."""
    if pa.types.is_floating(column.type):
        try:
            return column.cast(pa.int64()).cast(pa.string())
        except pa.ArrowInvalid:
            return column.cast(pa.string())
    return column.cast(pa.string())


def _times(column: pa.ChunkedArray, now: datetime, bad: dict[int, str]) -> pa.Array:
    """Times as instants; rows whose time cannot be read are noted in `bad`."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("ms"))
    if not pa.types.is_timestamp(column.type):
        return _read_times(column, now, bad)
    zone = column.type.tz
    stamps = column.cast(pa.timestamp("us", zone), safe=False)
    stamps = stamps.cast(STAMP) if zone else pc.assume_timezone(stamps, "UTC")
    outside = pc.or_(pc.less(stamps, pa.scalar(EARLIEST, STAMP)), pc.greater_equal(stamps, pa.scalar(LATEST, STAMP)))
    bad |= dict.fromkeys(_where(outside), "the time lies outside of the years 1990 to 2099")
    return pc.fill_null(stamps, pa.scalar(now, STAMP)).combine_chunks()


def _read_times(column: pa.ChunkedArray, now: datetime, bad: dict[int, str]) -> pa.Array:
    found = []
    for place, value in enumerate(column.to_pylist()):
        try:
            found.append(instant(value, now))
        except Unreadable as error:
            bad[place] = str(error)
            found.append(now)
    return pa.array(found, STAMP)


def _where(mask: pa.ChunkedArray) -> list[int]:
    found: NDArray[np.intp] = np.flatnonzero(pc.fill_null(mask, False).to_numpy())  # noqa: FBT003  a value
    return [int(place) for place in found]
