"""A monitor: what holds where nothing is said."""

from __future__ import annotations

from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Role, Task
from driftline.verdicts.policy import Policy
from driftline.window import Cadence


def test_a_monitor_needs_nothing() -> None:
    """Without a word it watches data alone, as a whole, with the usual promise."""
    monitor = Monitor()
    assert (monitor.task, monitor.windowing.cadence, monitor.policy) == (Task.NONE, Cadence.WHOLE, Policy())
    assert monitor.hints == ColumnHints()


def test_a_role_is_found_by_who_has_it() -> None:
    """The first column that was given a role, or None."""
    hints = ColumnHints(roles={"a": Role.SCORE, "ts": Role.TIMESTAMP, "b": Role.SCORE})
    assert hints.named(Role.TIMESTAMP) == "ts"
    assert hints.named(Role.SCORE) == "a"
    assert hints.named(Role.LABEL) is None


def test_what_is_said_of_one_monitor_is_not_said_of_another() -> None:
    """Defaults are not shared: each has mappings of its own."""
    assert ColumnHints().roles is not ColumnHints().roles
    assert ColumnHints().features is None
