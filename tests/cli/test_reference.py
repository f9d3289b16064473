"""What the reference shows, counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from driftline.cli.main import Session
from driftline.cli.reference import look

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_all_rows_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the reference is kept, its blocks are added; secrets of the place are learnt."""
    pq.write_table(pa.table({"x": [float(i) for i in range(500)]}), tmp_path / "a.parquet")
    monkeypatch.setenv("PLACE_OF_DATA", str(tmp_path))
    session = Session()
    found = look({"reference": "${PLACE_OF_DATA}/a.parquet"}, session, None)
    assert (found.rows, found.plan.names) == (500, ("x",))
    assert [secret.name for secret in session.secrets] == ["PLACE_OF_DATA"]
