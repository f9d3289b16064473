"""Columns: which roles are looked at, and in which way."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from driftline.schema import JUDGED_ROLES, NUMERIC_KINDS, OPERATION_ROLES, WATCHED_ROLES, Column, Kind, Role


def test_every_role_is_judged_or_watched_or_ignored() -> None:
    """No role falls between: inputs and outputs are compared, ids and times watched, errors and latencies read as rates."""
    assert not JUDGED_ROLES & WATCHED_ROLES
    assert set(Role) - JUDGED_ROLES - WATCHED_ROLES - OPERATION_ROLES == {Role.IGNORED}


def test_numbers_and_times_are_ordered() -> None:
    """They have bins between edges; the rest is counted by level."""
    assert {Kind.NUMBER, Kind.TIMESTAMP} == NUMERIC_KINDS


def test_a_column_is_a_feature_unless_told() -> None:
    """The role most columns have need not be said; how much the model leans on it is unknown."""
    column = Column(name="x", kind=Kind.NUMBER)
    assert (column.role, column.importance) == (Role.FEATURE, None)
    with pytest.raises(FrozenInstanceError):
        column.name = "y"  # type: ignore[misc]  # the point of the test
