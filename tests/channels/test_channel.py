"""What channels share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.alerting.announcement import TIERS
from driftline.channels.channel import COLOURS, OVER, colour

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement


def test_every_tier_has_its_colour(announcement: Announcement) -> None:
    """And what is over is green, whatever it was."""
    assert set(COLOURS) == set(TIERS)
    assert colour(announcement) == COLOURS["page"]
    assert colour(replace(announcement, news="resolved")) == OVER
