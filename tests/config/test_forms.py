from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from driftline.config.forms import Files, Place, Query, Share, Whole, not_truth

PLACE: TypeAdapter[Any] = TypeAdapter(Place)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("a.parquet", str),
        (["a.parquet", "b.parquet"], list),
        ({"path": "a"}, Files),
        ({"database": "sqlite://", "query": "select 1"}, Query),
    ],
)
def test_a_place_has_four_forms(said: Any, kind: type) -> None:
    """A path, a list of them, a group with a path, or a database and a query."""
    assert isinstance(PLACE.validate_python(said), kind)


@pytest.mark.parametrize("said", [7, "", [], {"path": ""}, {"database": "sqlite://"}, {"query": "select 1"}])
def test_anything_else_is_no_place(said: Any) -> None:
    """Numbers, nothing, and half a query are refused."""
    with pytest.raises(ValidationError):
        PLACE.validate_python(said)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    """7.0 is whole and 7.5 is not; a truth is no number."""
    assert TypeAdapter(Whole).validate_python(7.0, strict=True) == 7
    with pytest.raises(ValidationError):
        TypeAdapter(Whole).validate_python(7.5, strict=True)
    with pytest.raises(ValueError, match="1"):
        not_truth(value=True)


def test_a_share_lies_between_nothing_and_all() -> None:
    """0 and 1 are shares; beyond them is none."""
    share = TypeAdapter(Share)
    assert [share.validate_python(value) for value in (0, 1)] == [0, 1]
    for value in (-0.1, 1.1):
        with pytest.raises(ValidationError):
            share.validate_python(value)
