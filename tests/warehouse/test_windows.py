"""Windows and segments in SQL: their codes name what the splitter names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.engines import fit as fitting
from driftline.engines.clock import NO_TIME
from driftline.errors import ConfigError, SchemaMismatch
from driftline.monitor import Monitor
from driftline.sources.opening import open_source
from driftline.warehouse.dialect import dialect_of
from driftline.warehouse.windows import Groups, segment_code, window_code
from driftline.window import WHOLE, Cadence, Window, Windowing

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from driftline.warehouse.source import WarehouseSource


def test_a_group_without_keys_is_everything() -> None:
    """No window and no segment are the whole; a null window is rows without a time."""
    assert Groups(None, None, None, ()).key([7]) == ((None, WHOLE), [7])
    days = Groups("w", "s", [Window(0, "monday")], ["a=1"])
    assert days.key([0, 0, 7]) == (("a=1", Window(0, "monday")), [7])
    assert days.key([None, 0, 7]) == (("a=1", NO_TIME), [7])


def test_days_that_touch_share_an_edge(put: Callable[[pa.Table], WarehouseSource], make_rows: Callable[..., pa.Table]) -> None:
    """Five days in a row need six edges, and what lies outside them is in no window."""
    source = put(make_rows(500))
    with source.lanes() as lanes:
        code, windows = window_code(Windowing(Cadence.DAY), "ts", source, lanes)
    assert code is not None
    assert windows is not None
    assert [one.label for one in windows] == ["no time", *(f"2025-10-{day:02}" for day in range(9, 15)), "no time", "no time"]


def test_segments_need_levels_that_are_known(make_rows: Callable[..., pa.Table]) -> None:
    """Which values come first is not known in SQL; a column that is gone is told by name."""
    table = make_rows(500)
    plan, duck = fitting.fit(open_source(table), Monitor()), dialect_of("duckdb")
    code, names = segment_code("kind", plan, table.schema, duck)
    assert names[0] == "kind=a"
    assert names[-2:] == ["kind=other", "kind=null"]
    assert "''s" in code
    with pytest.raises(ConfigError, match="no levels of 'calm'"):
        segment_code("calm", plan, table.schema, duck)
    with pytest.raises(SchemaMismatch, match="no column 'kind'"):
        segment_code("kind", plan, table.schema.remove(table.schema.get_field_index("kind")), duck)
