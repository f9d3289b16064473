"""What routes share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from driftline.server.face import wall_clock
from driftline.server.problems import Refusal


def test_a_monitor_is_remembered_until_it_is_changed(face: Any, small: Any) -> None:
    """It is not looked up for each request; who changes it makes the change known."""
    assert asyncio.run(face.monitor("churn"))[0].version == 1
    small.change(confidence="0.95")
    assert asyncio.run(face.monitor("churn"))[0].version == 1
    face.forget("churn")
    watched, names = asyncio.run(face.monitor("churn"))
    assert (watched.version, names.time, names.label) == (2, "ts", "left")
    with pytest.raises(Refusal) as caught:
        asyncio.run(face.monitor("chrn"))
    assert (caught.value.status, caught.value.hint) == (404, "did you mean 'churn'?")


def test_time_has_a_zone() -> None:
    """UTC."""
    assert str(wall_clock().tzinfo) == "UTC"
