"""What a monitor promises, in numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.verdicts.evidence import NAMES
from driftline.verdicts.policy import DEFAULT_FLOORS, Budget, Policy


@pytest.mark.parametrize(
    ("length", "share"),
    [(timedelta(days=1), 1 / 30), (timedelta(hours=1), 1 / 720), (timedelta(weeks=1), 7 / 30), (timedelta(days=30), 0.25), (None, 1 / 50)],
)
def test_one_window_spends_its_share_of_the_budget(length: timedelta | None, share: float) -> None:
    """One alarm in 30 days is spread over the windows of 30 days, or over `windows` where time is not known; a quarter at most."""
    assert Budget(windows=50).per_window(length) == pytest.approx(share)


@given(
    st.floats(0.01, 1000), st.timedeltas(timedelta(hours=1), timedelta(days=400)), st.timedeltas(timedelta(minutes=1), timedelta(days=400))
)
def test_no_budget_is_overspent(alarms: float, period: timedelta, length: timedelta) -> None:
    """All windows of a period together may raise no more alarms than were granted, and none is more likely wrong than one in four."""
    share = Budget(alarms=alarms, period=period).per_window(length)
    assert 0 < share <= 0.25
    assert share * (period / length) <= alarms * (1 + 1e-9)


@pytest.mark.parametrize(
    "wrong",
    [lambda: Budget(alarms=0), lambda: Budget(alarms=-1), lambda: Budget(period=timedelta(0)), lambda: Budget(windows=0)],
)
def test_an_empty_promise_is_refused(wrong: type[Budget]) -> None:
    """No alarms, no time or no windows is a mistake of whoever wrote the configuration."""
    with pytest.raises(ConfigError, match="promises nothing"):
        wrong()


def test_a_columns_own_floor_beats_the_monitors_which_beats_the_default() -> None:
    """The nearest word counts; what nobody speaks of keeps its default."""
    policy = Policy(floors={"psi": 0.2}, column_floors={"amount": {"psi": 0.4}})
    assert [policy.floor(column, "psi") for column in ("amount", "country")] == [0.4, 0.2]
    assert policy.floor("amount", "shift") == DEFAULT_FLOORS["shift"]


def test_every_judged_facet_has_a_floor() -> None:
    """A facet without a default floor could not be judged."""
    assert set(DEFAULT_FLOORS) == set(NAMES)
