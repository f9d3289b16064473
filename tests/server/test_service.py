"""The service, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.server.face import wall_clock
from driftline.server.service import DATABASE, open_service

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
