"""Groups become profiles: sums of parts are joined exactly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftline.warehouse.tally import joined


@given(st.lists(st.integers(-(2**52), 2**52), max_size=50))
def test_parts_join_to_the_sum_and_the_sum_of_squares(grid: list[int]) -> None:
    """Whole numbers cut at 2^26, their sums and the sums of their products say what the numbers' would."""
    parts = [divmod(q, 2**26) for q in grid]
    two = [sum(h for h, _ in parts), sum(low for _, low in parts)]
    products = [sum(h * h for h, _ in parts), sum(h * low for h, low in parts), sum(low * low for _, low in parts)]
    wanted = (sum(grid), sum(q * q for q in grid))
    assert joined([*two, *products]) == wanted
    assert joined(wanted) == wanted
