from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines.series import read_series
from driftline.errors import DataError


def batch(**columns: object) -> pa.RecordBatch:
    """A batch of these columns."""
    return pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in columns.items()})  # type: ignore[arg-type]  # lists


def test_dates_texts_and_instants_are_read_alike() -> None:
    """A day is its midnight in UTC, and a number in a text is one; what cannot be read is unknown."""
    parts = [
        batch(day=[date(2026, 1, 2)], rate=[1]),
        batch(day=["2026-01-03", "soon"], rate=["2.5", "3"]),
        batch(day=[datetime(2026, 1, 4, 12)], rate=[None]),  # noqa: DTZ001  a time without a zone is what is read here
    ]
    found = read_series("conversion", parts, "day", "rate", "sum")
    day = datetime(2026, 1, 2).toordinal() - date(1970, 1, 1).toordinal()  # noqa: DTZ001  its number is all that counts
    assert found.times[:2].tolist() == [day * 86400.0, (day + 1) * 86400.0]
    assert np.isnan(found.times[2])
    assert found.values[:3].tolist() == [1.0, 2.5, 3.0]
    assert np.isnan(found.values[3])
    assert (found.name, found.of) == ("conversion", "sum")


def test_what_is_missing_is_said() -> None:
    """A column that is not there, with what was probably meant; and a series without a single value."""
    with pytest.raises(DataError, match="no column 'rates'") as missing:
        read_series("conversion", [batch(day=["2026-01-03"], rate=[1.0])], "day", "rates", "mean")
    assert "rate" in missing.value.hint
    with pytest.raises(DataError, match="no row of the series"):
        read_series("conversion", [batch(day=["soon"], rate=[1.0])], "day", "rate", "mean")
