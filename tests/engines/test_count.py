from __future__ import annotations

import datetime as dt
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.engines import count as counting
from driftline.engines.arrow import count_batch
from driftline.engines.clock import NO_TIME
from driftline.engines.count import blocks, count, count_outcomes, even
from driftline.errors import ConfigError, SchemaMismatch, UnreadableData
from driftline.monitor import ColumnHints
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import Outcome
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.schema import Column, Kind, Role, Task
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Memory

BINS = fit_number_bins(np.random.default_rng(0).normal(size=2000))
PLAN = Plan(
    (
        Planned(Column(name="ts", kind=Kind.TIMESTAMP, role=Role.TIMESTAMP), fit_number_bins(np.arange(1.7e9, 1.71e9, 1e5))),
        *(Planned(Column(name=f"x{i}", kind=Kind.NUMBER), BINS) for i in range(4)),
        Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a", "b", "c"))),
        Planned(Column(name="free", kind=Kind.TEXT), None),
    ),
    sample=20,
)


def table(rows: int, *, ordered: bool = True, seed: int = 0) -> pa.RecordBatch:
    """Rows of ten days, with nulls and unseen levels."""
    rng = np.random.default_rng(seed)
    times = rng.integers(1_700_000_000, 1_700_864_000, rows)
    times = np.sort(times) if ordered else times
    columns: dict[str, Any] = {"ts": pa.array(times).cast(pa.timestamp("s"))}
    columns |= {f"x{i}": pa.array(rng.normal(size=rows), mask=rng.random(rows) < 0.1) for i in range(4)}
    columns["c"] = pa.array(rng.choice(["a", "b", "c", "new"], rows))
    columns["free"] = pa.array([f"text {i}" for i in rng.integers(0, 50, rows)])
    return pa.RecordBatch.from_pydict(columns)


def cut(batch: pa.RecordBatch, size: int) -> list[pa.RecordBatch]:
    """The same rows in batches of a size."""
    return [batch.slice(start, size) for start in range(0, batch.num_rows, size)]


class TestCount:
    @settings(max_examples=25)
    @given(rows=st.integers(0, 900), size=st.integers(1, 400), threads=st.integers(2, 4), ordered=st.booleans(), days=st.booleans())
    def test_depends_on_neither_threads_nor_batches(
        self, memory: type[Memory], rows: int, size: int, threads: int, *, ordered: bool, days: bool
    ) -> None:
        """However the rows arrive and whoever counts them, the profiles have the same bytes in the same order."""
        batch = table(rows, ordered=ordered)
        windowing = Windowing(Cadence.DAY) if days else Windowing(Cadence.ROWS, rows=97)
        hints = ColumnHints(segments=("c",), conditions={"large": "x0 > 1"})
        alone = count(PLAN, memory([batch]), windowing, hints, threads=1)
        shared = count(PLAN, memory([batch.slice(0, 0), *cut(batch, size)]), windowing, hints, threads=threads)
        assert list(shared.profiles) == list(alone.profiles)
        assert shared.profiles == alone.profiles

    @pytest.mark.parametrize("ordered", [True, False])
    @pytest.mark.parametrize("threads", [1, 3])
    def test_windows_and_segments_add_up_to_the_whole(
        self, memory: type[Memory], threads: int, monkeypatch: pytest.MonkeyPatch, *, ordered: bool
    ) -> None:
        """All windows together are the whole, and the values of a column together are all rows, even in parallel."""
        monkeypatch.setattr(counting, "LITTLE", 1)
        batch = table(3000, ordered=ordered)
        counted = count(PLAN, memory(cut(batch, 700)), Windowing(Cadence.DAY), ColumnHints(segments=("c",)), threads=threads)
        whole = count_batch(PLAN, batch)
        every = {key: profile for key, profile in counted.profiles.items() if key[0] is None}
        assert len(every) == 11
        assert reduce(add, every.values()) == whole
        assert reduce(add, (profile for (segment, _), profile in counted.profiles.items() if segment)) == whole

    def test_a_window_holds_the_rows_of_its_day(self, memory: type[Memory]) -> None:
        """Each day's profile is what counting that day's rows alone gives."""
        batch = table(2000, ordered=False)
        counted = count(PLAN, memory(cut(batch, 300)), Windowing(Cadence.DAY, timezone="Asia/Tokyo"))
        seconds = batch.column("ts").cast(pa.int64()).to_pylist()
        days = [(dt.datetime.fromtimestamp(at, dt.UTC) + dt.timedelta(hours=9)).date() for at in seconds]
        for (_, window), profile in counted.profiles.items():
            own = [row for row, day in enumerate(days) if day.isoformat() == window.label]
            assert profile == count_batch(PLAN, batch.take(pa.array(own)))

    def test_rows_without_a_time_are_told_and_kept_apart(self, memory: type[Memory]) -> None:
        """Null and unreadable times are in no window, and a finding says how many there were."""
        batch = table(6)
        texts = pa.array(["2026-01-01", None, "soon", "2026-01-02", "2026-01-01T23:59:59Z", ""])
        batch = batch.set_column(0, "ts", texts)
        counted = count(PLAN, memory([batch]), Windowing(Cadence.DAY), ColumnHints(segments=("c",)))
        assert [(window.label, profile.rows) for (segment, window), profile in counted.profiles.items() if segment is None] == [
            ("2026-01-01", 2),
            ("2026-01-02", 1),
        ]
        assert counted.untimed[None].rows == 3
        assert all(window != NO_TIME for _, window in counted.profiles)
        (finding,) = counted.findings
        assert finding.rows == 3
        assert "no time" in finding.what

    def test_reads_only_the_columns_it_needs(self, memory: type[Memory]) -> None:
        """What is neither counted nor cut by is not read."""
        asked: list[list[str]] = []

        class Watched(memory):  # type: ignore[misc, valid-type]
            def batches(self, columns: Any = None) -> Iterator[pa.RecordBatch]:
                asked.append(list(columns))
                yield from super().batches(columns)

        batch = table(10).append_column("unused", pa.array(range(10))).append_column("by", pa.array(range(10)))
        count(PLAN, Watched([batch]), Windowing(), ColumnHints(conditions={"half": "by > 4"}))
        assert asked == [[*PLAN.names, "by"]]

    def test_a_missing_column_is_absent_and_the_others_are_counted(self, memory: type[Memory]) -> None:
        """A column of the plan that the source lacks harms no other."""
        batch = table(50).drop_columns(["x1"])
        (profile,) = count(PLAN, memory([batch]), Windowing()).profiles.values()
        assert profile.odd[PLAN.index("x1"), Odd.ABSENT] == 50
        assert profile.bins(PLAN.index("x2")).sum() > 0

    def test_no_rows_are_no_windows(self, memory: type[Memory]) -> None:
        """An empty source gives nothing, and no error."""
        assert count(PLAN, memory([table(0)]), Windowing(Cadence.DAY)).profiles == {}

    def test_tells_of_its_progress(self, memory: type[Memory]) -> None:
        """After each batch the rows done and all rows are told."""
        told: list[tuple[str, int, int | None]] = []
        count(PLAN, memory(cut(table(20_000), 10_000)), Windowing(), progress=lambda *what: told.append(what))
        assert told == [("counting memory", 10_000, 20_000), ("counting memory", 20_000, 20_000)]

    @pytest.mark.parametrize("threads", [1, 2])
    def test_an_error_while_reading_comes_through(self, memory: type[Memory], threads: int) -> None:
        """What the source raises half way is raised, once counting has stopped."""

        class Broken(memory):  # type: ignore[misc, valid-type]
            def batches(self, columns: Any = None) -> Iterator[pa.RecordBatch]:
                yield from super().batches(columns)
                raise UnreadableData("the file ends in the middle")

        with pytest.raises(UnreadableData, match="in the middle"):
            count(PLAN, Broken(cut(table(20_000), 10_000)), Windowing(), threads=threads)

    def test_windows_of_time_need_a_time(self, memory: type[Memory]) -> None:
        """Without a column that holds the time, the error says how to name one; a misspelt one is guessed."""
        timeless = Plan(PLAN.columns[1:])
        with pytest.raises(SchemaMismatch, match="none is known") as caught:
            count(timeless, memory([table(5)]), Windowing(Cadence.DAY))
        assert "timestamp: ts" in caught.value.hint
        with pytest.raises(SchemaMismatch, match="no column 'tss'") as caught:
            count(timeless, memory([table(5)]), Windowing(Cadence.DAY), ColumnHints(roles={"tss": Role.TIMESTAMP}))
        assert "'ts'" in caught.value.hint
        with pytest.raises(SchemaMismatch, match="no column 'batch'"):
            count(PLAN, memory([table(5)]), Windowing(Cadence.COLUMN, column="batch"))

    def test_a_condition_that_cannot_be_read_is_an_error(self, memory: type[Memory]) -> None:
        """A typing mistake in the configuration is said before any row is read."""
        with pytest.raises(ConfigError, match="cannot be read"):
            count(PLAN, memory([table(5)]), Windowing(), ColumnHints(conditions={"bad": "x0 >"}))


class TestCountOutcomes:
    @settings(max_examples=25)
    @given(rows=st.integers(0, 900), size=st.integers(1, 400), said=st.booleans(), days=st.booleans())
    def test_are_those_of_the_profiles(self, memory: type[Memory], rows: int, size: int, *, said: bool, days: bool) -> None:
        """However rows arrive and are cut, outcomes counted alone are the profiles', to the last bit and in their order."""
        rng, batch = np.random.default_rng(rows), table(rows, ordered=days)
        labels = pa.array(rng.integers(0, 2, rows), mask=rng.random(rows) < 0.2)
        batch = batch.append_column("y", labels).append_column("p", pa.array(rng.random(rows)))
        batch = batch.append_column("said", pa.array(rng.random(rows) < 0.5))
        outcome = Outcome(Task.BINARY, "y", "said" if said else None, ("p",), ("0", "1"), ((0.25, 0.5),))
        scored = [Planned(Column(name=name, kind=Kind.NUMBER), BINS) for name in ("y", "p", "said")]
        plan = Plan((*PLAN.columns, *scored), sample=5, outcome=outcome)
        windowing = Windowing(Cadence.DAY) if days else Windowing(Cadence.ROWS, rows=97)
        hints = ColumnHints(segments=("c",), conditions={"large": "x0 > 1"})
        whole = count(plan, memory([batch]), windowing, hints)
        alone = count_outcomes(plan, memory(cut(batch, size) or [batch]), windowing, hints)
        assert list(alone) == list(whole.profiles)
        for key, profile in whole.profiles.items():
            assert profile.outcome is not None
            pairs = zip(alone[key].arrays(), profile.outcome.arrays(), strict=True)
            assert all(mine.tobytes() == theirs.tobytes() for mine, theirs in pairs)

    def test_reads_only_what_it_takes(self) -> None:
        """Of a wide table the times, scores, predictions and labels are read, and nothing where there are none."""
        asked: list[list[str]] = []

        class Watched:
            name = "watched"

            def schema(self) -> pa.Schema:
                return table(1).append_column("y", pa.array([1])).schema

            def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
                asked.append(columns)
                return iter(())

            def rows(self) -> int:
                return 0

            def findings(self) -> tuple[()]:
                return ()

        outcome = Outcome(Task.BINARY, "y", None, ("x1",), ("0", "1"), ((0.5,),))
        plan = Plan((*PLAN.columns, Planned(Column(name="y", kind=Kind.NUMBER), BINS)), outcome=outcome)
        assert count_outcomes(plan, Watched(), Windowing(Cadence.DAY)) == {}
        assert asked == [["ts", "x1", "y"]]
        assert count_outcomes(PLAN, Watched(), Windowing(Cadence.DAY)) == {}
        assert len(asked) == 1


class TestBlocks:
    def test_are_consecutive_runs_of_rows(self, memory: type[Memory]) -> None:
        """A reference kept as blocks is the reference, and every block but the last has the rows asked for."""
        batch = table(1000)
        found = blocks(PLAN, memory(cut(batch, 130)), 300).profiles
        assert [(window.start, window.end, profile.rows) for (_, window), profile in found.items()] == [
            (0, 300, 300),
            (300, 600, 300),
            (600, 900, 300),
            (900, 1000, 100),
        ]
        assert sum(found.values(), Profile.empty(PLAN)) == count_batch(PLAN, batch)


class TestEven:
    @given(sizes=st.lists(st.integers(0, 60), max_size=30))
    def test_keeps_the_rows_and_their_order(self, sizes: list[int]) -> None:
        """Gathered or sliced, the rows come out as they went in, and small batches do not come one by one."""
        batches, at = [], 0
        for size in sizes:
            words = pa.array([f"w{i % 3}" for i in range(at, at + size)], pa.string()).dictionary_encode()
            batches.append(pa.RecordBatch.from_arrays([pa.array(range(at, at + size), pa.int64()), words], ["row", "word"]))
            at += size
        found = list(even(batches))
        assert [row for batch in found for row in batch.column("row").to_pylist()] == list(range(at))
        assert [word for batch in found for word in batch.column("word").to_pylist()] == [f"w{i % 3}" for i in range(at)]
        assert len(found) <= 1

    def test_slices_large_batches_without_copying(self) -> None:
        """A frame of any length is counted a slice at a time."""
        whole = pa.RecordBatch.from_pydict({"row": np.arange(counting.LARGE * 2 + 5)})
        found = list(even([whole]))
        assert [batch.num_rows for batch in found] == [counting.LARGE, counting.LARGE, 5]
        assert found[1].column("row").buffers()[1].address == whole.column("row").buffers()[1].address

    def test_batches_of_different_types_stay_apart(self) -> None:
        """A column that changes its type half way is not forced into one."""
        found = list(even([pa.RecordBatch.from_pydict({"x": [1]}), pa.RecordBatch.from_pydict({"x": ["a"]})]))
        assert [str(batch.column("x").type) for batch in found] == ["int64", "string"]
