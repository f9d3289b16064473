"""Everything that can be explained."""

from __future__ import annotations

import pytest

from driftline import errors
from driftline.cli.topics import WORDS, explain, topics
from driftline.config.published import settings
from driftline.drift.statistic import STATISTICS


def test_everything_there_is_can_be_explained() -> None:
    """Every statistic, every setting, every error and every word is a topic, and each has a meaning."""
    found = {(topic.kind, topic.name) for topic in topics()}
    assert {("statistic", statistic.name) for statistic in STATISTICS} <= found
    assert {("setting", setting.path) for setting in settings()} <= found
    assert {("error", name) for name, kind in vars(errors).items() if isinstance(kind, type)} - found == {("error", "DriftlineError")}
    assert {("word", word) for word in WORDS} <= found
    assert [topic.name for topic in topics() if not topic.meaning] == []


def test_a_setting_is_found_by_the_last_step_of_its_path() -> None:
    """Nobody remembers where a key stands."""
    assert [topic.name for topic in explain("timezone")] == ["window.timezone", "schedule.timezone"]
    assert [topic.name for topic in explain("window.timezone")] == ["window.timezone"]


def test_an_error_says_its_exit_code() -> None:
    """The code is that of the branch it belongs to."""
    (topic,) = explain("planmismatch")
    assert topic.facts == (("exit code", "3"),)


def test_what_is_not_there_is_refused() -> None:
    """The message quotes the name."""
    with pytest.raises(errors.ConfigError, match="'nothing-of-the-kind'"):
        explain("nothing-of-the-kind")
