"""Hashes that decide samples and distinct counts: the same on every machine, in every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NULL_HASH = np.uint64(0x9AE16A3B2F90404F)
NAN_HASH = np.uint64(0xC949D7C7509E6557)
FNV_OFFSET = 0xCBF29CE484222325
FNV_PRIME = 0x100000001B3
MASK = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15


def mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit words, one to one (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    z = words.astype(np.uint64, copy=True)
    with np.errstate(over="ignore"):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def hash_text(text: str | bytes) -> int:
    """Hash a text's UTF-8 bytes: FNV-1a, 64 bits (Fowler, Noll and Vo), then scrambled."""
    word = FNV_OFFSET
    for byte in text.encode() if isinstance(text, str) else text:
        word = ((word ^ byte) * FNV_PRIME) & MASK
    return int(mix(np.array([word], dtype=np.uint64))[0])


def hash_numbers(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Hash doubles by their bits; -0.0 hashes as 0.0, every NaN alike."""
    # Adding 0.0 turns -0.0 into 0.0.
    words = mix((values + 0.0).view(np.uint64))
    return np.where(np.isnan(values), NAN_HASH, words)


def column_factor(index: int) -> np.uint64:
    """The odd number by which column `index`'s hash enters the hash of the whole row."""
    return np.uint64(((2 * index + 1) * GOLDEN) & MASK | 1)


def row_keys(rows: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """The sampling key of each row, from the hash of its id or of its content."""
    return mix(rows ^ np.uint64(seed & MASK))
