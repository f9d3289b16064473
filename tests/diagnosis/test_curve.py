"""Distribution functions from bins: against the rows they were counted from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.diagnosis.curve import masses

if TYPE_CHECKING:
    from conftest import Clinic

    from driftline.diagnosis.curve import Curve


@pytest.fixture(scope="module")
def curves(clinic: Clinic) -> tuple[Curve, Curve]:
    """The amounts of the reference and of a day in cents, which lie in a single bin."""
    day = clinic.day(1)
    look = clinic.look("amount", day | {"amount": day["amount"] * 1000})[1]
    assert look.curves is not None
    return look.curves


def test_it_is_the_share_of_rows_up_to_a_value(clinic: Clinic, curves: tuple[Curve, Curve]) -> None:
    """Within a bin's own share it agrees with the rows, at every value and every quantile."""
    x = clinic.reference["amount"]
    at = np.quantile(x, [0.05, 0.3, 0.5, 0.9])
    assert curves[0].at(at) == pytest.approx([(x <= a).mean() for a in at], abs=0.01)
    assert curves[0].quantile(np.array([0.1, 0.5, 0.9])) == pytest.approx(np.quantile(x, [0.1, 0.5, 0.9]), rel=0.02)


def test_a_wide_bin_is_filled_as_the_sample_says(clinic: Clinic, curves: tuple[Curve, Curve]) -> None:
    """Where all rows lie in one bin, sampled rows tell how they are spread, and the doubt says so."""
    x = clinic.day(1)["amount"] * 1000
    assert len(curves[1].wide)
    assert curves[1].quantile(np.array([0.25, 0.5, 0.75])) == pytest.approx(np.quantile(x, [0.25, 0.5, 0.75]), rel=0.12)
    assert curves[1].doubt(np.median(x, keepdims=True))[0] > 0
    assert curves[0].doubt(np.array([20.0]))[0] == 0


@pytest.mark.parametrize(("factor", "offset"), [(2.0, 0.0), (-1.0, 0.0), (1.8, 32.0), (-0.5, 7.0)])
def test_it_moves_as_its_values_do(curves: tuple[Curve, Curve], factor: float, offset: float) -> None:
    """The median of a·x + b is a times the median plus b, and moving back gives the same curve again."""
    drawn = curves[0]
    moved = drawn.moved(factor, offset)
    assert moved.quantile(np.array([0.5])) == pytest.approx(factor * drawn.quantile(np.array([0.5])) + offset, rel=1e-6)
    assert moved.moved(1 / factor, -offset / factor).x == pytest.approx(drawn.x)


def test_groups_hold_all_rows(curves: tuple[Curve, Curve]) -> None:
    """The groups between cuts add up to one, each about a twentieth of the reference."""
    cuts = curves[0].cuts()
    assert (np.diff(cuts) > 0).all()
    assert masses(curves[0], cuts) == pytest.approx(np.full(cuts.size + 1, 1 / 20), abs=0.01)
    assert masses(curves[1], cuts).sum() == pytest.approx(1.0)


def test_a_frequent_value_is_a_group_of_its_own(clinic: Clinic) -> None:
    """A value with a quarter of the rows has a group that holds just them."""
    day = clinic.day(2)
    amount = np.where(np.arange(3000) % 4 == 0, 9.99, day["amount"])
    look = clinic.look("amount", day | {"amount": amount})[1]
    assert look.curves is not None
    now = look.curves[1]
    assert 9.99 in now.atoms
    assert masses(now, now.cuts()).max() == pytest.approx((amount == 9.99).mean(), abs=0.01)


def test_cuts_move_to_where_counts_are_exact(clinic: Clinic, curves: tuple[Curve, Curve]) -> None:
    """Snapped cuts are edges of bins."""
    edges = clinic.look("amount", clinic.day(1))[1].planned.bins.array
    assert np.isin(curves[0].snapped(np.array([10.1, 20.2, 50.3]), edges), edges).all()
