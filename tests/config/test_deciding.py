"""What may be written about decisions, and what it means."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from driftline.config.specification import specify
from driftline.decisions.decision import Action, Consent
from driftline.decisions.terms import Blackout, Quiet, Schedule, Terms
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from driftline.monitor import Monitor

DAY = timedelta(days=1)


def monitor(**decisions: Any) -> Monitor:
    """The monitor that these settings describe."""
    window = {"every": "day", "timezone": "Europe/Berlin"}
    return specify({"reference": "r", "columns": {"timestamp": "ts"}, "window": window, "decisions": decisions}, {}).monitor


def test_all_that_can_be_said_is_heard() -> None:
    """Every setting reaches the terms; days are days of the windows' time zone."""
    found = monitor(
        retrain="on_drift or weekly", cool_down="3 days", budget="2 in 4 weeks", quiet_hours="22:00 to 07:00",
        blackout=["2026-11-25 to 2026-11-30", "2026-12-24"], actions={"retrain": "automatic"}, enough_labels=80, patience="2 weeks",
        cost=40.0, horizon="10 days", fallback="rules", remedies=["platt"], sampling={"loss": "since the change", "schedule": "sliding"},
        trained="2026-02-01", deployed="2026-02-03T12:00:00+01:00", previous_model=True,
    )  # fmt: skip
    terms = found.terms
    assert (terms.on_drift, terms.schedule, terms.cool_down, terms.budget, terms.period) == (True, Schedule.WEEKLY, 3 * DAY, 2, 28 * DAY)
    assert (terms.sampling, terms.scheduled) == ("since the change", "sliding")
    assert (terms.quiet, terms.timezone) == (Quiet(time(22), time(7)), "Europe/Berlin")
    assert terms.blackouts[0] == Blackout(datetime(2026, 11, 24, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC))
    assert terms.blackouts[1].end - terms.blackouts[1].start == DAY
    assert (terms.consents[Action.RETRAIN], terms.consents[Action.ROLL_BACK]) == (Consent.AUTOMATIC, Consent.ASK)
    assert (terms.enough, terms.patience, terms.cost, terms.horizon, terms.fallback) == (80, 14 * DAY, 40.0, 10 * DAY, "rules")
    assert terms.remedies == ("platt",)
    assert found.past.trained == datetime(2026, 2, 1, tzinfo=UTC)
    assert found.past.deployed == datetime(2026, 2, 3, 11, tzinfo=UTC)
    assert found.past.previous


def test_what_is_not_said_is_as_usual() -> None:
    """An empty section, and none, mean the usual terms."""
    assert monitor().terms == Terms(timezone="Europe/Berlin")
    assert specify({"reference": "r"}, {}).monitor.terms == Terms()


@pytest.mark.parametrize(
    ("said", "meant"),
 [
        ("never", (False, Schedule.NEVER)),
        ("on_drift", (True, Schedule.NEVER)),
        ("weekly", (False, Schedule.WEEKLY)),
        ("monthly or on_drift", (True, Schedule.MONTHLY)),
    ],
)  # fmt: skip
def test_reasons_to_retrain_are_words(said: str, meant: tuple[bool, Schedule]) -> None:
    """Drift, a calendar, both or neither."""
    terms = monitor(retrain=said).terms
    assert (terms.on_drift, terms.schedule) == meant


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        ({"retrain": "sometimes"}, "'sometimes' is no reason to retrain"),
        ({"retrain": "weekly or monthly"}, "is no reason to retrain"),
        ({"retrain": "on_drift or never"}, "is no reason to retrain"),
        ({"cool_down": "3 windows"}, "is no length of time"),
        ({"budget": "2 per month"}, "is no budget"),
        ({"budget": "2 in a month"}, "is no length of time"),
        ({"quiet_hours": "22 till 7"}, "are no hours"),
        ({"quiet_hours": "07:00 to 07:00"}, "are no hours"),
        ({"blackout": ["2026-02-30"]}, "are no days"),
        ({"blackout": ["2026-03-02 to 2026-03-01"]}, "ends before it begins"),
        ({"trained": "last week"}, "is no day"),
        ({"actions": {"panic": "ask"}}, "panic"),
        ({"cost": -1.0}, "at least 0"),
    ],
)
def test_what_makes_no_sense_is_told_by_name(wrong: dict[str, Any], fact: str) -> None:
    """A mistake says what was written and what to write instead."""
    with pytest.raises(ConfigError, match=fact) as told:
        monitor(**wrong)
    assert told.value.hint
