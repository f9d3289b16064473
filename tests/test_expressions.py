"""Expressions in CEL: what they read, what they answer, and what is refused."""

from __future__ import annotations

import pytest

from driftline.errors import ConfigError
from driftline.expressions import ask, read


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("drift.psi.max > 0.25", {("drift", "psi", "max")}),
        ('drift["psi"].max > 0.25', {("drift", "psi", "max")}),
        ('feature("a b").unseen > 0.02', {("feature", "a b", "unseen")}),
        ("feature('a').psi > 1", {("feature", "a", "psi")}),
        ('performance["f0.5"].drop > 0.1 or scheduled_weekly', {("performance", "f0.5", "drop"), ("scheduled_weekly",)}),
        ("not (rows > 3 and on_drift)", {("rows",), ("on_drift",)}),
        ('segment("region=north").performance.f1.drop > 0.05', {("segment", "region=north", "performance", "f1", "drop")}),
        ('segment("a").feature("b").psi > 1', {("segment", "a", "feature", "b", "psi")}),
        ('segment("a").feature["b"].psi > 1', {("segment", "a", "feature", "b", "psi")}),
        ("1 > 0", set()),
    ],
)
def test_what_an_expression_reads(text: str, names: set[tuple[str, ...]]) -> None:
    """Every name is found, however it is written."""
    assert read(text).names == names


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a > 1", True),
        ("a > 1 and b", False),
        ("a > 1 && !b", True),
        ("a > 5 or not b", True),
        ("gone > 1", None),
        ("gone > 1 or a > 1", True),
        ("a > 1 or gone > 1", True),
        ("gone > 1 and b", False),
        ("gone > 1 and a > 1", None),
        ("not (gone > 1)", None),
        ("drift.psi.max > 0.2", None),
        ('feature("x").psi > 0.2', True),
        ('feature("y").psi > 0.2', None),
        ('"and or not" == "and or not"', True),
    ],
)
def test_three_values(text: str, answer: bool | None) -> None:  # noqa: FBT001  three values, not a switch
    """What is unknown decides only where nothing else does."""
    assert read(text).holds({"a": 2, "b": False}, {"x": {"psi": 0.3}}.get) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('segment("north").rows > 10', True),
        ('segment("north").feature("x").psi > 0.2', True),
        ('segment("north").feature["x"].psi > 0.4', False),
        ('segment("north").feature("y").psi > 0.2', None),
        ('segment("south").rows > 10', None),
        ('segment("south").rows > 10 or segment("north").rows > 10', True),
    ],
)
def test_segments_are_asked_like_the_whole(text: str, answer: bool | None) -> None:  # noqa: FBT001  three values, not a switch
    """With their columns; one that has no rows is unknown."""
    segments = {"north": {"rows": 20, "feature": {"x": {"psi": 0.3}}}}
    ask(read(text))
    assert read(text).holds({}, {}.get, segments.get) is answer


@pytest.mark.parametrize("text", ["x >", "x = 3", "", "(" * 200 + "1", "a and", "1 " * 5000])
def test_what_is_not_cel_is_refused(text: str) -> None:
    """The operator is told, with an example."""
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert refused.value.hint


def test_the_place_of_a_mistake_is_told() -> None:
    """Words for signs do not move the column."""
    with pytest.raises(ConfigError, match="at column 22"):
        read("a > 1 and not b or c = 3")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("drift.psi.max", "is not answered by yes or no"),
        ('drift.psi.max > "a"', "compares what cannot be compared"),
        ("nope(3)", "cannot be answered"),
        ("feature(rows).psi > 1", "cannot be answered"),
        ("drift.psi.exists(c, c > 1)", "cannot be answered"),
    ],
)
def test_what_can_never_be_answered_is_refused(text: str, fact: str) -> None:
    """It is asked once of made-up evidence, before any window is."""
    with pytest.raises(ConfigError, match=fact):
        ask(read(text))


@pytest.mark.parametrize("text", ["drift.psi.max > 1", "on_drift", 'feature("a").drifted and rows >= 100', "not performance.f1.worse"])
def test_what_can_be_answered_passes(text: str) -> None:
    """Numbers are compared, truths stand alone."""
    ask(read(text))
