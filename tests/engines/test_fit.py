from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines.count import count
from driftline.engines.fit import fit, kept_rows
from driftline.errors import DataError, SchemaMismatch
from driftline.monitor import ColumnHints, Monitor
from driftline.profile.bins import LevelBins, NumberBins, fit_number_bins
from driftline.profile.plan import Plan
from driftline.schema import Kind, Role
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from conftest import Memory


def batch(rows: int = 4000, seed: int = 0) -> pa.RecordBatch:
    """Rows as they come: an id, a time, numbers, levels, truth, texts and a list."""
    rng = np.random.default_rng(seed)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return pa.RecordBatch.from_pydict(
        {
            "id": pa.array([f"r{i}" for i in range(rows)]),
            "ts": pa.array([start + dt.timedelta(minutes=i) for i in range(rows)]),
            "amount": pa.array(rng.lognormal(size=rows), mask=rng.random(rows) < 0.1),
            "country": pa.array(rng.choice(["DE", "FR", "US"], rows, p=[0.5, 0.3, 0.2])),
            "new": pa.array(rng.random(rows) < 0.5),
            "note": pa.array([f"note {i}" for i in range(rows)]),
            "items": pa.array([[1, 2]] * rows),
            "empty": pa.nulls(rows, pa.float64()),
            "y_pred": pa.array(rng.integers(0, 2, rows)),
        }
    )


def cut(whole: pa.RecordBatch, size: int) -> list[pa.RecordBatch]:
    """The same rows in batches of a size."""
    return [whole.slice(start, size) for start in range(0, whole.num_rows, size)]


class TestFit:
    def test_gives_every_column_its_kind_role_and_bins(self, memory: type[Memory]) -> None:
        """An ordinary table needs no hints."""
        plan = fit(memory([batch()]), Monitor())
        found = {planned.name: (planned.column.kind, planned.column.role, type(planned.bins)) for planned in plan.columns}
        assert found == {
            "id": (Kind.CATEGORY, Role.ID, type(None)),
            "ts": (Kind.TIMESTAMP, Role.TIMESTAMP, NumberBins),
            "amount": (Kind.NUMBER, Role.FEATURE, NumberBins),
            "country": (Kind.CATEGORY, Role.FEATURE, LevelBins),
            "new": (Kind.BOOLEAN, Role.FEATURE, LevelBins),
            "note": (Kind.TEXT, Role.FEATURE, type(None)),
            "items": (Kind.UNSUPPORTED, Role.FEATURE, type(None)),
            "empty": (Kind.NUMBER, Role.FEATURE, NumberBins),
            "y_pred": (Kind.NUMBER, Role.PREDICTION, NumberBins),
        }
        assert plan.columns[3].bins == LevelBins(("DE", "FR", "US"))
        assert plan.columns[4].bins == LevelBins(("false", "true"))

    def test_a_reference_that_fits_in_the_sample_has_the_bins_of_all_its_rows(self, memory: type[Memory]) -> None:
        """Nothing is lost where nothing need be sampled."""
        whole = batch()
        plan = fit(memory(cut(whole, 333)), Monitor())
        values = whole.column("amount").drop_null().to_numpy()
        assert plan.columns[plan.index("amount")].bins == fit_number_bins(values)

    @pytest.mark.parametrize("size", [100, 4000])
    def test_the_plan_does_not_depend_on_the_batches(self, memory: type[Memory], size: int) -> None:
        """However the reference is cut, and although only some rows are sampled, the plan is the same."""
        whole = batch()
        plans = [fit(memory(parts), Monitor(), sample_rows=500) for parts in (cut(whole, size), [whole])]
        assert plans[0].fingerprint == plans[1].fingerprint

    def test_extremes_are_those_of_all_rows(self, memory: type[Memory]) -> None:
        """Sampling does not put the reference's own values outside the bins."""
        whole = batch(20_000)
        plan = fit(memory(cut(whole, 9000)), Monitor(), sample_rows=300)
        (profile,) = count(plan, memory([whole]), Windowing()).profiles.values()
        place = plan.index("amount")
        bins = profile.bins(place)
        assert profile.extremes[place, 1] == max(value for value in whole.column("amount").to_pylist() if value is not None)
        assert bins[[0, 1, -2, -1]].tolist() == [0, 0, 0, 0]
        assert bins.sum() + profile.odd[place].sum() == 20_000

    def test_hints_decide(self, memory: type[Memory]) -> None:
        """Hinted roles, kinds and importance are in the plan; ignored columns are not."""
        hints = ColumnHints(
            roles={"country": Role.LABEL, "items": Role.IGNORED},
            kinds={"y_pred": Kind.CATEGORY, "note": Kind.CATEGORY},
            importance={"amount": 0.7},
        )
        plan = fit(memory([batch()]), Monitor(hints=hints))
        columns = {planned.name: planned.column for planned in plan.columns}
        assert "items" not in columns
        assert columns["country"].role is Role.LABEL
        assert columns["amount"].importance == 0.7
        assert columns["y_pred"].kind is columns["note"].kind is Kind.CATEGORY
        assert plan.columns[plan.index("y_pred")].bins in {LevelBins(("0", "1")), LevelBins(("1", "0"))}

    def test_ten_rows_are_enough_to_fit(self, memory: type[Memory]) -> None:
        """A tiny reference gives a plan; that it says little is for the verdict to tell."""
        plan = fit(memory([batch(10)]), Monitor())
        assert all(planned.width >= 1 for planned in plan.columns)

    def test_a_plan_survives_being_written(self, memory: type[Memory]) -> None:
        """What was fitted is the same after JSON."""
        plan = fit(memory([batch()]), Monitor())
        assert Plan.from_dict(plan.to_dict()).fingerprint == plan.fingerprint

    def test_no_rows_are_an_error(self, memory: type[Memory]) -> None:
        """An empty reference says nothing about anything."""
        with pytest.raises(DataError, match="the reference memory has no rows"):
            fit(memory([batch(0)]), Monitor())

    def test_a_hinted_column_that_is_not_there_is_guessed(self, memory: type[Memory]) -> None:
        """A misspelt column is named with the one that was meant."""
        with pytest.raises(SchemaMismatch, match="'amuont'"):
            fit(memory([batch(5)]), Monitor(hints=ColumnHints(features=("amuont",))))

    def test_tells_of_its_progress(self, memory: type[Memory]) -> None:
        """The rows done and all rows are told."""
        told: list[tuple[str, int, int | None]] = []
        fit(memory([batch(100)]), Monitor(), progress=lambda *what: told.append(what))
        assert told == [("fitting bins to memory", 100, 100)]


class TestTimes:
    @pytest.mark.parametrize(
        ("values", "kind", "role"),
        [
            (["2026-01-01", "2026-01-02", None], Kind.TIMESTAMP, Role.TIMESTAMP),
            (["morning", "evening", "noon"], Kind.CATEGORY, Role.FEATURE),
            ([1_700_000_000, 1_700_000_001, None], Kind.TIMESTAMP, Role.TIMESTAMP),
            ([17, 3, 12], Kind.NUMBER, Role.FEATURE),
            ([None, None, None], Kind.CATEGORY, Role.FEATURE),
        ],
        ids=str,
    )
    def test_a_column_called_a_time_must_read_as_one(self, memory: type[Memory], values: Any, kind: Kind, role: Role) -> None:
        """The name alone is not believed: the first values must be times."""
        array: Any = pa.array(values, pa.string()) if set(values) == {None} else pa.array(values)
        plan = fit(memory([pa.RecordBatch.from_pydict({"time": array, "x": [1, 2, 3]})]), Monitor())
        assert (plan.columns[0].column.kind, plan.columns[0].column.role) == (kind, role)

    def test_a_hint_is_believed(self, memory: type[Memory]) -> None:
        """Who says that a column is the time is taken at their word."""
        hints = ColumnHints(roles={"time": Role.TIMESTAMP})
        plan = fit(memory([pa.RecordBatch.from_pydict({"time": ["?", "!"]})]), Monitor(hints=hints, windowing=Windowing(Cadence.DAY)))
        assert plan.columns[0].column.role is Role.TIMESTAMP


def test_fewer_rows_are_kept_of_very_many_columns() -> None:
    """A profile of a thousand columns does not grow a thousandfold."""
    assert [kept_rows(columns) for columns in (1, 100, 400, 5000)] == [500, 500, 125, 50]
    assert math.isfinite(kept_rows(0))
