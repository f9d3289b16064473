"""How a diagnosis writes numbers and places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.wording import figure, listed, placed, rows
from driftline.verdicts.diagnosis import Change, Diagnosis, Part

TOLD = Diagnosis(change=Change.FAULT, kind="null_burst", columns=("age",), sentence="age: 5% of rows have no value")


@given(st.floats(-1e15, 1e15))
def test_a_figure_is_near_its_number(value: float) -> None:
    """Four digits tell it, and large ones to the unit."""
    assert abs(float(figure(value).replace(",", "")) - value) <= max(abs(value) * 6e-4, 0.5 if abs(value) >= 10_000 else 0)


@given(st.floats(0, 1))
def test_shares_are_of_rows(share: float) -> None:
    """All rows are called so, and nothing else is."""
    assert rows(share).endswith("rows")
    assert (rows(share) == "all rows") == (share >= 0.9995)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=9))
def test_long_lists_are_cut(names: list[str]) -> None:
    """At most four names, and how many more there are."""
    said = listed(names)
    assert sum(said.count(f"{name}") > 0 for name in set(names[:4])) == len(set(names[:4]))
    assert ("more" in said) == (len(names) > 4)


def test_a_place_is_added_where_it_is_known() -> None:
    """How much of the change is there, and how many of the rows."""
    part = Part(conditions=("country = DE", "channel = web"), carries=0.92, rate=1.0, rows=0.2, p_value=0.0)
    assert placed(TOLD) is TOLD
    moved = placed(Diagnosis(change=TOLD.change, kind=TOLD.kind, columns=TOLD.columns, sentence=TOLD.sentence, where=(part,)))
    assert moved.sentence == "age: 5% of rows have no value; 92% of it where country = DE and channel = web (20% of rows)"
