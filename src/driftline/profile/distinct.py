"""How many distinct values a column had, from a few hundred bytes (HyperLogLog, Flajolet et al. 2007)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

INDEX_BITS = 9
REGISTERS = 1 << INDEX_BITS
"""512 registers: a standard error of 1.04/√512 = 4.6%."""


def register(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Registers of the hashed values: the longest run of leading zeros, plus one, per index."""
    registers = np.zeros(REGISTERS, dtype=np.uint8)
    index = (hashes >> np.uint64(64 - INDEX_BITS)).astype(np.intp)
    # The guard bit ends the run after 64 - INDEX_BITS zeros.
    rest = (hashes << np.uint64(INDEX_BITS)) | np.uint64(1 << (INDEX_BITS - 1))
    np.maximum.at(registers, index, leading_zeros(rest) + np.uint8(1))
    return registers


def leading_zeros(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Zeros before the first one of each word (64 for 0)."""
    zeros = np.zeros(words.shape, dtype=np.uint8)
    rest = words.copy()
    for bits in (32, 16, 8, 4, 2, 1):
        empty = rest < (np.uint64(1) << np.uint64(64 - bits))
        zeros += np.uint8(bits) * empty
        rest = np.where(empty, rest << np.uint64(bits), rest)
    return np.asarray(zeros + (words == 0), dtype=np.uint8)


def estimate(registers: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Distinct values per row of registers. Shape: … × REGISTERS → …; small counts by linear counting."""
    m = float(REGISTERS)
    raw = (0.7213 / (1 + 1.079 / m)) * m * m / (2.0 ** -registers.astype(np.float64)).sum(-1)
    empty = (registers == 0).sum(-1)
    with np.errstate(divide="ignore"):
        linear = m * np.log(m / empty)
    # The switch is the paper's.
    return np.asarray(np.where((raw <= 2.5 * m) & (empty > 0), linear, raw))
