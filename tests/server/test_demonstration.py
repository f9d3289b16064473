from __future__ import annotations

from typing import Any

import pytest

from driftline.server.demonstration import NAME, Demonstration
from driftline.server.face import wall_clock


@pytest.mark.slow
def test_the_demo_is_watched_and_judged(small: Any) -> None:
    """Simulated days come in with their labels, every window is judged, and loading it is in the trail."""
    maker = Demonstration(small.service, small.intake, wall_clock, days=9, rows=400)
    thread = maker.start("anna")
    assert thread is not None
    assert maker.start("anna") is None
    thread.join(120)
    assert maker.state == ""
    small.round()
    watched = small.service.fleet.find(NAME)
    found = small.service.gallery.history(NAME, watched.id, 100)
    assert found is not None
    assert len(found.windows) == 9
    assert any(metric["value"] is not None for glance in found.glances for metric in glance["parts"][0]["performance"])
    assert "demo.load" in {one["action"] for one in small.service.board.trail(before=None, limit=10)}


def test_what_goes_wrong_is_said(small: Any) -> None:
    """A demo that cannot be made leaves its reason, and may be tried again."""
    maker = Demonstration(small.service, small.intake, wall_clock, days=0)
    for _ in range(2):
        thread = maker.start("anna")
        assert thread is not None
        thread.join(30)
        assert "days cannot be 0" in maker.state
