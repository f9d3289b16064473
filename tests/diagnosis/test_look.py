"""One column in one window, as signatures look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from conftest import Clinic


def test_a_number_has_curves_and_a_category_has_levels(clinic: Clinic) -> None:
    """Each kind is looked at in its own way."""
    case = clinic.case(clinic.day(1))
    amount, country = (case.looks[case.plan.index(name)][0] for name in ("amount", "country"))
    assert amount.curves is not None
    assert amount.levels == ()
    assert country.curves is None
    assert set(country.levels) == {"DE", "FR", "IT", "ES", "PT"}


def test_rows_up_to_each_bin_are_known_by_block(clinic: Clinic) -> None:
    """Differences of the running sums are the blocks' own counts."""
    look = clinic.look("amount", clinic.day(1))[1]
    assert (np.diff(look.upto, axis=1) == look.blocks).all()
    assert look.upto[:, -1].sum() == look.base.held == 12_000


def test_without_values_there_is_no_curve(clinic: Clinic) -> None:
    """A column that is empty in the window has nothing to draw."""
    day = clinic.day(1)
    look = clinic.look("amount", day | {"amount": np.full(3000, None)})[1]
    assert look.curves is None
