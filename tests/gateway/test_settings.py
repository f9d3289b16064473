"""What a gateway is told, and what it looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline import paper
from driftline.errors import ConfigError
from driftline.gateway.settings import Settings, Stored, share_of
from driftline.gateway.split import Share

if TYPE_CHECKING:
    from pathlib import Path


def test_settings_travel_as_text() -> None:
    """What is written is what is read."""
    settings = Settings(champion="http://a", challenger="http://b", versions=("1", "2"), entity="customer")
    assert Settings.read(settings.written()) == settings


def test_what_is_no_gateway_is_refused() -> None:
    """An address without a scheme and a patience of nothing."""
    with pytest.raises(ConfigError, match="no address"):
        Settings(champion="localhost:80")
    with pytest.raises(ConfigError, match="no time to answer"):
        Settings(champion="http://a", patience=0)


def test_the_state_is_read_when_it_changes(tmp_path: Path) -> None:
    """Weights follow the file; a spoilt file leaves them as they were, and says so."""
    path = tmp_path / "state.json"
    stored = Stored(str(path))
    assert not stored.look()
    assert stored.share == Share()
    paper.write(
        path, {"rollout": "r1", "step": 2, "weights": {"challenger": 0.25, "mirrored": False}, "servers": {"challenger": "http://c"}}
    )
    assert stored.look()
    assert not stored.look()
    assert stored.share == Share(rollout="r1", step=2, challenger=0.25)
    assert stored.servers == {"challenger": "http://c"}
    for spoilt in ("{", '{"weights": {"challenger": 7}}', '{"weights": 3}', '{"step": null}'):
        path.write_text(spoilt)
        assert not stored.look()
        assert "cannot be read" in stored.trouble
        assert stored.share.challenger == 0.25
    paper.write(path, {"weights": {"challenger": 0.5}})
    assert stored.look()
    assert (stored.share.challenger, stored.trouble) == (0.5, "")


def test_a_part_is_a_part() -> None:
    """More than all cannot be given away."""
    with pytest.raises(ValueError, match="part of 2"):
        share_of({"weights": {"challenger": 2}})
