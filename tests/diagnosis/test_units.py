"""Units in use, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.diagnosis.units import FACTORS, OFFSETS, grid, in_use

if TYPE_CHECKING:
    from conftest import Clinic


def test_every_unit_has_its_way_back() -> None:
    """There and back a value is what it was."""
    units = in_use()
    half = len(FACTORS) + len(OFFSETS)
    for there, back in zip(units[:half], units[half:], strict=True):
        assert back.factor * (there.factor * 7.0 + there.offset) + back.offset == pytest.approx(7.0)
        assert there.words in back.words


def test_a_column_in_another_unit_has_all_its_rows(clinic: Clinic) -> None:
    """Shares of base, window and of the base in another unit add up to one; a category has none."""
    for unit in in_use()[::7]:
        drawn = grid(clinic.look("amount", clinic.day(5))[1], unit)
        assert drawn is not None
        both, expected = drawn
        assert both.base.sum() == pytest.approx(1) == both.now.sum() == expected.sum()
    assert grid(clinic.look("city", clinic.day(5))[1], in_use()[0]) is None
