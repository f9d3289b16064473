"""Names in a record."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftline.gateway.record import ABOUT, features, folded

NAMES = st.one_of(st.sampled_from(sorted(ABOUT)), st.sampled_from([f"feature_{one}" for one in sorted(ABOUT)]), st.text(max_size=8))


@given(row=st.dictionaries(NAMES, st.integers(), max_size=8))
def test_no_feature_is_lost_whatever_it_is_called(row: dict[str, int]) -> None:
    """What is written beside the gateway's own fields is read back by its own name, with its own value."""
    record = {**folded(row), **dict.fromkeys(ABOUT, -1)}
    assert features(record) == row


def test_what_tells_a_row_apart_is_told_as_its_id() -> None:
    """It is no feature then; a name of the model's own stays one, whatever else it is for."""
    assert folded({"id": 7, "x": 1}, frozenset({"id"})) == {"x": 1}
    assert folded({"row": 7, "score": 1}, frozenset({"row"})) == {"row": 7, "feature_score": 1}
