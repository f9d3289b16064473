"""The tables of decisions: one row a time that something was decided, one training a decision."""

from __future__ import annotations

from driftline.store.decided import decisions, trainings


def test_nothing_is_decided_or_trained_twice() -> None:
    """A window's decisions are numbered, and a decision leads to one training at most."""
    unique = {tuple(one.columns.keys()) for table in (decisions, trainings) for one in table.constraints if one.name}
    assert {("window_id", "number"), ("decision_id",)} <= unique
