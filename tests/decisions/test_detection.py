"""What trials of known shifts come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.decisions.detection import Detection, Trial, summed

DELAYS = st.lists(st.one_of(st.none(), st.integers(0, 6)), min_size=1, max_size=20)


def trials(delays: list[int | None]) -> list[Trial]:
    """One shift, found so late."""
    return [Trial(name="moved", column="x", share=1.0, since="1", delay=delay) for delay in delays]


@given(DELAYS)
def test_shares_are_those_of_the_tries(delays: list[int | None]) -> None:
    """Missed and found at once are counted, and the interval holds the share of those missed."""
    (found,) = summed(trials(delays))
    assert found.tries == len(delays)
    assert found.missed == pytest.approx(delays.count(None) / len(delays))
    assert found.at_once == pytest.approx(delays.count(0) / len(delays))
    assert found.interval[0] <= found.missed + 1e-12
    assert found.interval[1] >= found.missed - 1e-12


@given(DELAYS)
def test_half_were_found_by_the_delay_that_is_told(delays: list[int | None]) -> None:
    """By that window at least half of the tries were found, and no earlier; where fewer were ever found there is none."""
    (found,) = summed(trials(delays))

    def by(window: int) -> float:
        return sum(delay is not None and delay <= window for delay in delays) / len(delays)

    if found.delay is None:
        assert by(99) < 0.5
    else:
        assert by(found.delay) >= 0.5
        assert by(found.delay - 1) < 0.5


def test_tries_of_other_shares_stand_apart() -> None:
    """A shift of a twentieth of the rows is another line than the same of all."""
    some = [Trial(name="a", column="x", share=share, since="1", delay=0, named=share == 1) for share in (0.05, 1.0, 1.0)]
    assert [(one.share, one.tries, one.named) for one in summed(some)] == [(0.05, 1, 0.0), (1.0, 2, 1.0)]
    every = Detection(monitor="m", trials=tuple(trials([None, 1])), found=(), horizon=7, windows=9, alarms=0)
    assert every.missed == 0.5
