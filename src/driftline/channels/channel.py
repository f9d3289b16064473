"""What a channel is: something that brings one announcement to somebody, or says why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from driftline.alerting.announcement import Announcement

COLOURS = {"digest": "#6b7280", "look": "#2563eb", "retrain": "#d97706", "page": "#dc2626"}
"""A tier's colour, where a channel shows one."""

OVER = "#16a34a"
"""The colour of what is over."""


class Channel(Protocol):
    """A way out."""

    def send(self, announcement: Announcement) -> None:
        """Bring it there. Sending it twice must do no harm where the receiver can tell.

        Raises:
            OutsideError: not now; it may be tried again.
            DriftlineError: never.
        """
        ...


def colour(announcement: Announcement) -> str:
    """The colour of an announcement."""
    return OVER if announcement.over else COLOURS[announcement.tier]
