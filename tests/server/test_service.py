"""The service, put together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import OutsideError
from driftline.server.erasing import erase
from driftline.server.face import wall_clock
from driftline.server.service import DATABASE, open_service
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.services.intake import Kind, sort_rows
from driftline.sources.places import bucket
from driftline.store.depot import Bucket
from driftline.store.intake import FILE_ROWS, Delivery, Intake

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_lies_in_one_directory(tmp_path: Path) -> None:
    """Where no database is named; opened again, it is as it was."""
    data = tmp_path / "a" / "data"
    service = open_service(data)
    service.watch("monitor: m\nreference: r.parquet\n", str(tmp_path), wall_clock(), actor="me")
    service.close()
    assert (data / DATABASE).exists()
    assert open_service(data).fleet.find("m").version == 1


def test_a_directory_of_yaml_files_is_a_fleet(tmp_path: Path) -> None:
    """One monitor a file, called as it says or as the file is called; what is wrong is told, and keeps no other out."""
    service = open_service(tmp_path / "data")
    (tmp_path / "one.yaml").write_text("reference: r.parquet\n")
    (tmp_path / "two.yml").write_text("monitor: second\nreference: r.parquet\n")
    (tmp_path / "wrong.yaml").write_text("referense: r.parquet\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe")
    wrong = service.watch_directory(tmp_path, wall_clock(), actor="me")
    assert [one.name for one in service.fleet.page()] == ["one", "second"]
    assert len(wrong) == 2
    (tmp_path / "one.yaml").write_text("reference: other.parquet\n")
    service.watch_directory(tmp_path, wall_clock(), actor="me")
    assert [(one.name, one.version) for one in service.fleet.page()] == [("one", 2), ("second", 1)]


def test_a_thousand_monitors(tmp_path: Path) -> None:
    """Are listed, and found wanting or not, at once."""
    service = open_service(tmp_path / "data")
    for number in range(1000):
        service.fleet.put(f"m{number:04}", "reference: r.parquet\n", "/", wall_clock(), actor="me")
    assert len(service.fleet.page(limit=1000)) == 1000
    assert service.board.counts()["monitors"] == 1000


def test_rows_lie_in_an_object_store(
    object_store: Any, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Any
) -> None:
    """A large batch is accepted when the store has it; windows are judged from there; while the store is away nothing is accepted."""
    monkeypatch.chdir(tmp_path)
    service = open_service(object_store.bucket("company") + "/driftline")
    yaml = f"monitor: churn\ntask: binary\nreference: {reference}\nwindow: hour\n"
    watched = service.watch(yaml + "columns: {id: id, timestamp: ts, score: score, label: left}\n", "/", wall_clock(), actor="me")
    intake = Intake(service.database, service.rows)
    rows = sort_rows(rows_of(0, FILE_ROWS), Kind.PREDICTIONS, service.library.naming(watched), wall_clock()).rows

    def sent(batch: str) -> int:
        one = Delivery(watched.id, watched.name, Kind.PREDICTIONS, batch, batch, rows, (), wall_clock())
        return intake.submit(one).result(30).rows

    assert sent("first") == FILE_ROWS
    system, prefix = bucket("s3://company/driftline")
    (kept,) = Bucket(system, prefix, "s3://company/driftline").written("predictions")
    assert "model=churn" in kept[0]
    pace = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
    assert Worker(service, pace, wall_clock, threads=1).round().failed == []
    assert sum(one["rows"] for one in service.board.windows(watched.id, before=None, limit=1000)) == FILE_ROWS
    object_store.stop()
    with pytest.raises(OutsideError):
        sent("second")
    assert sum(one["rows"] for one in service.board.windows(watched.id, before=None, limit=1000)) == FILE_ROWS
    intake.close()
    service.close()


def test_no_object_is_written_twice(
    object_store: Any, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Any
) -> None:
    """Two services take in, gather, judge and erase beside one another: the bucket has kept every version, and each object had one."""
    store = pytest.importorskip("boto3", reason="boto3 is not installed").client("s3", endpoint_url=object_store.endpoint)
    monkeypatch.chdir(tmp_path)
    url = object_store.bucket("versioned") + "/driftline"
    store.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    yaml = f"monitor: churn\nreference: {reference}\nwindow: hour\ncolumns: {{id: id, timestamp: ts}}\n"
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(sent_and_judged, url, yaml, rows_of), range(2)))
    versions = store.list_object_versions(Bucket="versioned")["Versions"]
    # Arrow marks a folder whose last file it deletes, with an object of no bytes.
    keys = [one["Key"] for one in versions if not one["Key"].endswith("/")]
    assert len(keys) == len(set(keys)) >= 4


def sent_and_judged(url: str, yaml: str, rows_of: Any, place: int) -> None:
    """A service of its own, as on another machine."""
    service = open_service(url)
    watched = service.watch(yaml, "/", wall_clock(), actor="me")
    intake, names = Intake(service.database, service.rows), service.library.naming(watched)
    for many in (60, FILE_ROWS):
        rows = sort_rows(rows_of(FILE_ROWS * place, many, minutes=0.01), Kind.PREDICTIONS, names, wall_clock()).rows
        name = f"{place} {many}"
        intake.submit(Delivery(watched.id, watched.name, Kind.PREDICTIONS, name, name, rows, (), wall_clock())).result(30)
    Worker(service, Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0)), wall_clock, threads=1).round()
    erase(service, watched, wall_clock, ids={f"p{FILE_ROWS * place + 7}"}, before=None, actor="me")
    intake.close()
    service.close()
