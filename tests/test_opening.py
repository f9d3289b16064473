from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.config.places import FilesPlace, KpiPlace
from driftline.errors import ConfigError
from driftline.opening import open_given, open_place, series

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_named_and_what_is_given_is_opened(tmp_path: Path) -> None:
    """A path in a specification, a path in Python, and a table are sources of the same rows."""
    place = tmp_path / "a.csv"
    place.write_text("x\n1\n2\n")
    named = open_place(FilesPlace((str(place),), "a"))
    assert [sum(batch.num_rows for batch in one.batches()) for one in (named, open_given(place, "b"), open_given({"x": [1, 2]}, "c"))] == [
        2,
        2,
        2,
    ]
    assert named.name == "a"


def test_no_files_are_counted_in_a_database(tmp_path: Path) -> None:
    """`--engine sql` needs a database."""
    with pytest.raises(ConfigError, match="is no database"):
        open_place(FilesPlace((str(tmp_path / "a.csv"),), "a"), "sql")


def test_a_series_is_read_from_its_place(tmp_path: Path) -> None:
    """Times and values of the columns that are named."""
    place = tmp_path / "kpi.csv"
    place.write_text("day,rate\n1970-01-02,0.5\n")
    found = series(KpiPlace("conversion", FilesPlace((str(place),), "kpi"), "day", "rate", "mean"))
    assert (found.name, found.times.tolist(), found.values.tolist()) == ("conversion", [86_400.0], [0.5])
