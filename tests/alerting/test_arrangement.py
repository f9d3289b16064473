"""What is arranged where nobody says anything."""

from __future__ import annotations

from driftline.alerting.arrangement import Arrangement


def test_nobody_has_to_arrange_anything() -> None:
    """Verdicts speak by themselves, at once, and are over after two calm windows."""
    made = Arrangement()
    assert made.book.defaults
    assert made.book.rules == ()
    assert (made.patience.fires_after, made.patience.resolves_after) == (1, 2)
