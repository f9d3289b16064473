"""Which columns are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.profile.plan import Planned
from driftline.profile.profile import Odd
from driftline.schema import OPERATION_ROLES, Column, Kind, Role
from driftline.verdicts.comparison import COMPARED_KINDS, judged_columns

if TYPE_CHECKING:
    from conftest import Workshop


def of_role(role: Role) -> Planned:
    """A column of that role."""
    return Planned(Column(name=role.value, kind=Kind.CATEGORY, role=role), None)


def test_all_but_the_ignored_are_judged(workshop: Workshop) -> None:
    """Every role is compared or watched, in the plan's order, save what was set aside and what tells of the service."""
    roles = list(Role)
    _, comparison = workshop.blank([of_role(role) for role in roles])
    assert [roles[i] for i in judged_columns(comparison)] == [
        role for role in roles if role is not Role.IGNORED and role not in OPERATION_ROLES
    ]


@pytest.mark.parametrize(("absent", "judged"), [([10, 10], False), ([10, 9], True), ([0, 10], True), ([0, 0], True)])
def test_a_label_that_never_came_is_not_judged(workshop: Workshop, absent: list[int], judged: bool) -> None:  # noqa: FBT001  a cell
    """Labels come late: one that no window has is no fault; one that some have is judged in all."""
    _, comparison = workshop.blank([of_role(Role.FEATURE), of_role(Role.LABEL)], rows=[10, 10])
    for window, rows in zip(comparison.windows, absent, strict=True):
        window.odd[:, Odd.ABSENT] = rows
    assert judged_columns(comparison) == ((0, 1) if judged else (0,))


def test_the_plan_is_the_references(workshop: Workshop) -> None:
    """All profiles of a comparison were counted by one plan."""
    comparison = workshop.compare({"x": np.arange(40.0)}, {"x": np.arange(5.0)})
    assert {p.plan.fingerprint for p in (*comparison.blocks, *comparison.windows)} == {comparison.plan.fingerprint}


def test_only_values_with_a_distribution_are_compared() -> None:
    """Free text, instants and what we cannot read are checked for presence only."""
    assert set(Kind) - COMPARED_KINDS == {Kind.TEXT, Kind.TIMESTAMP, Kind.UNSUPPORTED}
