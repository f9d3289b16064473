from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.reports import wording
from driftline.verdicts.policy import DEFAULT_FLOORS

numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(numbers)
def test_a_number_keeps_three_digits(value: float) -> None:
    """What is written reads back as the number, to three digits; large numbers to the unit."""
    written = wording.number(value)
    if math.isnan(value):
        assert written == wording.NOTHING
    elif abs(value) < 1e300:
        assert float(written.replace(",", "")) == pytest.approx(value, rel=6e-3, abs=0.5 if abs(value) >= 1000 else 0)
    assert len(written) <= 21


@given(st.floats(0, 1))
def test_a_share_is_never_rounded_to_none_or_all(share: float) -> None:
    """Only nothing is 0%, and only everything is 100%."""
    assert (wording.percent(share) == "0%") is (share == 0)
    assert (wording.percent(share) == "100%") is (share == 1 or share * 100 >= 100)


@given(st.floats(-1e6, 1e6), st.sampled_from([10.0**k for k in range(-5, 3)]))
def test_neighbours_on_an_axis_are_written_differently(value: float, step: float) -> None:
    """Two ticks a step apart never carry the same label."""
    first = round(value / step) * step
    assert wording.graded(first, step) != wording.graded(first + step, step)


@given(st.text(), st.integers(3, 40))
def test_a_strangers_text_stays_on_its_line(text: str, width: int) -> None:
    """No control character, no direction mark and no lone surrogate gets through, and the width is kept."""
    shown = wording.clean(text, width)
    assert len(shown) <= width
    assert not wording.HIDDEN.search(shown)
    shown.encode()


@pytest.mark.parametrize("joined", ["👩‍🔬", "نمی‌خواهم"])
def test_joiners_that_letters_need_are_kept(joined: str) -> None:
    """Emoji and Persian need characters that cannot be seen."""
    assert wording.clean(joined) == joined


def test_every_judged_statistic_has_a_title() -> None:
    """No statistic that has a floor is shown by its code name alone."""
    assert set(DEFAULT_FLOORS) <= set(wording.JUDGED)


def test_a_statistic_of_a_guest_is_shown_by_its_name() -> None:
    """A statistic nobody described is not an error."""
    assert wording.word("my_own (set)") == wording.Word("my own (set)")
    assert wording.word("ks").title == "Kolmogorov-Smirnov distance"


@pytest.mark.parametrize(
    ("zone", "written"),
    [(UTC, "2026-04-01 03:04 UTC"), (timezone(timedelta(hours=5, minutes=45)), "2026-04-01 03:04 +05:45"), (None, "2026-04-01 03:04")],
)
def test_an_instant_says_its_zone(zone: timezone | None, written: str) -> None:
    """A time is written with its offset, where it has one."""
    assert wording.instant(datetime(2026, 4, 1, 3, 4, tzinfo=zone)) == written
