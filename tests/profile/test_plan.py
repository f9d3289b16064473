"""The plan: how it is written, what makes two plans one, and where columns lie."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.profile.bins import LevelBins, NumberBins, fit_number_bins
from driftline.profile.plan import SCHEMA, Plan, Planned
from driftline.schema import Column, Kind, Role

EDGES = st.lists(st.floats(allow_nan=False), unique=True, max_size=8).map(lambda edges: tuple(sorted(edges)))
NUMBERS = st.builds(NumberBins, EDGES, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([2.0**-900, 0.5, 1024.0]))
LEVELS = st.builds(LevelBins, st.lists(st.text(max_size=3), unique=True, max_size=5).map(tuple), st.booleans())
IMPORTANCE = st.none() | st.floats(0, 1)


def planned(name: str, role: Role) -> st.SearchStrategy[Planned]:
    """A column of any kind with bins that fit it."""
    number = st.builds(Planned, st.builds(Column, name=st.just(name), kind=st.just(Kind.NUMBER), role=st.just(role)), NUMBERS)
    level = st.builds(
        Planned, st.builds(Column, name=st.just(name), kind=st.just(Kind.CATEGORY), role=st.just(role), importance=IMPORTANCE), LEVELS
    )
    text = st.builds(Planned, st.builds(Column, name=st.just(name), kind=st.just(Kind.TEXT), role=st.just(role)), st.none())
    return number | level | text


PLANS = st.lists(st.tuples(st.text(max_size=4), st.sampled_from(Role)), unique_by=lambda pair: pair[0], max_size=4).flatmap(
    lambda pairs: st.builds(
        Plan, st.tuples(*(planned(name, role) for name, role in pairs)), sample=st.integers(1, 9), seed=st.integers(0, 2**64 - 1)
    )
)
PLAN = Plan(
    (
        Planned(Column(name="x", kind=Kind.NUMBER, importance=0.5), fit_number_bins(np.array([0.0, 1.0]))),
        Planned(Column(name="t", kind=Kind.TEXT), None),
        Planned(Column(name="c", kind=Kind.CATEGORY, role=Role.LABEL), LevelBins(("a", "b"))),
    )
)


@given(PLANS)
@settings(max_examples=40)
def test_a_plan_survives_being_written(plan: Plan) -> None:
    """JSON, to the last bit of every edge, and back: the same plan with the same fingerprint."""
    text = json.dumps(plan.to_dict(), allow_nan=False)
    again = Plan.from_dict(json.loads(text))
    assert again == plan
    assert again.fingerprint == plan.fingerprint


def test_a_written_plan_has_a_number() -> None:
    """Readers know what they read, and columns without an importance do not mention it."""
    written = PLAN.to_dict()
    assert written["schema"] == SCHEMA == 1
    assert [item.get("importance") for item in written["columns"]] == [0.5, None, None]
    assert "importance" not in written["columns"][1]


X, T, C = PLAN.columns
OTHERS = {
    "another seed": replace(PLAN, seed=1),
    "another sample": replace(PLAN, sample=499),
    "another order": Plan((T, X, C)),
    "a column less": Plan((X, T)),
    "another name": Plan((X, T, replace(C, column=replace(C.column, name="d")))),
    "another role": Plan((X, T, replace(C, column=replace(C.column, role=Role.FEATURE)))),
    "another kind": Plan((X, replace(T, column=replace(T.column, kind=Kind.BOOLEAN)), C)),
    "other levels": Plan((X, T, replace(C, bins=LevelBins(("b", "a"))))),
    "open levels": Plan((X, T, replace(C, bins=LevelBins(("a", "b"), open=True)))),
    "an edge one float further": Plan((replace(X, bins=fit_number_bins(np.array([0.0, np.nextafter(1.0, 2.0)]))), T, C)),
}


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_changes_counting_changes_the_fingerprint(other: str) -> None:
    """Profiles of the two would not add."""
    assert OTHERS[other].fingerprint != PLAN.fingerprint
    assert OTHERS[other] != PLAN


def test_equal_plans_are_one() -> None:
    """A plan made again from equal parts has the same fingerprint."""
    assert Plan(tuple(PLAN.columns)).fingerprint == PLAN.fingerprint


def test_the_fingerprint_is_the_same_in_every_run() -> None:
    """Profiles that were written yesterday add to today's: the fingerprint is a fixed function of what is written."""
    assert Plan((Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a",))),)).fingerprint == "566c98af9dcd9e5daaa386857a8d4a8d"


@given(PLANS)
@settings(max_examples=40)
def test_columns_lie_one_after_another(plan: Plan) -> None:
    """The slices of the columns tile the row of counts."""
    places = np.arange(plan.width)
    assert np.concatenate([places[plan.slice(i)] for i in range(len(plan.columns))] or [places]).tolist() == places.tolist()
    assert [places[plan.slice(i)].size for i in range(len(plan.columns))] == [column.width for column in plan.columns]


def test_columns_are_found_by_name_and_by_role() -> None:
    """The first column of a role is found; a role that nobody has is None; a name that nobody has is an error."""
    assert PLAN.names == ("x", "t", "c")
    assert PLAN.index("c") == PLAN.with_role(Role.LABEL) == 2
    assert PLAN.with_role(Role.FEATURE) == 0
    assert PLAN.with_role(Role.ID) is None
    with pytest.raises(ValueError, match="not in tuple"):
        PLAN.index("d")


def test_a_column_without_bins_has_one() -> None:
    """What is only checked for presence has one bin, for values."""
    assert T.width == 1
    assert PLAN.slice(1) == slice(PLAN.offsets[1], PLAN.offsets[1] + 1)
