"""What is there before the rehearsal begins."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from driftline.errors import ConfigError
from driftline.rehearsal import stage

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 21)


def test_a_stream_ends_before_today() -> None:
    """No simulated step begins after the machine's date, for the gateway's records bear that."""
    for day in range(1, 15):
        config = stage.stream(0, date(2027, 1, day), 1000)
        assert config.start.weekday() == 0
        assert config.date_of(stage.DAYS) < date(2027, 1, day)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """What no rehearsal wrote is not removed."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="that no rehearsal wrote"):
        stage.build(tmp_path, stage.stream(0, TODAY, 1000))
    assert (tmp_path / "thesis.txt").exists()
