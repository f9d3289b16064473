"""Counting in SQL against counting here: the same bytes, and nothing but groups leaves the database."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from driftline import wiring
from driftline.config.specification import specify
from driftline.engines import count as local
from driftline.engines import fit as fitting
from driftline.errors import ConfigError
from driftline.monitor import ColumnHints, Monitor
from driftline.profile.plan import Plan
from driftline.profile.profile import Profile
from driftline.profile.sample import Sample
from driftline.schema import Role
from driftline.warehouse import count as there
from driftline.warehouse.source import WarehouseSource
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from driftline.ports import Source

    Put = Callable[[pa.Table], WarehouseSource]
    Read = Callable[[pa.Table], Source]
    Make = Callable[..., pa.Table]

WINDOWS = [
    Windowing(),
    Windowing(Cadence.DAY),
    Windowing(Cadence.DAY, timezone="America/New_York"),
    Windowing(Cadence.HOUR, timezone="Asia/Kolkata"),
    Windowing(Cadence.COLUMN, column="kind"),
]


def changed(table: pa.Table) -> pa.Table:
    """Every fiftieth row has a level that the reference never had."""
    kinds = [f"new{i % 70}" if i % 50 == 0 else value for i, value in enumerate(table["kind"].to_pylist())]
    return table.set_column(table.schema.get_field_index("kind"), "kind", pa.array(kinds))


def bare(profile: Profile) -> Profile:
    """A profile without what is not counted in SQL."""
    nothing = Sample(np.empty(0, np.uint64), np.empty((0, len(profile.plan.columns))))
    empty = Profile.empty(profile.plan)
    return replace(profile, registers=empty.registers, sample=nothing, outcome=empty.outcome)


def all_bare(profiles: Mapping[Any, Profile]) -> list[tuple[Any, Profile]]:
    """Likewise, in their order."""
    return [(key, bare(profile)) for key, profile in profiles.items()]


@pytest.fixture(scope="module")
def rows(make_rows: Make) -> pa.Table:
    """What is counted."""
    return changed(make_rows(4000, 1))


@pytest.mark.parametrize("windowing", WINDOWS, ids=str)
def test_counts_are_those_of_the_local_engine(put: Put, read: Read, make_rows: Make, rows: pa.Table, windowing: Windowing) -> None:
    """Bins, odd cells, exact sums, extremes, unseen levels, windows, segments and rows without a time are the same bytes."""
    hints = ColumnHints(segments=("few",) if windowing.cadence is Cadence.DAY else ())
    plan = fitting.fit(read(make_rows(2000)), Monitor(windowing=windowing, hints=hints))
    wanted = local.count(plan, read(rows), windowing, hints)
    found = there.count(plan, put(rows), windowing, hints)
    assert list(found.profiles.items()) == all_bare(wanted.profiles)
    assert list(found.untimed.items()) == all_bare(wanted.untimed)
    assert set(wanted.findings) <= set(found.findings)


def test_rows_are_counted_by_number(put: Put, read: Read, make_rows: Make, rows: pa.Table) -> None:
    """Windows of n rows hold n rows each; both databases give these rows in the order in which they came."""
    plan = fitting.fit(read(make_rows(2000)), Monitor())
    windowing = Windowing(Cadence.ROWS, rows=1500)
    found = there.count(plan, put(rows), windowing)
    assert [(window.label, profile.rows) for (_, window), profile in found.profiles.items()] == [
        ("rows 0-1499", 1500),
        ("rows 1500-2999", 1500),
        ("rows 3000-3999", 1000),
    ]
    whole = there.count(plan, put(rows), Windowing())
    first, *rest = found.profiles.values()
    assert [sum(rest, first)] == list(whole.profiles.values())


def test_columns_that_are_missing_or_of_another_type_are_counted_as_that(put: Put, read: Read, make_rows: Make, rows: pa.Table) -> None:
    """A missing column is absent in every row; texts where numbers are expected are of the wrong type, with a finding."""
    plan = fitting.fit(read(make_rows(2000)), Monitor())
    odd = rows.drop_columns(["atoms"]).set_column(rows.schema.get_field_index("calm"), "calm", pa.array(["x"] * rows.num_rows))
    found = there.count(plan, put(odd), Windowing())
    (profile,) = found.profiles.values()
    assert profile.odd[plan.index("atoms")].tolist() == [0, 0, 0, rows.num_rows]
    assert profile.odd[plan.index("calm")].tolist() == [0, 0, rows.num_rows, 0]
    assert any(finding.where == "calm" and "wrong type" in finding.what for finding in found.findings)


def test_an_empty_table_has_an_empty_window(put: Put, read: Read, make_rows: Make) -> None:
    """No rows are no profile, and no error."""
    plan = fitting.fit(read(make_rows(2000)), Monitor(windowing=Windowing(Cadence.DAY)))
    assert there.count(plan, put(make_rows(10).slice(0, 0)), Windowing(Cadence.DAY)).profiles == {}


class Watched(WarehouseSource):
    """A source that notes how many rows each statement gave."""

    def __init__(self, inner: WarehouseSource) -> None:
        self.__dict__.update(inner.__dict__)
        self.given: list[int] = []

    @contextmanager
    def lanes(self) -> Iterator[Any]:
        """Its connections, listened to."""
        with super().lanes() as lanes:
            outer = self

            class Ears:
                def ask(self, *statements: str) -> list[list[tuple[Any, ...]]]:
                    answers: list[list[tuple[Any, ...]]] = lanes.ask(*statements)
                    outer.given += map(len, answers)
                    return answers

            yield Ears()


def test_no_row_leaves_the_database(put: Put, read: Read, make_rows: Make) -> None:
    """What comes back grows with bins and not with rows: for ten times the rows hardly more."""
    plan = fitting.fit(read(make_rows(2000)), Monitor())
    given = []
    for many in (5000, 50_000):
        source = Watched(put(make_rows(many, 1)))
        there.count(plan, source, Windowing())
        given.append(sum(source.given))
    assert given[1] < 1.3 * given[0] < 1.3 * plan.width
    with pytest.raises(ConfigError, match="stay in the warehouse"):
        source.batches()


def test_a_flood_of_new_levels_is_counted_and_not_listed(put: Put, read: Read, make_rows: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that may be one for each row stay where they are."""
    monkeypatch.setattr(there, "MOST_UNSEEN", 5)
    plan = fitting.fit(read(make_rows(2000)), Monitor())
    found = there.count(plan, put(changed(make_rows(4000))), Windowing())
    (profile,) = found.profiles.values()
    assert profile.bins(plan.index("kind"))[-1] == 80
    assert profile.unseen[plan.index("kind")] == {}
    assert any("more than 5 values" in finding.what for finding in found.findings)


def test_what_sql_does_not_count_is_refused_or_told(put: Put, read: Read, make_rows: Make) -> None:
    """Conditions are refused; samples, distinct values and outcomes are left out with a finding."""
    roles = {"atoms": Role.SCORE, "flag": Role.LABEL}
    plan = fitting.fit(read(make_rows(2000)), Monitor(hints=ColumnHints(roles=roles)))
    source = put(make_rows(100))
    with pytest.raises(ConfigError, match="is a condition"):
        there.count(plan, source, Windowing(), ColumnHints(conditions={"big": "calm > 1"}))
    said = [finding.what for finding in there.count(Plan(plan.columns, outcome=plan.outcome), source, Windowing()).findings]
    assert "no sample of rows, and no estimate of distinct values" in said[0]


def test_a_check_of_a_database_says_what_a_check_of_its_rows_says(put: Put, read: Read, make_rows: Make, rows: pa.Table) -> None:
    """The same verdict for every column that needs no sample, window by window, against the same reference."""
    source = put(rows)
    monitor = Monitor(windowing=Windowing(Cadence.DAY))
    reports = [wiring.compare_sources(read(make_rows(2000)), current, monitor) for current in (source, read(rows))]
    here, local_one = ({(w.window.label, c.name): c.verdict for w in report.windows for c in w.columns} for report in reports)
    assert here == local_one


def test_files_are_no_database(tmp_path: Path) -> None:
    """`--engine sql` says what it counts in."""
    places = {"reference": str(tmp_path / "a.parquet"), "current": str(tmp_path / "b.parquet")}
    specification = specify({"monitor": "m", **places}, {}, name="test")
    with pytest.raises(ConfigError, match="is no database"):
        wiring.check(specification, engine="sql")
