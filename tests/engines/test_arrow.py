from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.engines.arrow import count_batch, count_pieces
from driftline.engines.cells import cells
from driftline.engines.tally import Tally
from driftline.profile import reference
from driftline.profile.bins import LARGEST, Bins, LevelBins, NumberBins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from conftest import Kernels

ODD_NUMBERS = [0.0, -0.0, float("nan"), float("inf"), -float("inf"), 1e300, -1e300, 5e-324, LARGEST, 0.1, 7.0]
numbers = st.one_of(st.sampled_from(ODD_NUMBERS), st.floats(), st.floats(-100, 100))
words = st.one_of(st.sampled_from(["a", "b", "1", "0", " 1.5 ", "true", "FALSE", "", "nan", "2024-01-01T00:00:00Z"]), st.text(max_size=4))
TYPES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "double": (pa.float64(), numbers),
    "float": (pa.float32(), st.floats(width=32)),
    "half": (pa.float16(), st.floats(width=16).map(np.float16)),
    "byte": (pa.int8(), st.integers(-128, 127)),
    "unsigned": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "long": (pa.int64(), st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1))),
    "short": (pa.uint16(), st.integers(0, 2**16 - 1)),
    "int": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "bool": (pa.bool_(), st.booleans()),
    "text": (pa.string(), words),
    "large": (pa.large_string(), words),
    "view": (pa.string_view(), words),
    "bytes": (pa.binary(), st.one_of(st.binary(max_size=3), st.just(b"a"))),
    "decimal": (pa.decimal128(20, 2), st.decimals(-1000, 1000, places=2)),
    "date": (pa.date32(), st.dates()),
    "milliseconds": (pa.date64(), st.dates()),
    "seconds": (pa.timestamp("s"), st.integers(-(2**40), 2**40)),
    "instants": (pa.timestamp("us"), st.integers(-(2**60), 2**60)),
    "coarse": (pa.timestamp("ms", "UTC"), st.integers(-(2**53), 2**53)),
    "zoned": (pa.timestamp("ns", "Europe/Berlin"), st.integers(-(2**62), 2**62)),
    "time": (pa.time64("us"), st.times()),
    "duration": (pa.duration("ms"), st.integers(-(2**40), 2**40)),
    "list": (pa.list_(pa.int8()), st.lists(st.integers(0, 3), max_size=2)),
    "null": (pa.null(), st.none()),
}


@st.composite
def arrays(draw: st.DrawFn) -> pa.Array:
    """A column of any type: with nulls, cut out of a longer one, perhaps as a dictionary."""
    kind, values = TYPES[draw(st.sampled_from(sorted(TYPES)))]
    listed = draw(st.lists(st.one_of(values, st.none()), max_size=40)) * draw(st.sampled_from([1, 1, 1, 60]))
    array = pa.array(listed, pa.int64()).cast(kind) if kind in {pa.timestamp("s"), pa.duration("ms")} else pa.array(listed, kind)
    start = draw(st.integers(0, len(array)))
    array = array.slice(start, draw(st.integers(0, len(array) - start)))
    return array.dictionary_encode() if draw(st.booleans()) and kind in {pa.string(), pa.int64(), pa.float64(), pa.bool_()} else array


@st.composite
def edges(draw: st.DrawFn) -> NumberBins:
    """Bins from any edges whatever."""
    many = draw(st.sampled_from([5, 5, 300]))
    found = draw(st.lists(st.one_of(st.floats(allow_nan=False), st.floats(-10, 10)), max_size=many, unique_by=lambda edge: edge + 0.0))
    center = draw(st.floats(-1e6, 1e6))
    return NumberBins(tuple(sorted(edge + 0.0 for edge in found)), center, 2.0 ** draw(st.integers(-40, 40)))


fitted = st.lists(numbers, max_size=300).map(lambda values: fit_number_bins(np.array(values, dtype=np.float64)))
levels = st.lists(words, max_size=5, unique=True).map(lambda found: LevelBins(tuple(found)))
any_bins = st.one_of(st.none(), edges(), fitted, levels)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Plan, pa.RecordBatch]:
    """A plan of two columns and a batch that has both, one, or neither."""
    first, second = draw(arrays()), draw(arrays())
    rows = min(len(first), len(second))
    kinds, roles = st.sampled_from(list(Kind)), st.sampled_from([Role.FEATURE, Role.FEATURE, Role.LABEL, Role.ID])
    planned = [Planned(Column(name=name, kind=draw(kinds), role=draw(roles)), draw(any_bins)) for name in ("x", "y")]
    names = draw(st.sampled_from([["x", "y"], ["x", "y"], ["x", "other"]]))
    batch = pa.RecordBatch.from_arrays([first.slice(0, rows), second.slice(0, rows)], names)
    return Plan(tuple(planned), sample=draw(st.integers(1, 30)), seed=draw(st.integers(-5, 2**70))), batch


def by_definition(plan: Plan, batch: pa.RecordBatch) -> Profile:
    """What `profile.reference` makes of a batch."""
    table = {planned.name: cells(planned, batch.column(planned.name)) for planned in plan.columns if planned.name in batch.schema.names}
    return reference.count(plan, table, batch.num_rows)


def one(kind: Kind, bins: Bins | None, array: pa.Array, role: Role = Role.FEATURE) -> tuple[Plan, pa.RecordBatch]:
    """A plan of one column, and its batch."""
    return Plan((Planned(Column(name="x", kind=kind, role=role), bins),)), pa.RecordBatch.from_arrays([array], ["x"])


class TestCountBatch:
    @settings(max_examples=120)
    @given(case=cases())
    def test_equals_the_definition_bit_for_bit(self, kernels: Kernels, case: tuple[Plan, pa.RecordBatch]) -> None:
        """Whatever the plan and the types, an engine gives the bytes that the definition gives."""
        plan, batch = case
        with kernels():
            assert count_batch(plan, batch) == by_definition(plan, batch)

    def test_tells_halves_apart(self, kernels: Kernels) -> None:
        """Numbers of 16 bits that stand for categories are as many as there are."""
        halves = pa.array(np.array([0, 1, np.nan, -0.0, 0.1, 1], np.float16), mask=np.arange(6) == 5)
        with kernels():
            for bins in (None, LevelBins(("0", "0.1"))):
                plan, batch = one(Kind.CATEGORY, bins, halves)
                assert count_batch(plan, batch) == by_definition(plan, batch)

    @pytest.mark.parametrize("shape", ["normal", "cauchy", "lognormal", "pareto", "two scales", "whole", "huge", "constant", "tiny"])
    def test_equals_the_definition_on_long_columns(self, kernels: Kernels, shape: str) -> None:
        """Many blocks of heavy-tailed numbers, with some of every odd value, are counted as defined."""
        rng = np.random.default_rng(3)
        rows = 20_011
        values = {
            "normal": rng.normal(5, 3, rows),
            "cauchy": rng.standard_cauchy(rows),
            "lognormal": rng.lognormal(0, 3, rows),
            "pareto": rng.pareto(0.5, rows),
            "two scales": np.where(rng.random(rows) < 0.5, rng.normal(0, 1e-9, rows), rng.normal(1e9, 1, rows)),
            "whole": rng.integers(-500, 500, rows).astype(np.float64),
            "huge": rng.normal(0, 1e307, rows),
            "constant": np.full(rows, 42.0),
            "tiny": rng.normal(0, 1e-310, rows),
        }[shape]
        bins = fit_number_bins(values)
        odd = rng.random(rows)
        values[odd < 0.02] = np.resize(ODD_NUMBERS, (odd < 0.02).sum())
        for array in (pa.array(values), pa.array(values, mask=rng.random(rows) < 0.3), pa.array(values)[7:-9]):
            plan, batch = one(Kind.NUMBER, bins, array)
            with kernels():
                assert count_batch(plan, batch) == by_definition(plan, batch)

    @pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
    @pytest.mark.parametrize("spread", [3, 900, 10**9])
    def test_counts_integers_that_lie_close_together_as_others(self, kernels: Kernels, dtype: str, spread: int) -> None:
        """Integers close together, counted by value first, give what they give one by one."""
        rng = np.random.default_rng(4)
        ends = np.iinfo(dtype)
        values = rng.integers(max(ends.min, -spread), min(ends.max, spread), 6000, endpoint=True).astype(dtype)
        for array in (pa.array(values), pa.array(values, mask=rng.random(6000) < 0.1)[11:]):
            plan, batch = one(Kind.NUMBER, fit_number_bins(values.astype(np.float64)), array)
            with kernels():
                assert count_batch(plan, batch) == by_definition(plan, batch)

    def test_keeps_the_smallest_hashes_of_many_unseen_levels(self, kernels: Kernels) -> None:
        """Of thousands of unseen levels those kept, and their counts, are as defined, over any number of batches."""
        array = pa.array([f"value {i % 3000}" for i in range(9000)])
        plan, batch = one(Kind.CATEGORY, LevelBins(("value 1", "value 2")), array)
        with kernels():
            whole = count_batch(plan, batch)
            parts = count_batch(plan, batch.slice(0, 2500)) + count_batch(plan, batch.slice(2500))
        assert whole == parts == by_definition(plan, batch)
        assert len(whole.unseen[0]) == 64

    @settings(max_examples=40)
    @given(case=cases(), data=st.data())
    def test_counting_is_a_homomorphism(self, kernels: Kernels, case: tuple[Plan, pa.RecordBatch], data: st.DataObject) -> None:
        """Counting two parts and adding is counting the whole."""
        plan, batch = case
        at = data.draw(st.integers(0, batch.num_rows))
        with kernels():
            assert count_batch(plan, batch.slice(0, at)) + count_batch(plan, batch.slice(at)) == count_batch(plan, batch)

    def test_counts_a_missing_column_as_absent(self) -> None:
        """A column that is not in the batch is absent in every row, and the others are counted."""
        plan, batch = one(Kind.NUMBER, fit_number_bins(np.arange(9.0)), pa.array([1.0, 2.0]))
        profile = count_batch(plan, batch.rename_columns(["other"]))
        assert profile.odd[0, Odd.ABSENT] == 2
        assert profile.counts.sum() == 0

    def test_counts_text_that_is_not_utf8_as_wrong(self, kernels: Kernels) -> None:
        """Bytes that claim to be text and are not UTF-8 are of the wrong type; their neighbours are counted."""
        broken = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff\xfe", b"b"], pa.binary()).buffers())
        for bins in (LevelBins(("a", "b")), None):
            plan, batch = one(Kind.CATEGORY, bins, broken)
            with kernels():
                profile = count_batch(plan, batch)
            assert profile == by_definition(plan, batch)
            assert profile.odd[0, Odd.WRONG_TYPE] == 1

    def test_a_column_of_a_hopeless_type_does_not_harm_the_others(self) -> None:
        """A nested column that should hold numbers is of the wrong type; the number beside it is counted."""
        bins = fit_number_bins(np.arange(9.0))
        plan = Plan(tuple(Planned(Column(name=name, kind=Kind.NUMBER), bins) for name in "xy"))
        nested = pa.array([{"a": 1}, None, {"a": 2}])
        profile = count_batch(plan, pa.RecordBatch.from_arrays([nested, pa.array([1.0, 2.0, 3.0])], ["x", "y"]))
        assert profile.odd[0].tolist() == [1, 0, 2, 0]
        assert profile.bins(1).sum() == 3

    def test_takes_the_first_of_two_columns_of_one_name(self) -> None:
        """Two columns of one name are not an error."""
        plan, _ = one(Kind.NUMBER, fit_number_bins(np.arange(9.0)), pa.array([1.0]))
        profile = count_batch(plan, pa.RecordBatch.from_arrays([pa.array([1.0]), pa.array([5.0])], ["x", "x"]))
        assert profile.extremes[0].tolist() == [1.0, 1.0]


class TestCountPieces:
    @settings(max_examples=40)
    @given(case=cases(), data=st.data())
    def test_each_slot_counts_its_own_pieces(self, kernels: Kernels, case: tuple[Plan, pa.RecordBatch], data: st.DataObject) -> None:
        """Rows cut into runs for three slots are counted as if each slot's runs had been counted alone."""
        plan, batch = case
        cuts = sorted(data.draw(st.lists(st.integers(0, batch.num_rows), max_size=5)))
        starts, ends = [0, *cuts], [*cuts, batch.num_rows]
        with kernels():
            tally = Tally(plan)
            slots = [tally.slot(i % 3) for i in range(len(starts))]
            pieces = [[start, end - start, slot] for start, end, slot in zip(starts, ends, slots, strict=True)]
            count_pieces(tally, batch, np.array(pieces, dtype=np.int64))
            for slot in set(slots):
                alone = [count_batch(plan, batch.slice(start, rows)) for start, rows, whose in pieces if whose == slot]
                assert tally.profile(slot) == sum(alone, Profile.empty(plan))
