"""What may be run for a monitor: tests/server/test_trainer.py shows the rest with real programs."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.errors import StateError
from driftline.server.face import wall_clock
from driftline.server.releasing import trusted, with_labels, with_rows


def test_only_yaml_that_lay_here_is_trusted(small: Any) -> None:
    """What came over HTTP may say what it likes: nothing of it is run."""
    assert trusted(small.service, small.watched).monitor.name == "churn"
    sent = small.service.watch(small.watched.yaml, str(small.service.uploads), wall_clock(), actor="test")
    for ask in (trusted, lambda *known: with_rows(*known, 1, wall_clock()), lambda *known: with_labels(*known, wall_clock())):
        with pytest.raises(StateError, match="came over HTTP"):
            ask(small.service, sent)
