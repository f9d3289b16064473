"""What a model is given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from driftline.errors import UnreadableData
from driftline.training.signature import mismatch, signature_of

if TYPE_CHECKING:
    from pathlib import Path

CHAMPION = {"amount": "double", "country": "string"}


def test_it_is_read_from_either_file(tmp_path: Path) -> None:
    """Our own file and MLflow's tell the same; a folder without either tells nothing."""
    assert signature_of(tmp_path) is None
    inputs = json.dumps([{"name": name, "type": kind} for name, kind in CHAMPION.items()])
    (tmp_path / "MLmodel").write_text(json.dumps({"signature": {"inputs": inputs}}))
    assert signature_of(tmp_path) == CHAMPION
    (tmp_path / "signature.json").write_text(json.dumps({"inputs": {"amount": "double"}}))
    assert signature_of(tmp_path) == {"amount": "double"}


@pytest.mark.parametrize(
    ("name", "text"), [("signature.json", '{"inputs": 3}'), ("MLmodel", "- a"), ("MLmodel", "signature: {inputs: '{'}")]
)
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    """A file that says nothing sensible is an error, not a model without a signature."""
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableData, match=name):
        signature_of(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (CHAMPION, ""),
        (None, ""),
        ({"amount": "double"}, "lacks country"),
        ({**CHAMPION, "zip": "string"}, "also wants zip"),
        ({**CHAMPION, "amount": "long"}, "has other types for amount"),
        ({**CHAMPION, "postcode": "long"}, "wants postcode, which the rows do not have"),
    ],
)
def test_what_differs_is_said(wanted: dict[str, str] | None, said: str) -> None:
    """Other columns or types than the champion's keep a model from its place."""
    found = mismatch(wanted, CHAMPION, [*CHAMPION, "zip"])
    assert said in found
    assert bool(found) is bool(said)
