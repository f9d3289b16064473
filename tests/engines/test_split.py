from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.clock import NO_TIME
from driftline.engines.split import MOST_SEGMENTS, Splitter, natural
from driftline.monitor import ColumnHints
from driftline.profile.bins import LevelBins
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from typing import Any

EMPTY = Plan(())


def splitter(windowing: Windowing, time: str | None = None, plan: Plan = EMPTY, **hints: object) -> Splitter:
    """A splitter with some hints."""
    return Splitter(windowing, ColumnHints(**hints), plan, time)  # type: ignore[arg-type]


def rows_by_key(cutter: Splitter, batch: pa.RecordBatch) -> dict[tuple[str | None, str], list[int]]:
    """Which rows (by the column "row") each segment and window gets."""
    found: dict[tuple[str | None, str], list[int]] = {}
    for cut in cutter.cut(batch):
        rows = batch.column("row") if cut.order is None else batch.column("row").take(cut.order)
        for start, length, (segment, window) in cut.pieces:
            found.setdefault((segment, window.label), []).extend(rows[start : start + length].to_pylist())
    return found


class TestWindows:
    def test_the_whole_is_one_piece_as_it_lies(self) -> None:
        """Without windows or segments nothing is moved."""
        (cut,) = splitter(Windowing()).cut(pa.RecordBatch.from_pydict({"row": [1, 2, 3]}))
        assert cut.order is None
        assert [(start, length) for start, length, _ in cut.pieces] == [(0, 3)]

    def test_rows_are_counted_across_batches(self) -> None:
        """A window of n rows begins where the last one ended, and the last one ends where the rows do."""
        cutter = splitter(Windowing(Cadence.ROWS, rows=4))
        batches = [pa.RecordBatch.from_pydict({"row": list(range(3))}), pa.RecordBatch.from_pydict({"row": list(range(3, 10))})]
        found: dict[tuple[str | None, str], list[int]] = {}
        keys = []
        for batch in batches:
            for cut in cutter.cut(batch):
                keys += [key for _, _, key in cut.pieces]
                assert cut.order is None
                for start, length, (_, window) in cut.pieces:
                    found.setdefault((None, window.label), []).extend(batch.column("row")[start : start + length].to_pylist())
        assert list(found.values()) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        last = list(cutter.final(tuple(dict.fromkeys(keys))).values())[-1][1]
        assert (last.label, last.start, last.end) == ("rows 8-9", 8, 10)

    def test_sorted_rows_are_not_moved(self) -> None:
        """Windows that lie in runs are taken as they lie."""
        times = pa.array([dt.datetime(2026, 1, 1 + i // 10, tzinfo=dt.UTC) for i in range(50)])
        (cut,) = splitter(Windowing(Cadence.DAY), "ts").cut(pa.RecordBatch.from_pydict({"ts": times, "row": list(range(50))}))
        assert cut.order is None
        assert [length for _, length, _ in cut.pieces] == [10] * 5

    @given(days=st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=60))
    def test_every_row_is_in_its_window_in_its_own_order(self, days: Any) -> None:
        """Sorted or not, each row lands in the window of its day, and rows of one window keep their order."""
        texts = [None if day is None else f"2026-01-0{day + 1}T12:00:00" for day in days]
        batch = pa.RecordBatch.from_pydict({"ts": pa.array(texts, pa.string()), "row": list(range(len(days)))})
        found = rows_by_key(splitter(Windowing(Cadence.DAY), "ts"), batch)
        expected: dict[tuple[str | None, str], list[int]] = {}
        for row, text in enumerate(texts):
            expected.setdefault((None, "no time" if text is None else text[:10]), []).append(row)
        assert found == expected

    def test_named_windows_are_in_natural_order(self) -> None:
        """Batches 2 and 10 come in that order; a row without a name is in no window."""
        cutter = splitter(Windowing(Cadence.COLUMN, column="batch"))
        batch = pa.RecordBatch.from_pydict({"batch": [10, 2, None, 10], "row": [0, 1, 2, 3]})
        keys = tuple(key for cut in cutter.cut(batch) for _, _, key in cut.pieces)
        final = {window.label: window.index for _, window in cutter.final(keys).values()}
        assert final == {"2": 0, "10": 1, "no time": NO_TIME.index}


class TestSegments:
    def test_every_value_and_every_condition_is_a_segment(self) -> None:
        """Each row is counted among all rows, under its value, and under each condition that holds."""
        batch = pa.RecordBatch.from_pydict({"c": ["x", "y", None, "x"], "n": [1, 5, 9, 7], "row": [0, 1, 2, 3]})
        cutter = splitter(Windowing(), segments=("c",), conditions={"large": "n > 4"})
        assert cutter.columns() == {"c", "n"}
        assert {segment: rows for (segment, _), rows in rows_by_key(cutter, batch).items()} == {
            None: [0, 1, 2, 3],
            "c=x": [0, 3],
            "c=y": [1],
            "c=null": [2],
            "large": [1, 2, 3],
        }

    def test_the_plans_levels_are_the_segments(self) -> None:
        """Reference and current data are cut alike: by the reference's most frequent levels, the rest is other."""
        plan = Plan((Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(tuple(f"l{i}" for i in range(MOST_SEGMENTS + 5)))),))
        batch = pa.RecordBatch.from_pydict({"c": ["new", "l0", f"l{MOST_SEGMENTS}"], "row": [0, 1, 2]})
        found = rows_by_key(splitter(Windowing(), plan=plan, segments=("c",)), batch)
        assert found["c=other", "all"] == [0, 2]
        assert found["c=l0", "all"] == [1]

    def test_without_levels_the_first_values_are_the_segments(self) -> None:
        """Of many values those that come first are segments; more than fifty are not."""
        cutter = splitter(Windowing(), segments=("c",))
        for start in (0, 40):
            batch = pa.RecordBatch.from_pydict({"c": list(range(start, start + 40)), "row": list(range(40))})
            found = rows_by_key(cutter, batch)
        assert len(found["c=other", "all"]) == 30
        assert ("c=49", "all") in found

    def test_a_missing_segment_column_is_told_and_the_rest_is_cut(self) -> None:
        """A column or condition that cannot be evaluated is a finding, not an error."""
        cutter = splitter(Windowing(), segments=("gone",), conditions={"lost": "away > 1"})
        assert list(rows_by_key(cutter, pa.RecordBatch.from_pydict({"row": [0]}))) == [(None, "all")]
        assert [finding.where for finding in cutter.findings()] == ["gone", "away"]

    @given(values=st.lists(st.sampled_from("abc"), max_size=80), size=st.integers(1, 30))
    def test_segments_and_windows_cross(self, values: Any, size: int) -> None:
        """A value's rows in a window are those of the window with the value."""
        batch = pa.RecordBatch.from_pydict({"c": pa.array(values, pa.string()), "row": pa.array(range(len(values)), pa.int64())})
        found = rows_by_key(splitter(Windowing(Cadence.ROWS, rows=size), segments=("c",)), batch)
        for (segment, label), rows in found.items():
            if segment is not None:
                assert rows == [row for row in found[None, label] if f"c={values[row]}" == segment]
        assert sum(len(rows) for (segment, _), rows in found.items() if segment) == len(values)


@given(names=st.lists(st.one_of(st.integers(0, 10**6).map(str), st.text(max_size=5))))
def test_any_labels_can_be_sorted(names: list[str]) -> None:
    """Natural order is an order on all texts, and puts numbers by size."""
    assert sorted(names, key=natural) == sorted(sorted(names), key=natural)
    whole = [name for name in names if name.isdecimal() and name.isascii()]
    assert sorted(whole, key=natural) == sorted(whole, key=int)
