"""Who answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftline.gateway.split import CHALLENGER, CHAMPION, Share, arm_of, place_of


@given(entity=st.text(), parts=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_whoever_has_the_challenger_keeps_it(entity: str, parts: tuple[float, float]) -> None:
    """As the challenger's part grows, nobody goes back to the champion."""
    less, more = sorted(parts)
    assert (
        arm_of(entity, Share(rollout="r", challenger=less)) == CHAMPION or arm_of(entity, Share(rollout="r", challenger=more)) == CHALLENGER
    )


def test_parts_are_as_promised() -> None:
    """Of many entities the promised part is given to the challenger, another part in another rollout; at the ends all or none."""
    names = [f"customer {number}" for number in range(20_000)]
    first = [arm_of(name, Share(rollout="a", challenger=0.05)) == CHALLENGER for name in names]
    second = [arm_of(name, Share(rollout="b", challenger=0.05)) == CHALLENGER for name in names]
    assert abs(sum(first) / len(names) - 0.05) < 4 * (0.05 * 0.95 / len(names)) ** 0.5
    both = sum(a and b for a, b in zip(first, second, strict=True))
    assert both < 0.01 * len(names)
    assert {arm_of(name, Share(challenger=0.0)) for name in names} == {CHAMPION}
    assert {arm_of(name, Share(challenger=1.0)) for name in names} == {CHALLENGER}
    assert 0 <= place_of("", "") < 1
