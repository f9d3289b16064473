"""Which segment carries a change: by exact counts of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.diagnosis.segments import in_segments
from driftline.profile.profile import total
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from conftest import Clinic

    from driftline.verdicts.diagnosis import Part


def parts(clinic: Clinic, share: float, where: str | None) -> tuple[Part, ...]:
    """Where ages were lost, if so many were lost in one country or everywhere."""
    split = type(clinic)(clinic.reference, {"segments": ["country"]})
    day = clinic.day(301)
    gone = (np.random.default_rng(0).random(3000) < share) & ((day["country"] == where) | (where is None))
    learnt, current, _ = split.judged(day | {"age": np.where(gone, None, day["age"])})
    before = {segment: total([profile for _, profile in learnt.of(segment)]) for segment in learnt.segments()}
    now = {segment: profile for (segment, _), profile in current.profiles.items()}
    mark = Mark(now[None].plan.index("age"), np.nan, np.nan)
    named = [{name: one for name, one in side.items() if name is not None} for side in (before, now)]
    return in_segments(mark, named[0], named[1], (before[None], now[None]))


def test_the_segment_that_was_spoilt_is_told(clinic: Clinic) -> None:
    """With what it carries and how many of the rows it has, exactly."""
    (told,) = parts(clinic, 0.5, "DE")
    assert told.conditions == ("country = DE",)
    assert told.carries == pytest.approx(1.0)
    assert told.rows == pytest.approx((clinic.day(301)["country"] == "DE").mean())
    assert told.rate == pytest.approx(1.0, abs=0.02)


def test_what_is_everywhere_is_in_no_segment(clinic: Clinic) -> None:
    """A loss at random is in all countries alike."""
    assert parts(clinic, 0.3, None) == ()


def test_nothing_is_in_no_segment(clinic: Clinic) -> None:
    """Where nothing was lost there is nothing to carry."""
    assert parts(clinic, 0.0, None) == ()
