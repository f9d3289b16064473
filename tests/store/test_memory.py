"""What is remembered between two checks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from driftline.alerting.announcement import example
from driftline.alerting.incident import Talk
from driftline.alerting.signals import Tier
from driftline.errors import DataError, OutsideError
from driftline.store.memory import Memory, keep, recall

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE = example("m", "w")
MEMORY = Memory(
    {"w": Talk(Tier.PAGE, NOW, NOW, 3, escalated=True), "v": Talk(over=True)}, (("a", ONE), ("b", ONE)), {("#ml", "m/w"): "17.1"}
)


def test_what_is_kept_is_recalled(tmp_path: Path) -> None:
    """Every field; nothing is remembered before anything was; nothing else lies about."""
    path = tmp_path / "new" / "told.json"
    assert recall(path) == Memory()
    keep(path, MEMORY)
    assert recall(path) == MEMORY
    assert [one.name for one in path.parent.iterdir()] == ["told.json"]


def test_what_arrived_is_crossed_out() -> None:
    """For its channel alone."""
    assert MEMORY.without("a", ONE).waiting == (("b", ONE),)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"talks": {"w": {"tier": "x"}}, "waiting": []}', '{"talks": [], "waiting": []}'])
def test_what_is_no_memory_is_told(tmp_path: Path, text: str) -> None:
    """With what to do."""
    (tmp_path / "told.json").write_text(text)
    with pytest.raises(DataError, match="is not a memory"):
        recall(tmp_path / "told.json")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """The world is at fault."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideError, match="cannot be written"):
        keep(tmp_path / "file" / "told.json", MEMORY)
