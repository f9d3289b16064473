from __future__ import annotations

import pyarrow as pa
import pytest

from driftline.sources.typed import as_type
from driftline.sources.written import ambiguous, likely_form


@pytest.mark.parametrize(
    ("texts", "delimiter", "read"),
    [
        (["0,5", "12", "-1.234.567,25", " 3,0 "], ";", [0.5, 12.0, -1234567.25, 3.0]),
        (["0,5", "12,25"], ",", [0.5, 12.25]),
        (["1,234", "999", "-1,234,567"], ",", [1234, 999, -1234567]),
        (["1,234.5", "0.25"], ",", [1234.5, 0.25]),
        (["1,234", "0,5"], ";", [1.234, 0.5]),
        (["31.12.2026", "1.2.2026 7:05", None], ";", ["2026-12-31T00:00:00", "2026-02-01T07:05:00", None]),
        (["2026/12/31 23:59:01"], ",", ["2026-12-31T23:59:01"]),
        (["31/12/2026", "01/02/2026"], ",", ["2026-12-31T00:00:00", "2026-02-01T00:00:00"]),
        (["12/31/2026", "01/02/2026"], ",", ["2026-12-31T00:00:00", "2026-01-02T00:00:00"]),
    ],
)
def test_what_people_write_is_read(texts: list[str | None], delimiter: str, read: list[object]) -> None:
    """Decimal commas, grouped thousands and dates as people write them become numbers and instants."""
    found = likely_form(pa.array(texts), delimiter)
    assert found is not None
    form, kind = found
    said = [
        getattr(value, "isoformat", lambda value=value: value)() for value in as_type(form.plain(pa.array(texts)), kind).array.to_pylist()
    ]
    assert said == read


@pytest.mark.parametrize(
    "texts", [["1,2", "3,4,5"], ["a,b", "1,5"], ["1.2.3", "4.5.6"], ["32.12.2026"], ["1,23,456"], [None], ["01/02/2026"]]
)
def test_what_nobody_can_tell_stays_text(texts: list[str | None]) -> None:
    """Lists, versions, days that no month has, and dates that can be read both ways are left as they are."""
    assert likely_form(pa.array(texts, pa.string()), ",") is None


def test_dates_that_can_be_read_both_ways_are_known_as_such() -> None:
    """One that is told is an example; where one date settles the order, none is in doubt."""
    assert ambiguous(pa.array(["01/02/2026", "03/04/2026"])) == "01/02/2026"
    assert ambiguous(pa.array(["01/02/2026", "13/02/2026"])) is None
    assert ambiguous(pa.array([None], pa.string())) is None
