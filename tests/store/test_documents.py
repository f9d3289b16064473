"""Documents: what was packed comes back; numbers that are not finite only where they may."""

from __future__ import annotations

import math

import pytest

from driftline.store.documents import pack, unpack


def test_what_was_packed_comes_back() -> None:
    """Whatever JSON can say, and, where only we read it, what it cannot."""
    assert unpack(pack({"a": [1, None, "ü"]})) == {"a": [1, None, "ü"]}
    assert math.isnan(unpack(pack({"a": math.nan}, finite=False))["a"])
    with pytest.raises(ValueError, match="not JSON compliant"):
        pack({"a": math.nan})
