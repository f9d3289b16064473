"""The table of signatures reads as a table of contents."""

from __future__ import annotations

import pytest

from driftline.diagnosis.signatures import FALSE_ALARMS, SIGNATURES

METHODS = {
    "unit_change", "sign_flip", "column_swap", "type_change", "null_burst", "default_fill", "category_rename", "category_merge",
    "category_split", "duplicated_batch", "replayed_rows", "stuck_value", "time_shift", "truncation", "missing_partition", "join_fan_out",
    "rounding", "category_spelling", "encoding_damage", "missing_column", "missing_rows", "range_violation", "new_level",
    "infinite_values", "serving_skew",
}  # fmt: skip


def test_every_promised_signature_is_there() -> None:
    """The faults that the methods list, and those of the schema."""
    assert {one.name for one in SIGNATURES} == METHODS


@pytest.mark.parametrize("one", SIGNATURES, ids=lambda one: f"{one.name}: {one.looks_for}")
def test_each_says_its_test_and_why_it_is_trusted(one: object) -> None:
    """What is looked for, by which test, from when on, and how rarely the world does the same."""
    for field in ("looks_for", "test", "threshold", "source", "why"):
        assert getattr(one, field)
    assert 0 < getattr(one, "trust") <= 1  # noqa: B009  named like the others


def test_what_is_only_lacking_spoils_nothing() -> None:
    """A model may learn from rows that came, and from levels that are new; not from rows that are wrong."""
    assert {one.name for one in SIGNATURES if not one.spoils} == {"missing_rows", "missing_partition", "new_level", "serving_skew"}


def test_schema_and_volume_come_first() -> None:
    """They are asked before anything of the values, and together accuse rarely."""
    firsts = [one.first for one in SIGNATURES]
    assert {one.name for one in SIGNATURES if one.first} == {"missing_column", "type_change", "missing_rows", "missing_partition"}
    assert firsts[0]
    assert FALSE_ALARMS <= 1e-3
