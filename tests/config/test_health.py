from __future__ import annotations

from typing import Any

import pytest

from driftline.config.specification import specify
from driftline.errors import ConfigError
from driftline.verdicts.policy import Goal

BASE: dict[str, Any] = {"reference": "r.csv", "current": "c.csv"}


def goal(**performance: Any) -> Goal:
    """What a healthy model means, as the settings say it."""
    return specify({**BASE, "performance": performance}, {}).monitor.policy.goal


def test_performance_is_what_the_document_says() -> None:
    """Metric, threshold, positive class, floors and values arrive in the domain's terms."""
    value = {"true_positive": 95, "false_positive": -5, "false_negative": -100, "currency": "EUR"}
    found = goal(metric="f2", threshold=0.3, positive="bad", floors={"roc_auc": 0.01}, value=value)
    assert found == Goal("f2", 0.3, "bad", {"roc_auc": 0.01}, (95.0, -5.0, 0.0, -100.0), "EUR")
    assert specify(BASE, {}).monitor.policy.goal == Goal()


@pytest.mark.parametrize(
    ("performance", "said"),
    [
        ({"metric": "roc_acu"}, "roc_auc"),
        ({"threshold": 1.5}, "threshold"),
        ({"floors": {"f1": -1}}, "f1"),
        ({"value": {"true_positve": 1}}, "true_positive"),
    ],
)
def test_mistakes_are_named_with_what_was_meant(performance: dict[str, Any], said: str) -> None:
    """A metric that does not exist, a threshold beyond 1, a negative floor and a typo are refused with a hint."""
    with pytest.raises(ConfigError) as error:
        goal(**performance)
    assert said in error.value.fact + error.value.hint


def test_labels_are_joined_by_the_columns_that_are_named() -> None:
    """Id and label are called as among the predictions, unless the labels' own names are said."""
    columns = {"id": "order", "label": "fraud"}
    plain = specify({**BASE, "columns": columns, "labels": {"from": "labels.csv"}}, {}).places.labels
    named = specify({**BASE, "columns": columns, "labels": {"from": "l.csv", "id": "key", "label": "y", "time": "at"}}, {}).places.labels
    assert plain is not None
    assert named is not None
    assert (plain.id, plain.label, plain.time) == ("order", "fraud", None)
    assert (named.id, named.label, named.time) == ("key", "y", "at")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"labels": {"from": "l.csv"}}, "columns.id"),
        ({"labels": {"from": "l.csv"}, "columns": {"id": "order"}}, "columns.label"),
        ({"columns": {"label_time": "at"}}, "which column holds the label"),
        ({"labels": {"from": "l.csv", "time": "at"}, "columns": {"id": "order", "label": "y", "label_time": "at"}}, "said twice"),
    ],
)
def test_labels_that_cannot_be_joined_are_refused(settings: dict[str, Any], said: str) -> None:
    """Without an id, without a label's name, or with two times nothing is guessed."""
    with pytest.raises(ConfigError, match=said):
        specify({**BASE, **settings}, {})
