"""The circuit breaker."""

from __future__ import annotations

import pytest

from driftline.gateway.breaker import Closed, Open, Rule, State, Trying, answered, asked

RULE = Rule(failures=3, rest=5.0)


@pytest.mark.parametrize(
    ("state", "now", "after", "may"),
    [
        (Closed(), 0.0, Closed(), True),
        (Closed(2), 0.0, Closed(2), True),
        (Open(5.0), 4.9, Open(5.0), False),
        (Open(5.0), 5.0, Trying(10.0), True),
        (Trying(10.0), 6.0, Trying(10.0), False),
        (Trying(10.0), 10.0, Trying(15.0), True),
    ],
)
def test_who_may_be_asked(state: State, now: float, after: State, may: bool) -> None:  # noqa: FBT001  a column of the table
    """Closed lets all through, open nobody until it is time, then one whose answer is waited for."""
    assert asked(state, now, RULE) == (after, may)


@pytest.mark.parametrize(
    ("state", "well", "after"),
    [
        (Closed(), True, Closed()),
        (Closed(1), False, Closed(2)),
        (Closed(2), True, Closed()),
        (Closed(2), False, Open(6.0)),
        (Trying(9.0), False, Open(6.0)),
        (Trying(9.0), True, Closed()),
    ],
)
def test_what_an_answer_means(state: State, well: bool, after: State) -> None:  # noqa: FBT001  a column of the table
    """Failures in a row open it; one good answer closes it; a failed trial opens it again."""
    assert answered(state, 1.0, RULE, well=well) == after
