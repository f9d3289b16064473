"""What a document may not say although each of its parts may."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.config.contradictions import contradictions
from driftline.config.document import Document

RIGHT: dict[str, Any] = {"reference": "a", "columns": {"timestamp": "ts"}}


def found(**settings: Any) -> list[tuple[Any, ...]]:
    """Everything that cannot hold together."""
    return list(contradictions(Document.model_validate({**RIGHT, **settings}), {"HOME_URL": "x"}))


@pytest.mark.parametrize(
    ("settings", "path", "fact"),
    [
        ({"columns": {"id": "a", "label": "a"}}, ("columns", "label"), "the column 'a' is already the id"),
        ({"columns": {"id": "a", "features": ["b", "a"]}}, ("columns", "features", 1), "the feature 'a' is already the id"),
        ({"columns": {"features": ["b", "b"]}}, ("columns", "features", 1), "the feature 'b' is already the feature"),
        ({"columns": {"score": ["b", "b"]}}, ("columns", "score", 1), "the column 'b' is named twice"),
        ({"columns": {"id": "a", "ignore": ["a"]}}, ("columns", "ignore", 0), "the column 'a' is already the id"),
        ({"window": "day", "compare_with": "same hour"}, ("compare_with",), "'same hour' needs windows of one hour, not of one day"),
        (
            {"window": "week", "compare_with": "same weekday"},
            ("compare_with",),
            "'same weekday' needs windows of one day or hour, not of one week",
        ),
        ({"window": "whole", "compare_with": "previous"}, ("compare_with",), "the whole has no window before it"),
        ({"segments": ["a", {"a": "b > 1"}]}, ("segments", 1, "a"), "the segment 'a' is named twice"),
        ({"segments": [{"a": "b >"}]}, ("segments", 0, "a"), "the condition 'b >' cannot be read"),
        (
            {"performance": {"value": {"expression": "amount", "true_positive": 5}}},
            ("performance", "value"),
            "what a row is worth is said twice",
        ),
        (
            {"performance": {"value": {"expression": "amount +"}}},
            ("performance", "value", "expression"),
            "the value 'amount +' cannot be read",
        ),
        ({"current": "${NOWHERE}/x"}, ("current",), "the environment has no variable 'NOWHERE'"),
        ({"current": ["x", "${HOM_URL}"]}, ("current", 1), "the environment has no variable 'HOM_URL'"),
        ({"current": {"database": "postgresql://a:pw@h/d", "query": "q"}}, ("current", "database"), "a password is written out"),
    ],
)
def test_each_contradiction_is_found_where_it_is_said(settings: dict[str, Any], path: tuple[Any, ...], fact: str) -> None:
    """Each has the path it is said at, a fact and a remedy."""
    ((at, said, hint),) = found(**settings)
    assert at == path
    assert said.startswith(fact)
    assert hint


def test_a_misspelled_variable_is_recognised() -> None:
    """The name that was probably meant is suggested; its value is not shown."""
    ((_, _, hint),) = found(current="${HOM_URL}")
    assert hint == "did you mean 'HOME_URL'?"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"columns": {}, "window": "day"},
        {"window": "hour", "compare_with": "same weekday"},
        {"window": "hour", "compare_with": "same hour"},
        {"window": {"rows": 10}, "columns": {}, "compare_with": {"trailing": 3}},
        {"current": "${HOME_URL}/${OTHER:-x}"},
        {"segments": ["a", {"b": "a > 1"}]},
    ],
)
def test_what_holds_together_is_left_alone(settings: dict[str, Any]) -> None:
    """No false alarm here either."""
    assert found(**settings) == []
