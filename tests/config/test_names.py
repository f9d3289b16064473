"""Names that must exist elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from driftline.config.names import JudgedName, StatisticName, TimeZone
from driftline.drift.statistic import STATISTICS
from driftline.verdicts.policy import DEFAULT_FLOORS


@pytest.mark.parametrize("statistic", list(STATISTICS), ids=lambda statistic: statistic.name)
def test_every_statistic_can_be_named(statistic: Any) -> None:
    """Whatever the registry has, the document takes."""
    assert TypeAdapter(StatisticName).validate_python(statistic.name) == statistic.name


@pytest.mark.parametrize("name", list(DEFAULT_FLOORS))
def test_every_judged_statistic_can_be_named(name: str) -> None:
    """Whatever has a default floor can have another."""
    assert TypeAdapter(JudgedName).validate_python(name) == name


@pytest.mark.parametrize(
    ("kind", "name", "hint"),
    [
        (StatisticName, "pssi", "did you mean 'psi'?"),
        (JudgedName, "shft", "did you mean 'shift'?"),
        (TimeZone, "Europe/Belrin", "did you mean 'Europe/Berlin'?"),
        (TimeZone, "Central", "did you mean 'US/Central'?"),
        (TimeZone, "", "write a name such as Europe/Berlin or UTC"),
        (TimeZone, "../etc/passwd", "write a name such as Europe/Berlin or UTC"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_a_remedy(kind: Any, name: str, hint: str) -> None:
    """Near misses are computed."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(name)
    (error,) = caught.value.errors()
    assert error["type"] == "unknown_name"
    assert error["ctx"]["hint"] == hint
