"""The document in the domain's terms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from driftline.config import domain
from driftline.config.document import Document
from driftline.schema import Kind, Role, Task
from driftline.verdicts.policy import DEFAULT_FLOORS, Against, Budget, HandSet, Limit, Policy
from driftline.window import Cadence, Windowing


def monitor(**settings: Any) -> Any:
    """The monitor of a document with these settings."""
    return domain.monitor(Document.model_validate({"reference": "a.parquet", **settings}))


def test_a_small_file_is_enough() -> None:
    """With nothing but a reference, everything is as the domain has it."""
    found = monitor()
    assert (found.name, found.task, found.windowing, found.policy) == ("monitor", Task.NONE, Windowing(), Policy())


def test_columns_are_asked_about_together_where_somebody_says_how() -> None:
    """Without the setting nobody asks; another measure is refused."""
    assert monitor().policy.together is None
    assert monitor(together="mmd").policy.together == "mmd"
    with pytest.raises(ValueError, match="together"):
        monitor(together="mdm")


def test_hints_are_what_was_said_of_columns() -> None:
    """Roles, kinds, importance, features, segments and conditions arrive as they were written."""
    hints = monitor(
        columns={
            "timestamp": "ts", "id": "id", "prediction": "p", "score": ["s1", "s2"], "label": "y", "ignore": ["x"],
            "features": ["a", "b"], "kinds": {"zip": "category"}, "importance": {"a": 0.5},
        },
        segments=["country", {"large": "amount > 1000", "small": "amount < 10"}],
    ).hints  # fmt: skip
    assert dict(hints.roles) == {
        "ts": Role.TIMESTAMP, "id": Role.ID, "p": Role.PREDICTION, "s1": Role.SCORE, "s2": Role.SCORE, "y": Role.LABEL, "x": Role.IGNORED,
    }  # fmt: skip
    assert (hints.features, hints.kinds, hints.importance) == (("a", "b"), {"zip": Kind.CATEGORY}, {"a": 0.5})
    assert (hints.segments, hints.conditions) == (("country",), {"large": "amount > 1000", "small": "amount < 10"})


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("hour", Windowing(Cadence.HOUR)),
        ("whole", Windowing(Cadence.WHOLE)),
        ({"rows": 1000}, Windowing(Cadence.ROWS, rows=1000)),
        ({"column": "batch"}, Windowing(Cadence.COLUMN, column="batch")),
        ({"every": "week", "timezone": "Europe/Berlin"}, Windowing(Cadence.WEEK, timezone="Europe/Berlin")),
        ({"every": "day"}, Windowing(Cadence.DAY)),
    ],
)
def test_every_way_to_cut_windows(window: Any, expected: Windowing) -> None:
    """Each form of the setting is one windowing."""
    assert monitor(window=window).windowing == expected


def test_windows_are_days_where_time_is_known() -> None:
    """Naming the time of each row is enough to get daily verdicts."""
    assert monitor(columns={"timestamp": "ts"}).windowing == Windowing(Cadence.DAY)


@pytest.mark.parametrize(
    ("said", "window", "expected"),
    [
        (None, "whole", Budget()),
        ("1 in 30 days", "whole", Budget(1, timedelta(days=30), 30)),
        ("0.5 in 1 year", "whole", Budget(0.5, timedelta(days=365), 365)),
        ({"at_most": 2, "in": "12 hours"}, "hour", Budget(2, timedelta(hours=12), 1)),
        ("1 in 30 windows", {"rows": 100}, Budget(1, timedelta(days=30), 30)),
        ("1 in 30 windows", "hour", Budget(1, timedelta(hours=30), 30)),
        ("1 in 52 windows", "week", Budget(1, timedelta(weeks=52), 52)),
    ],
)
def test_every_way_to_say_the_budget(said: Any, window: Any, expected: Budget) -> None:
    """A number of windows is a time where windows last a known time; a day counts as a window where they do not."""
    columns = {"timestamp": "ts"}
    assert monitor(false_alarms=said, window=window, columns=columns).policy.budget == expected


@pytest.mark.parametrize("window", ["hour", "day", "week", {"rows": 10}])
def test_a_budget_in_windows_is_spent_by_the_window(window: Any) -> None:
    """One false alarm in 50 windows lets each window spend a fiftieth, however long it is."""
    found = monitor(false_alarms="1 in 50 windows", window=window)
    length = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}.get(str(window))
    assert found.policy.budget.per_window(length) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("said", "against", "trailing"),
    [
        (None, Against.REFERENCE, 7),
        ("previous", Against.PREVIOUS, 7),
        ("same weekday", Against.SAME_WEEKDAY, 7),
        ("same hour", Against.SAME_HOUR, 7),
        ({"trailing": 14}, Against.TRAILING, 14),
    ],
)
def test_every_way_to_say_what_is_compared(said: Any, against: Against, trailing: int) -> None:
    """Each form of the setting is one comparison."""
    policy = monitor(compare_with=said).policy
    assert (policy.against, policy.trailing) == (against, trailing)


def test_floors_are_the_default_ones_but_for_those_that_are_said() -> None:
    """A column's floor goes before the general one, which goes before the default."""
    policy = monitor(floors={"shift": 0.2, "columns": {"amount": {"shift": 0.5}}}).policy
    assert policy.floor("age", "shift") == 0.2
    assert policy.floor("amount", "shift") == 0.5
    assert policy.floor("amount", "psi") == DEFAULT_FLOORS["psi"]


def test_thresholds_statistics_and_confidence_arrive() -> None:
    """Each form of a threshold is one limit."""
    policy = monitor(
        thresholds={"*": {"ks": {"standard_deviations": 3}}, "amount": {"psi": 0.2, "hellinger": {"quantile": 0.99}}},
        statistics=["ks"],
        confidence=0.8,
    ).policy
    assert set(policy.hand_set) == {
        HandSet("*", "ks", Limit.STANDARD_DEVIATION, 3.0),
        HandSet("amount", "psi", Limit.FIXED, 0.2),
        HandSet("amount", "hellinger", Limit.QUANTILE, 0.99),
    }
    assert (policy.statistics, policy.confidence) == (("ks",), 0.8)
