"""Profiles as bytes in a database: exactly what they were, or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.errors import PlanMismatch, UnreadableData
from driftline.profile.profile import Profile
from driftline.store.pressed import press, unpress

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.store.shelf import Shelf


def test_what_is_pressed_comes_back_to_the_last_bit(shelf: Shelf) -> None:
    """Also the profile of no rows; and the bytes of equal profiles are equal."""
    for profile in (*(profile for _, _, profile in shelf.entries), Profile.empty(shelf.plan)):
        assert unpress(press(profile), shelf.plan) == profile
        assert press(unpress(press(profile), shelf.plan)) == press(profile)


def test_another_plan_is_refused(shelf: Shelf, make_shelf: Callable[..., Shelf]) -> None:
    """Counts of other bins would be nonsense."""
    with pytest.raises(PlanMismatch):
        unpress(press(shelf.entries[0][2]), make_shelf(1).plan)


def test_damage_shows(shelf: Shelf) -> None:
    """A byte that is another, or a part that is missing, is an error and never another profile."""
    body = press(shelf.entries[0][2])
    for place in range(0, len(body), max(1, len(body) // 60)):
        damaged = bytearray(body)
        damaged[place] ^= 0x55
        with pytest.raises(UnreadableData, match="damaged"):
            unpress(bytes(damaged), shelf.plan)
    for cut in (body[: len(body) // 2], b""):
        with pytest.raises(UnreadableData, match="damaged"):
            unpress(cut, shelf.plan)
