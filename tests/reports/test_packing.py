from __future__ import annotations

import base64
import json
import math
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from driftline.reports.packing import compact, decode, encode, pack_json, pack_numbers

doubles = hnp.arrays(np.float64, st.integers(0, 50), elements=st.floats(allow_nan=True, allow_infinity=True))


@given(doubles)
def test_three_digits_survive(values: np.ndarray) -> None:
    """Between 1e-16 and 1e16 a number comes back to three digits; beyond, it stays extreme and keeps its sign."""
    back = decode(encode(values))
    np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
    np.testing.assert_array_equal(np.sign(back[~np.isnan(back)]), np.sign(values[~np.isnan(values)]))
    usual = (np.abs(values) > 1e-16) & (np.abs(values) < 9.98e15)
    np.testing.assert_allclose(back[usual], values[usual], rtol=5.01e-3)


@given(st.floats(1e-15, 1e15))
def test_what_is_unpacked_is_what_a_person_reads(value: float) -> None:
    """Packing and writing with three digits give the same digits."""
    back = float(decode(encode(np.array([value])))[0])
    assert float(f"{back:.3g}") == pytest.approx(float(f"{value:.3g}"), rel=1.2e-2 if f"{value:.6g}".rstrip("0").endswith("5") else 1e-9)


def test_infinity_nothing_and_zero_are_themselves() -> None:
    """What has no digits has its own code."""
    np.testing.assert_array_equal(decode(encode(np.array([0.0, -0.0, np.nan, np.inf, -np.inf]))), [0, 0, np.nan, np.inf, -np.inf])


def test_packed_numbers_are_deflated_bytes() -> None:
    """The page reads base64 of a zlib stream: all low bytes, then all high ones."""
    values = np.array([1.0, 2.5])
    data = zlib.decompress(base64.b64decode(pack_numbers(values)))
    codes = np.frombuffer(data, np.uint8).reshape(2, -1)
    np.testing.assert_array_equal(codes[0].astype(int) | codes[1].astype(int) << 8, encode(values))


def test_packed_json_reads_back() -> None:
    """What goes in comes out."""
    value = {"a": [1, None, "ü <script>"]}
    assert json.loads(zlib.decompress(base64.b64decode(pack_json(value)))) == value


def test_json_without_numbers_is_refused() -> None:
    """A NaN that was not turned into null is a mistake, not a file no browser reads."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        compact(math.nan)
