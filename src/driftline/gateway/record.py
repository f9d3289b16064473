"""The names in a record: those that the gateway gives, and features, which keep theirs unless the gateway's own is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SAID = ("prediction", "score", "latency_ms", "error")
"""What is told of an answer itself."""

ABOUT = frozenset({*SAID, "ts", "id", "version", "model", "dealt", "answered", "slow", "null", "entity", "rollout", "step", "trouble"})
"""What the gateway writes of an answer; all else in a record are features."""

PREFIX = "feature_"
AWAY = {name: f"{PREFIX}{name}" for one in ABOUT for name in (one, f"{PREFIX}{one}")}
"""Features that are called so are written under another name, so that neither the answer nor the feature is lost."""

BACK = {kept: name for name, kept in AWAY.items()}


def folded(row: Mapping[str, Any], own: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """Features as a record has them.

    Args:
        row: what the model was asked about, by name.
        own: names that the gateway took from the row itself: what tells it apart is told as its id.

    >>> folded({"score": 1, "amount": 2})
    {'feature_score': 1, 'amount': 2}
    """
    if AWAY.keys().isdisjoint(row):
        return row
    return {AWAY.get(name, name): value for name, value in row.items() if name not in own or name not in ABOUT}


def features(record: Mapping[str, Any]) -> dict[str, Any]:
    """Features by their own names, from a record.

    >>> features({"score": 0.5, "feature_score": 1, "amount": 2})
    {'score': 1, 'amount': 2}
    """
    return {BACK.get(name, name): value for name, value in record.items() if name not in ABOUT}
