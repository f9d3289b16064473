from __future__ import annotations

import gzip
import re

import pytest

from driftline.pages.look import SOURCES, address, asset, told


@pytest.mark.parametrize("name", SOURCES)
def test_an_asset_lies_at_its_address(name: str) -> None:
    """What a page refers to is there, packed and not."""
    found = asset(address(name).removeprefix("/assets/"))
    assert found is not None
    assert gzip.decompress(found.packed) == found.body
    assert found.body


@pytest.mark.parametrize("place", ["room.css", "room.000000000000.css", "../room.css", "nothing.abc.js", ""])
def test_nothing_lies_anywhere_else(place: str) -> None:
    """An address of an older version, or a made-up one, is nobody's."""
    assert asset(place) is None


def test_the_style_sheet_is_style() -> None:
    """Nothing in it was escaped as if it were text."""
    found = asset(address("room.css").removeprefix("/assets/"))
    assert found is not None
    text = found.body.decode()
    assert not re.search(r"&(gt|lt|amp|#\d+);", text)
    assert text.count("{") == text.count("}")


def test_the_trail_is_told_without_marks_of_json() -> None:
    """Names and values; what is empty is left out."""
    assert told('{"a": 1, "b": null, "c": "", "d": {"e": 2}}') == [("a", "1"), ("d", "{'e': 2}")]
    assert told("") == []
