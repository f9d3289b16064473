from __future__ import annotations

import gc
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.cells import texts
from driftline.profile import hashing
from driftline.sources import labels
from driftline.sources.coding import NO_TIME, What
from driftline.sources.labels import LONG, LabelIndex, Runs, hash_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

IDS = [
    pa.array(["a", "", None, "zürich", "日本", "x" * 40, "y" * (LONG + 1), "z" * (3 * LONG)]),
    pa.array(["b", None, "c"], pa.large_string()),
    pa.array(["b", None, "b"], pa.string_view()),
    pa.array(["b", None, "b"]).dictionary_encode(),
    pa.array([5, -7, None, 2**62]),
    pa.array([0, 255, None], pa.uint8()),
    pa.array([1.0, -2.5, None, float("nan"), 1e300, float("inf"), 2.0**53]),
    pa.array([0.1, 7.0, None], pa.float32()),
    pa.array([Decimal("1.50"), Decimal("3.00"), None]),
    pa.array([True, None, False]),
    pa.array([1_767_323_045_600_000, None, 1_767_312_000_000_000], pa.timestamp("us")),
    pa.array([datetime(2026, 1, 2, tzinfo=UTC), None], pa.timestamp("ns", "UTC")),
    pa.array([date(2026, 1, 2), None]),
    pa.array([None, None]),
    pa.array([], pa.string()),
]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Only a few labels are held in memory; where temporary files go."""
    monkeypatch.setattr(labels, "HELD", 8)
    monkeypatch.setattr(labels, "SEGMENT", 7)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    # A file that nobody closed would complain now.
    gc.collect()


def ids(numbers: Sequence[int]) -> np.ndarray:
    """Hashes that keep the order of small numbers in their last bits and spread over all parts."""
    return hashing.mix(np.array(numbers, dtype=np.uint64))


def indexed(
    rows: list[tuple[int, int, int, int]], cuts: Sequence[int] = (), *, words: Sequence[str] = (), timed: bool = True
) -> LabelIndex:
    """An index of (id, rank, kind, value), given in pieces."""
    with Runs() as runs:
        for piece in np.split(np.array(rows, dtype=np.int64).reshape(-1, 4), sorted(cuts)):
            runs.add(ids(piece[:, 0]), piece[:, 1], piece[:, 2].astype(np.uint8), piece[:, 3])
        return LabelIndex(runs, {word: i for i, word in enumerate(words)}, timed=timed)


def content(index: LabelIndex, numbers: Sequence[int], *, timed: bool = True) -> list[tuple[int, ...] | None]:
    """What the index says of each id."""
    places = index.find(ids(numbers))
    kinds, values = index.take(places)
    columns = [kinds.tolist(), values.tolist(), *([index.times(places).tolist()] if timed else [])]
    return [row if place >= 0 else None for place, *row in zip(places.tolist(), *columns, strict=True)]


class TestIds:
    """The hash of an id."""

    @pytest.mark.parametrize("array", IDS, ids=lambda array: str(array.type))
    def test_is_that_of_the_text_by_which_the_profile_knows_it(self, array: pa.Array) -> None:
        """For every type: the hash of the text that counting takes; what is null there is no id here."""
        plain = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
        plain = (
            plain.cast(pa.large_string())
            if plain.type == pa.string_view()
            else plain.cast(pa.int8())
            if pa.types.is_null(plain.type)
            else plain
        )
        said, null, _ = texts(plain)
        hashes, known = hash_ids(array)
        assert known.tolist() == (~null).tolist()
        assert hashes[known].tolist() == [hashing.hash_text(text or "") for text, gone in zip(said, null, strict=True) if not gone]

    @given(
        st.lists(st.one_of(st.none(), st.text(max_size=30), st.text(st.characters(codec="ascii"), min_size=200, max_size=400)), max_size=30)
    )
    def test_of_any_texts(self, values: list[str | None]) -> None:
        """Whatever their lengths, all at once is one by one; and a part of a column is part of the answer."""
        hashes, known = hash_ids(pa.array(values, pa.string()))
        wanted = [hashing.hash_text(value) for value in values if value is not None]
        assert hashes[known].tolist() == wanted
        assert known.tolist() == [value is not None for value in values]
        assert hash_ids(pa.array(values, pa.large_string())[1:])[0].tolist() == hashes[1:].tolist()

    @pytest.mark.parametrize(
        "same",
        [
            [pa.array([7]), pa.array([7.0]), pa.array(["7"]), pa.array([b"7"]), pa.array([Decimal("7.00")]), pa.array([7], pa.uint8())],
            [pa.array([b"ab"]), pa.array([b"ab"], pa.binary(2)), pa.array(["ab"]), pa.array(["ab"]).dictionary_encode()],
            [pa.array([True]), pa.array(["true"])],
        ],
    )
    def test_of_one_id_in_several_types_is_the_same(self, same: list[pa.Array]) -> None:
        """A number matches its text."""
        assert len({hash_ids(array)[0][0] for array in same}) == 1

    def test_of_uuids_is_that_of_their_text(self) -> None:
        """Sixteen bytes that say what they are match how they are written."""
        one = UUID("12345678-1234-5678-1234-567812345678")
        stored = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([one.bytes, None], pa.binary(16)))
        hashes, known = hash_ids(stored)
        assert (hashes[0], known.tolist()) == (hashing.hash_text(str(one)), [True, False])

    def test_of_a_full_dictionary(self) -> None:
        """A dictionary as large as its codes can tell apart leaves none over for null."""
        codes = pa.array([*range(128), None], pa.int8())
        array = pa.DictionaryArray.from_arrays(codes, pa.array([str(i) for i in range(128)]))
        hashes, known = hash_ids(array)
        assert hashes[:128].tolist() == [hashing.hash_text(str(i)) for i in range(128)]
        assert not known[128]

    def test_of_what_has_no_text(self) -> None:
        """Lists are no ids."""
        assert hash_ids(pa.array([[1], None]))[1].tolist() == [False, False]

    def test_of_runs(self) -> None:
        """Repeated values that are stored once are read as often as they stand there."""
        runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", "b"]))
        assert hash_ids(runs)[0].tolist() == [hashing.hash_text(text) for text in "aab"]


ROW = st.tuples(st.integers(0, 12), st.integers(0, 6), st.sampled_from([int(What.WHOLE), int(What.FRACTION)]), st.integers(0, 3))


class TestIndex:
    """The last label of each id."""

    @given(rows=st.lists(ROW, max_size=60), data=st.data())
    def test_is_that_of_a_dictionary(self, rows: list[tuple[int, int, int, int]], data: st.DataObject) -> None:
        """The greatest of (time, kind, value) is kept, however the labels are cut and ordered, on the disk as in memory."""
        wanted: dict[int, tuple[int, int, int]] = {}
        for number, rank, kind, value in rows:
            wanted[number] = max(wanted.get(number, (-1, 0, 0)), (rank, kind, value))
        shuffled = data.draw(st.permutations(rows))
        cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=5))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(labels, "HELD", data.draw(st.sampled_from([4, 1000])))
            patch.setattr(labels, "SEGMENT", 5)
            index = indexed(shuffled, cuts)
            found = content(index, range(14))
        assert len(index) == len(wanted)
        assert found == [[wanted[i][1], wanted[i][2], wanted[i][0]] if i in wanted else None for i in range(14)]
        tale = index.tale
        last = [wanted[number] for number, *_ in rows]
        assert tale.again == len(rows) - len(wanted)
        assert tale.corrected == sum(row[2:] != kept[1:] for row, kept in zip(rows, last, strict=True))
        assert tale.tied == sum(row[2:] != kept[1:] and row[1] == kept[0] for row, kept in zip(rows, last, strict=True))
        assert tale.kinds[What.WHOLE] == sum(kept[1] == What.WHOLE for kept in wanted.values())
        assert tale.truths == sum(kept[1] == What.WHOLE and kept[2] in {0, 1} for kept in wanted.values())

    def test_sorts_texts_anew(self, few: Path) -> None:
        """The order in which texts first came leaves no trace, not even in ties."""
        rows = [(i % 5, 1, int(What.TEXT), i % 3) for i in range(30)]
        one = indexed(rows, words=["b", "c", "a"])
        other = indexed([(i, r, k, (v + 1) % 3) for i, r, k, v in rows[::-1]], words=["a", "b", "c"])
        assert one.texts == other.texts == ["a", "b", "c"]
        assert content(one, range(6)) == content(other, range(6))
        assert one.tale.texts.tolist() == other.tale.texts.tolist() == [0, 0, 5]

    def test_keeps_no_times_where_there_are_none(self, few: Path) -> None:
        """Ranks that only say the order are not kept."""
        index = indexed([(i, i, int(What.WHOLE), i) for i in range(40)], timed=False)
        assert content(index, [3, 50], timed=False) == [[What.WHOLE, 3], None]

    def test_may_be_empty(self) -> None:
        """No labels: nothing is found, and nothing breaks."""
        index = indexed([])
        assert len(index) == 0
        assert content(index, [1, 2]) == [None, None]
        assert index.times(np.array([-1])).tolist() == [NO_TIME]

    def test_leaves_no_files(self, few: Path) -> None:
        """Neither while it is filled, nor while it is read, nor when it is gone does a file bear a name."""
        with Runs() as runs:
            for start in range(0, 100, 10):
                numbers = np.arange(start, start + 10)
                runs.add(ids(numbers.tolist()), numbers, np.full(10, What.WHOLE, dtype=np.uint8), numbers)
            index = LabelIndex(runs, {}, timed=False)
        assert list(few.iterdir()) == []
        assert (index.find(ids(range(100))) >= 0).all()
        del index

    def test_leaves_no_files_after_an_error(self, few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A full disk closes what was open; a later complaint about it would fail this test."""

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(labels._Column, "add", full)
        with pytest.raises(OSError, match="No space"):
            indexed([(i, i, int(What.WHOLE), i) for i in range(50)], range(0, 50, 5))
        assert list(few.iterdir()) == []

    def test_finds_ids_anywhere(self, few: Path) -> None:
        """Below the first hash, above the last, and between."""
        index = indexed([(i, 0, int(What.WHOLE), i) for i in range(1, 201)])
        assert index.find(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist() == [-1, -1]
        assert sorted(index.find(ids(range(1, 201))).tolist()) == list(range(200))
        assert index.find(np.empty(0, dtype=np.uint64)).size == 0
