"""Arrow streams of strangers: read as they are meant, refused where they are not, and never a crash."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import ipc

from driftline.server.arrowbody import rows_of_arrow
from driftline.services.intake import Kind, Naming, Unreadable

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NAMES = Naming(id="order", time="ts", label="left")


def stream(table: pa.Table, **options: Any) -> bytes:
    """A table as a stream."""
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def read(table: pa.Table | bytes, kind: Kind = Kind.PREDICTIONS, most_rows: int = 100, most_bytes: int = 10_000) -> Any:
    """What a stream holds."""
    body = table if isinstance(table, bytes) else stream(table)
    return rows_of_arrow(body, kind, NAMES, NOW, most_rows, most_bytes)


def why(table: pa.Table | bytes, **given: Any) -> str:
    """Why a stream is refused."""
    with pytest.raises(Unreadable) as caught:
        read(table, **given)
    return str(caught.value)


def test_columns_get_the_models_names_and_types() -> None:
    """Ids as texts, times as instants in UTC, dictionaries as their values; every other column as it is."""
    at = datetime(2026, 1, 2, 3, tzinfo=UTC)
    table = pa.table(
        {"id": [7.0, 8.0], "timestamp": pa.array([at, None], pa.timestamp("ns", "Europe/Berlin")), "x": pa.array([1, None], pa.int8())}
    )
    table = table.append_column("c", pa.array(["a", "b"]).dictionary_encode()).append_column("big", pa.array(["u", "v"], pa.large_string()))
    found, refused = read(table)
    assert found.to_pydict() == {"order": ["7", "8"], "ts": [at, NOW], "x": [1, None], "c": ["a", "b"], "big": ["u", "v"]}
    assert refused == []
    assert [str(kind) for kind in found.schema.types] == ["string", "timestamp[us, tz=UTC]", "int8", "string", "string"]


def test_rows_without_a_time_have_the_one_at_which_they_came() -> None:
    """Where there is no column, or no value."""
    assert read(pa.table({"x": [1, 2]}))[0].column("ts").to_pylist() == [NOW, NOW]


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        (pa.array([0, 1767225600000000], pa.timestamp("us")), [1]),
        (pa.array(["2026-01-01", "soon", None]), [0, 2]),
        (pa.array([1767225600, 5]), [0]),
        (pa.array([date(2026, 1, 1), date(1800, 1, 1)]), [0]),
    ],
)
def test_rows_whose_time_cannot_be_read_are_refused(times: pa.Array, kept: list[int]) -> None:
    """One by one, with the reason; the others are kept."""
    found, refused = read(pa.table({"ts": times, "n": range(len(times))}))
    assert found.column("n").to_pylist() == kept
    assert [one.place for one in refused] == [place for place in range(len(times)) if place not in kept]
    assert all("time" in one.reason for one in refused)


def test_labels() -> None:
    """They need both columns; a row without an id is refused."""
    found, refused = read(pa.table({"id": ["a", None], "value": [1, 0]}), kind=Kind.LABELS)
    assert found.select(["order", "left"]).to_pydict() == {"order": ["a"], "left": [1]}
    assert [one.place for one in refused] == [1]
    assert "'left'" in why(pa.table({"id": ["a"]}), kind=Kind.LABELS)


def test_what_is_refused_as_a_whole() -> None:
    """With the column and what is wrong with it."""
    assert "list" in why(pa.table({"x": [[1]]}))
    assert "struct" in why(pa.table({"x": [{"a": 1}]}))
    assert "no name" in why(pa.table({"": [1]}))
    assert "one name" in why(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["x", "x"]))
    assert "not an Arrow stream" in why(b"")
    assert "not an Arrow stream" in why(b"\xff\xff\xff\xff")
    assert read(pa.table({"x": [Decimal("1.5")]}))[0].num_rows == 1


def test_nothing_is_unpacked_before_its_size_is_known() -> None:
    """Compressed buffers, rows that take no room, one long text a million times over."""
    assert "compressed" in why(stream(pa.table({"x": range(1000)}), compression="zstd"))
    packed = pa.table({"c": pa.array(["a" * 50] * 99).dictionary_encode()})
    assert "compressed" in why(stream(packed, compression="lz4"))
    assert "more than 100 rows" in why(pa.table({"x": pa.nulls(10**9)}))
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 90, pa.int8()), pa.array(["x" * 1000]))
    assert "too large" in why(pa.table({"x": long}))
    view = pa.array(["x" * 1000] * 90, pa.string_view())
    assert "too large" in why(pa.table({"x": view}))


def test_damage_is_refused_and_never_a_crash() -> None:
    """Bytes changed at random: rows, or a reason."""
    dice = random.Random(5)
    table = pa.table({"id": [f"i{n}" for n in range(20)], "x": range(20), "c": pa.array(["a", "b"] * 10).dictionary_encode()})
    body = stream(table)
    read_anyway = 0
    for _ in range(1500):
        damaged = bytearray(body[: dice.randint(1, len(body))] if dice.random() < 0.1 else body)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            found, _ = read(bytes(damaged))
            found.validate(full=True)
            read_anyway += 1
        except Unreadable:
            continue
    assert read_anyway < 1500
