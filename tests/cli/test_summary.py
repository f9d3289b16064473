"""A specification in a few lines of plain words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from driftline.cli.summary import span, summary
from driftline.config.specification import specify


@pytest.mark.parametrize(
    ("settings", "label", "text"),
    [
        ({}, "monitor", "monitor"),
        ({"monitor": "m", "task": "binary"}, "monitor", "m, binary"),
        ({}, "current", "given with --current each time"),
        ({"current": ["a", "b"]}, "current", "a, b"),
        ({}, "window", "the whole"),
        ({"window": {"rows": 1000}}, "window", "1,000 rows"),
        ({"window": {"column": "batch"}}, "window", "every value of 'batch'"),
        ({"columns": {"timestamp": "ts"}}, "window", "day, UTC"),
        ({"compare_with": {"trailing": 7}}, "compared with", "the 7 windows before it"),
        ({"compare_with": "previous"}, "compared with", "the window before it"),
        ({"columns": {"timestamp": "ts"}, "compare_with": "same weekday"}, "compared with", "the reference's same weekday"),
        ({"columns": {"timestamp": "ts"}, "false_alarms": "2 in 12 hours"}, "promise", "at most 2 false alarms in 12 hours"),
        ({"window": {"rows": 10}, "false_alarms": "1 in 90 windows"}, "promise", "at most 1 false alarm in 90 windows"),
    ],
)
def test_each_setting_is_told_as_it_was_understood(settings: dict[str, Any], label: str, text: str) -> None:
    """A reader who finds another word than meant has found a mistake."""
    assert dict(summary(specify({"reference": "r", **settings}, {})))[label] == text


def test_lengths_of_time_are_told_in_their_largest_whole_unit() -> None:
    """Thirty days are not 720 hours."""
    assert [span(timedelta(minutes=m)) for m in (1, 60, 90, 1440)] == ["1 minute", "1 hour", "90 minutes", "1 day"]
