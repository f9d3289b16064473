"""Rows of a category by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.named import names

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture(scope="module")
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    made: dict[str, Any] = clinic.day(61)
    return made


def test_shares_are_told_by_name(clinic: Clinic, day: dict[str, Any]) -> None:
    """Known levels first, then unseen texts, then what was not kept; all add up."""
    found = names(clinic.look("country", day | {"country": np.where(day["country"] == "PT", "GR", day["country"]).astype(object)})[1])
    assert found is not None
    assert found.unknown == ["GR"]
    assert [found.texts[i] for i in found.new] == ["GR"]
    assert found.both.base.sum() == pytest.approx(1)
    assert found.both.now.sum() == pytest.approx(1)
    assert found.unseen()[1] == pytest.approx((day["country"] == "PT").mean())
    assert names(clinic.look("amount", day)[1]) is None
