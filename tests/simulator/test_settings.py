"""Settings know their calendar and refuse what cannot be simulated."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from driftline.errors import ConfigError
from driftline.simulator.settings import PaymentsConfig


def test_days_are_counted_from_the_first_watched_one() -> None:
    """Day 0 is `start`; the reference and the training weeks have negative numbers."""
    config = PaymentsConfig(start=date(2026, 3, 2))
    assert config.first_day == -56
    assert config.date_of(-1) == date(2026, 3, 1)
    assert config.midnight(30) == datetime(2026, 4, 1, tzinfo=UTC)
    assert [config.weekday(day) for day in (-1, 0, 5)] == [6, 0, 5]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", -1),
        ("days", 0),
        ("rows_per_day", 99),
        ("train_days", 3),
        ("reference_days", 0),
        ("fraud_rate", 0.0),
        ("fraud_rate", float("nan")),
        ("labels_lost", 1.5),
        ("threshold", -0.1),
    ],
)
def test_a_setting_out_of_range_is_refused(name: str, value: float) -> None:
    """The error names the setting, the value and the range."""
    with pytest.raises(ConfigError, match=f"{name} cannot be {value!r}") as refused:
        PaymentsConfig(**{name: value})
    assert "give a number" in refused.value.hint


def test_without_a_model_no_training_is_needed() -> None:
    """An unscored stream may have no training days."""
    assert PaymentsConfig(scored=False, train_days=0).first_day == -28
