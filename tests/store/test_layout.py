from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from driftline.store.layout import SCHEMA, plan_batch, plan_of, profile_batch, profile_of, window_of, window_to_dict
from driftline.window import Cadence, Window, Windowing, calendar_window

if TYPE_CHECKING:
    from driftline.store.shelf import Shelf


def test_a_plan_comes_back_as_it_was(shelf: Shelf) -> None:
    """Bins are the same to the last bit, and so is the fingerprint."""
    batch = plan_batch(shelf.plan)
    head = {"plan": {"schema": 1, "sample": shelf.plan.sample, "seed": shelf.plan.seed}}
    again = plan_of(batch, head)
    assert again == shelf.plan
    assert again.fingerprint == shelf.plan.fingerprint
    assert batch.schema == SCHEMA


def test_a_profile_can_be_read_by_anyone(shelf: Shelf) -> None:
    """Every row of a batch is one column of the data, and its fields mean what they are called."""
    segment, window, profile = shelf.entries[1]
    batch = profile_batch(segment, window, profile)
    assert batch.schema == SCHEMA
    assert batch.column("column").to_pylist() == list(shelf.plan.names)
    for i, row in enumerate(batch.to_pylist()):
        assert (row["window"], row["segment"]) == ("day 0", "country=é")
        assert row["counts"] == profile.bins(i).tolist()
        assert [row[name] for name in ("null", "nan", "wrong_type", "absent")] == profile.odd[i].tolist()
        assert sum(row["counts"]) + profile.odd[i].sum() == profile.rows
        assert dict(row["unseen"]) == profile.unseen[i]
        np.testing.assert_array_equal(row["sample"], profile.sample.values[:, i])
        assert row["sample_keys"] == (profile.sample.keys.tolist() if i == 0 else [])


def test_reading_copies_no_counts(shelf: Shelf) -> None:
    """Counts, sums, registers and sampled rows are looked at where Arrow holds them."""
    segment, window, profile = shelf.entries[0]
    again = profile_of(profile_batch(segment, window, profile), shelf.plan, profile.rows)
    assert again == profile
    assert not any(a.flags.owndata for a in (again.counts, again.sums, again.registers, again.sample.keys, again.sample.values))


@pytest.mark.parametrize(("rows", "fault"), [(41, "do not add up to 41 rows"), (40, None)])
def test_counts_that_are_not_the_rows_are_refused(shelf: Shelf, rows: int, fault: str | None) -> None:
    """For each column, the bins and the odd values make up all rows; else the file is damaged."""
    batch = profile_batch(*shelf.entries[0])
    if fault is None:
        assert profile_of(batch, shelf.plan, rows).rows == rows
    else:
        with pytest.raises(ValueError, match=fault):
            profile_of(batch, shelf.plan, rows)


def test_a_batch_of_another_plan_is_refused(shelf: Shelf) -> None:
    """A batch with more or fewer columns than the plan is no profile of it."""
    with pytest.raises(ValueError, match="4 columns with"):
        profile_of(profile_batch(*shelf.entries[0]).slice(0, 4), shelf.plan, 40)


@pytest.mark.parametrize(
    "window",
    [
        Window(0, "all"),
        Window(3, "rows 300 to 399", 300, 400),
        Window(7, "batch-é"),
        *(
            calendar_window(datetime(2024, 3, 31, 0, 30, tzinfo=UTC), Windowing(cadence, timezone="Europe/Berlin"))
            for cadence in (Cadence.HOUR, Cadence.DAY, Cadence.WEEK, Cadence.MONTH)
        ),
    ],
)
def test_windows_come_back_as_they_were(window: Window) -> None:
    """Instants, row numbers and nothing are told apart."""
    again = window_of(window_to_dict(window))
    assert again == window
    assert hash(again) == hash(window)
    assert window_to_dict(again) == window_to_dict(window)


def test_the_schema_is_the_published_one() -> None:
    """A file written today is read tomorrow: the columns and their types do not change without a new format number."""
    assert {field.name: str(field.type) for field in SCHEMA} == {
        "plan": "string",
        "window": "string",
        "segment": "string",
        "column": "string",
        "counts": "list<item: int64>",
        "null": "int64",
        "nan": "int64",
        "wrong_type": "int64",
        "absent": "int64",
        "least": "double",
        "greatest": "double",
        "sums": "fixed_size_list<item: int64>[8]",
        "registers": "fixed_size_binary[512]",
        "unseen": "map<string, int64>",
        "sample_keys": "list<item: uint64>",
        "sample": "list<item: double>",
        "outcome": "list<item: int64>",
    }
    assert pa.types.is_map(SCHEMA.field("unseen").type)
