"""The record of a signature."""

from __future__ import annotations

from driftline.diagnosis.signature import Signature
from driftline.diagnosis.signatures import SIGNATURES


def test_a_signature_looks_in_one_way() -> None:
    """At one column, or at the whole table; those of the table ask for no kind of column or only for where to look."""
    assert all((one.look is None) != (one.sweep is None) for one in SIGNATURES)
    assert all(one.kinds for one in SIGNATURES if one.look is not None)


def test_what_a_signature_does_is_not_printed() -> None:
    """A table of signatures reads as words."""
    one = SIGNATURES[0]
    assert isinstance(one, Signature)
    assert "function" not in repr(one)
