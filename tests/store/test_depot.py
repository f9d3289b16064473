"""Depots: what was put is there, whole, and what is gone is told; on a disk and in an object store alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from driftline.errors import OutsideError
from driftline.sources.places import bucket
from driftline.store.depot import Bucket, Depot, Folder, named

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pa.table({"id": ["a", "b"], "x": [1.5, None]})


@pytest.fixture(params=["folder", "bucket"])
def depot(request: pytest.FixtureRequest, tmp_path: Path) -> Depot:
    """Each kind of depot, empty."""
    if request.param == "folder":
        return Folder(tmp_path)
    system, prefix = bucket(request.getfixturevalue("object_store").bucket("rows") + "/team/models")
    return Bucket(system, prefix, "s3://rows/team/models")


def test_what_was_put_comes_back_and_goes(depot: Depot) -> None:
    """Files are read as they were written, listed with their time, and removed as often as one likes."""
    place = f"predictions/model=m%20n/day=2026-01-05/{named()}"
    depot.put(TABLE, place, ["id"])
    with depot.open(place) as file:
        assert file.read().equals(TABLE)
    ((found, at),) = depot.written("predictions")
    assert found == place
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert list(depot.written("labels")) == []
    for _ in range(2):
        depot.remove([place])
    assert list(depot.written("predictions")) == []


def test_what_is_gone_is_told(depot: Depot) -> None:
    """A file that the database knows and nobody has is the world's fault."""
    with pytest.raises(OutsideError, match="is gone"), depot.open("predictions/a.parquet"):
        pass


def test_a_store_that_is_away_takes_nothing(object_store: Any) -> None:
    """Nothing is acknowledged that the store has not."""
    system, prefix = bucket(object_store.bucket("rows"))
    away = Bucket(system, prefix, "s3://rows")
    object_store.stop()
    with pytest.raises(OutsideError, match="cannot be written"):
        away.put(TABLE, "predictions/a.parquet", [])
    with pytest.raises(OutsideError, match="does not answer"):
        list(away.written("predictions"))


def test_no_two_files_have_one_name() -> None:
    """Workers that write at once never write one file."""
    assert len({named() for _ in range(1000)}) == 1000
