"""What is written down of answers."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

from driftline.gateway import spool as module
from driftline.gateway.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_record_is_written_in_order(tmp_path: Path) -> None:
    """What was put is there when the spool is closed, one line each."""
    spool = Spool(tmp_path / "spool")
    for number in range(5000):
        spool.put({"number": number})
    spool.close()
    lines = [json.loads(line) for file in sorted((tmp_path / "spool").iterdir()) for line in file.read_text().splitlines()]
    assert [line["number"] for line in lines] == list(range(5000))
    assert (spool.written, spool.dropped) == (5000, 0)


def test_it_never_grows_beyond_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest files make room for the newest."""
    monkeypatch.setattr(module, "SEGMENT", 10_000)
    monkeypatch.setattr(module, "AT_ONCE", 10)
    spool = Spool(tmp_path, most=50_000)
    for number in range(3000):
        spool.put({"number": number, "text": "x" * 50})
    spool.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) > 2
    assert sum(file.stat().st_size for file in files) < 60_000
    assert json.loads(files[-1].read_text().splitlines()[-1])["number"] == 2999


def test_a_disk_that_fails_costs_records_and_nothing_else(tmp_path: Path) -> None:
    """Where nothing can be written, records are counted as dropped, and whoever puts them is not told off."""
    spool = Spool(tmp_path / "spool")
    (tmp_path / "spool").rmdir()
    (tmp_path / "spool").write_text("in the way")
    for number in range(10):
        spool.put({"number": number})
    spool.close()
    assert (spool.written, spool.dropped) == (0, 10)
    assert spool.trouble
    assert stat.S_ISREG((tmp_path / "spool").stat().st_mode)
