"""How numbers travel inside the report's page: three decimal digits in two bytes, deflated, as text."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING, ZERO, ENDLESS, MINUS_ENDLESS = range(4)
"""Codes of what has no three digits; NOTHING stands for not-a-number."""

LEAST, GREATEST = -18, 13
"""A number is its digits (100 to 999) times ten to a power between these."""

LONG = 100_000
"""From so many bytes on time counts for more than room."""


def encode(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Round to three significant decimal digits: one bit for the sign, five for the power, ten for the digits.

    What is smaller than 1e-16 becomes the smallest number there is, what is larger than 1e16 the largest, so that
    neither turns into nothing.

    >>> decode(encode(np.array([0.123456, -9996.0, 0.0, np.nan, np.inf])))
    array([ 1.23e-01, -1.00e+04,  0.00e+00,       nan,       inf])
    """
    size = np.abs(values)
    usual = np.isfinite(values) & (size > 0)
    safe = np.where(usual, size, 1.0)
    power = np.floor(np.log10(safe)).astype(np.int64) - 2
    digits = np.rint(safe / 10.0 ** np.clip(power, -300, 300)).astype(np.int64)
    carried = digits >= 1000  # noqa: PLR2004  9.996 rounds to 10.0
    digits, power = np.where(carried, 100, digits), power + carried
    digits = np.where(power < LEAST, 100, np.where(power > GREATEST, 999, np.clip(digits, 100, 999)))
    codes = (values < 0).astype(np.int64) << 15 | (np.clip(power, LEAST, GREATEST) - LEAST) << 10 | digits
    odd = np.select([np.isnan(values), values == 0, values > 0], [NOTHING, ZERO, ENDLESS], MINUS_ENDLESS)
    return np.where(usual, codes, odd).astype(np.uint16)


def decode(codes: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Read what `encode` wrote, as the page does."""
    code = codes.astype(np.int64)
    power = (code >> 10 & 31) + LEAST
    value = np.where(code >> 15, -1.0, 1.0) * (code & 1023) * 10.0**power
    return np.select([code == NOTHING, code == ZERO, code == ENDLESS, code == MINUS_ENDLESS], [np.nan, 0.0, np.inf, -np.inf], value)


def pack_numbers(values: NDArray[np.float64]) -> str:
    """Pack an array: little-endian codes, all low bytes first, which deflates better, then all high ones."""
    codes = encode(np.asarray(values, dtype=np.float64).ravel())
    return deflate(codes.astype("<u2").view(np.uint8).reshape(-1, 2).T.tobytes())


def pack_json(value: Any) -> str:
    """Pack anything JSON can hold."""
    return deflate(compact(value).encode())


def compact(value: Any) -> str:
    """Write JSON without spaces; NaN and infinity are refused."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def deflate(data: bytes) -> str:
    """Compress (zlib) and write as base64; what is long less hard, which takes a quarter of the time and a hundredth more room."""
    return base64.b64encode(zlib.compress(data, 9 if len(data) < LONG else 4)).decode("ascii")
