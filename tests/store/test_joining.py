"""Labels beside their predictions: the same, however few are in memory at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.meaning import hash_array
from driftline.store import joining
from driftline.store.joining import Labels, ParcelSource, blocks, ids_of
from driftline.store.rows import Parcel, Rows, body_of

if TYPE_CHECKING:
    import pytest

TABLE = pa.table({"id": ["a", "b", "c", "d"], "x": [1, 2, 3, 4]})
NOWHERE = Rows(Path("/nowhere"))
IDS = st.lists(st.lists(st.sampled_from("abcdef") | st.none(), max_size=6), min_size=1, max_size=5)


def parcel(ident: int, table: pa.Table) -> Parcel:
    """Some rows."""
    return Parcel(ident, "labels", table.num_rows, None, body_of(table))


def lengths(texts: pa.Array) -> np.ndarray | None:
    """Hashes that are the same for many; none where the first text is an a."""
    found = texts.fill_null("").to_pylist()
    return None if found[:1] == ["a"] else np.array([ord(text[0]) // 2 if text else 0 for text in found], dtype=np.uint64)


def source(sent: list[list[Any]], came: list[list[Any]], hashes: Any) -> tuple[ParcelSource, dict[Any, int]]:
    """Predictions, with the labels that came for them, numbered in that order; and the last of each id."""
    predictions = [parcel(i, pa.table({"id": pa.array(ids, pa.string()), "x": range(len(ids))})) for i, ids in enumerate(sent)]
    last, labels, number = {}, [], 0
    for place, ids in enumerate(came):
        labels.append(
            parcel(place, pa.table({"id": pa.array(ids, pa.string()), "y": pa.array(range(number, number + len(ids)), pa.int64())}))
        )
        last |= {ident: number + i for i, ident in enumerate(ids)}
        number += len(ids)
    return ParcelSource("s", NOWHERE, predictions, labels=labels, key="id", label="y", hashes=hashes), last


class TestParcelSource:
    """Parcels as a source, joined with their labels."""

    def test_columns_may_differ(self) -> None:
        """The schema has what any parcel has; each batch has what its parcel has."""
        more = pa.table({"id": ["e"], "y": [1.5]})
        source = ParcelSource("s", NOWHERE, [parcel(1, TABLE), parcel(2, more)])
        assert (source.schema().names, source.rows(), source.findings()) == (["id", "x", "y"], 5, ())
        assert [batch.schema.names for batch in source.batches(["y", "x"])] == [["x"], ["y"]]

    def test_the_last_label_counts(self) -> None:
        """Of several labels of one id; an id without a label has none, and a label of another id is no matter."""
        labels = pa.table({"id": ["b", "d", "b", "zz"], "left": [0, 1, 1, 0]})
        source = ParcelSource("s", NOWHERE, [parcel(1, TABLE)], labels=[parcel(2, labels)], key="id", label="left")
        assert pa.Table.from_batches(list(source.batches(["x", "left"]))).to_pydict() == {"x": [1, 2, 3, 4], "left": [None, 1, None, 1]}
        assert source.schema().names == ["id", "x", "left"]
        assert [batch.schema.names for batch in source.batches(["x"])] == [["x"]]

    def test_a_label_that_came_with_its_prediction_stands_until_another_comes(self) -> None:
        """Even where the two are of different types."""
        table = TABLE.append_column("left", pa.array([9, 9, None, None]))
        labels = pa.table({"id": ["b", "c"], "left": ["1", None]})
        source = ParcelSource("s", NOWHERE, [parcel(1, table)], labels=[parcel(2, labels)], key="id", label="left")
        assert pa.Table.from_batches(list(source.batches(["left"]))).to_pydict() == {"left": ["9", "1", None, None]}

    def test_predictions_without_ids_have_no_labels(self) -> None:
        """They are read as they are."""
        labels = pa.table({"id": ["b"], "left": [1]})
        source = ParcelSource("s", NOWHERE, [parcel(1, TABLE.select(["x"]))], labels=[parcel(2, labels)], key="id", label="left")
        assert [batch.schema.names for batch in source.batches()] == [["x"]]


@given(sent=IDS, came=IDS, block=st.integers(1, 7), together=st.integers(0, 7), hashes=st.sampled_from([None, lengths, hash_array]))
def test_each_row_has_the_last_label_of_its_id(
    sent: list[list[Any]], came: list[list[Any]], block: int, together: int, hashes: Any
) -> None:
    """However many rows and labels are in memory together, and by whatever hashes others are passed over; rows without an id have none."""
    found, last = source(sent, came, hashes)
    before = joining.TOGETHER, joining.BLOCK
    joining.TOGETHER, joining.BLOCK = together, block
    try:
        labels = [value for batch in found.batches() for value in batch.column("y").to_pylist()]
    finally:
        joining.TOGETHER, joining.BLOCK = before
    assert labels == [None if ident is None else last.get(ident) for ids in sent for ident in ids]


def test_few_labels_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many blocks of predictions there are."""
    reads = []
    read = Rows.batches
    monkeypatch.setattr(Rows, "batches", lambda self, one, columns=None: reads.append(one.id) or read(self, one, columns))
    labels = Labels(NOWHERE, [parcel(7, pa.table({"id": ["a"], "y": [1]}))], "id", {"y": pa.int64()})
    found = [labels.find(pa.array(["a", "b"])).values["y"].to_pylist() for _ in range(3)]
    assert (found, reads) == ([[1, None]] * 3, [7])


def test_labels_of_several_types_become_one() -> None:
    """A label that was a number and then a text is a text, and a column that a parcel lacks is null in it."""
    first, second = pa.table({"id": ["a", "b"], "y": [1, 2]}), pa.table({"id": ["b"], "y": ["two"], "ts": [5]})
    sent = [parcel(1, pa.table({"id": ["a", "b", "c"]}))]
    found = ParcelSource("s", NOWHERE, sent, labels=[parcel(2, first), parcel(3, second)], key="id", label="y")
    seen = []
    assert found.witnessed(lambda one, batch, labels: seen.append((one.id, batch.num_rows, labels.values["ts"].to_pylist())), "ts")
    assert [batch.column("y").to_pylist() for batch in found.batches()] == [["1", "two", None]]
    assert seen == [(1, 3, [None, 5, None])]
    assert not found.witnessed(lambda *known: None, "when")


def test_blocks_and_ids() -> None:
    """Parcels come together up to a size, a large one by itself; a parcel without ids has as many that are null."""
    some = [parcel(i, pa.table({"id": [str(n) for n in range(rows)]})) for i, rows in enumerate((2, 1, 5, 1))]
    assert [[one.id for one in block] for block in blocks(some, 3)] == [[0, 1], [2], [3]]
    bare = parcel(9, pa.table({"x": [1, 2]}))
    assert ids_of(NOWHERE, [bare, some[1]], "id").to_pylist() == [None, None, "0"]
