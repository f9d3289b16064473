"""What the distinct values of a column mean to a plan: the hash and the bin of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.engines.cells import cells, is_text, nulls, raw
from driftline.engines.kernel import KERNEL
from driftline.engines.numpy_kernel import NULL, WRONG
from driftline.profile import hashing
from driftline.profile.bins import LevelBins
from driftline.schema import NAMING_ROLES, NUMERIC_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.plan import Planned
    from driftline.profile.reference import Cells

NONE = np.empty(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The distinct values of a column, in the order of their codes.

    Attributes:
        distinct: the values as they came.
        hashes: uint64, one per value.
        text_hashes: uint64, the hash of each value's text; the same as `hashes` but for numbers.
        places: int32, the bin of each value; -1 for null, -2 for the wrong type.
        unseen: int32, codes of values outside the column's levels, by ascending hash.
        texts: the values' texts where they had to be converted.
        same: int32, the first code of the same text, where texts repeat.
        values: float64, what each value is in the sample: its bin, or NaN; and at the end NaN, for null.
    """

    distinct: pa.Array
    hashes: NDArray[np.uint64]
    text_hashes: NDArray[np.uint64]
    places: NDArray[np.int32]
    unseen: NDArray[np.int32]
    texts: Sequence[str | None] | None
    same: NDArray[np.int32] | None
    values: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", np.append(np.where(self.places < 0, np.nan, self.places), np.nan))

    def is_of(self, distinct: pa.Array) -> bool:
        """Whether these are the same values in the same order."""
        return self.distinct is distinct or bool(self.distinct.equals(distinct))

    def text(self, code: int) -> str:
        """The text of a value."""
        if self.texts is not None:
            return self.texts[code] or ""
        value = self.distinct[code].as_py()
        return value.decode() if isinstance(value, bytes) else str(value)


def meaning(planned: Planned, distinct: pa.Array) -> Meaning:
    """Find each distinct value's hash and bin."""
    levels = planned.bins.levels if isinstance(planned.bins, LevelBins) else ()
    quick = planned.column.kind in {Kind.CATEGORY, Kind.TEXT} and is_text(distinct.type)
    hashes = hash_array(distinct) if quick else None
    if hashes is None:
        return _converted(planned, distinct, levels)
    text = distinct.cast(pa.large_string())
    found = pc.index_in(text, value_set=pa.array(levels, pa.large_string()))
    places = np.where(nulls(found), len(levels), raw(found)).astype(np.int32)
    places[nulls(distinct)] = NULL
    return _sorted_out(planned, Meaning(distinct, hashes, hashes, places, NONE, None, None))


def hash_cells(planned: Planned, read: Cells) -> NDArray[np.uint64]:
    """Hash converted cells: `profile.reference.hash_cells`, sooner."""
    hashes = hash_texts(read.texts)
    if planned.column.kind in NUMERIC_KINDS and planned.column.role not in NAMING_ROLES:
        return np.where(read.wrong, hashes, hashing.hash_numbers(read.numbers))
    return hashes


def hash_texts(texts: Sequence[str | None]) -> NDArray[np.uint64]:
    """Hash texts; none hashes as the empty one."""
    array = pa.array(["" if text is None else text for text in texts], pa.large_string())
    hashes = np.empty(len(array), dtype=np.uint64)
    _, offsets, data = array.buffers()
    KERNEL.hash_texts(offsets, 8, data, array.offset, hashes)
    return hashes


def hash_array(array: pa.Array) -> NDArray[np.uint64] | None:
    """Hash each value's text (any hash where null) if it is quickly had: proper UTF-8, or an integer."""
    hashes = np.empty(len(array), dtype=np.uint64)
    if not len(array):
        return hashes
    if pa.types.is_integer(array.type):
        signed = pa.types.is_signed_integer(array.type)
        KERNEL.hash_integers(raw(array).astype(np.int64 if signed else np.uint64), signed, hashes)
        return hashes
    if not is_text(array.type) or not is_utf8(array):
        return None
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    KERNEL.hash_texts(offsets, 8 if large else 4, data, array.offset, hashes)
    return hashes


def is_utf8(array: pa.Array) -> bool:
    """Whether every value is UTF-8, which Arrow itself only promises."""
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    try:
        array.cast(pa.large_binary() if large else pa.binary()).cast(pa.large_string() if large else pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _converted(planned: Planned, distinct: pa.Array, levels: tuple[str, ...]) -> Meaning:
    read = cells(planned, distinct)
    hashes = hash_cells(planned, read)
    codes = {level: code for code, level in enumerate(levels)}
    places = np.array([codes.get(text or "", len(levels)) for text in read.texts], dtype=np.int32)
    places[read.wrong] = WRONG
    places[read.null] = NULL
    return _sorted_out(planned, Meaning(distinct, hashes, hash_texts(read.texts), places, NONE, read.texts, None))


def _sorted_out(planned: Planned, found: Meaning) -> Meaning:
    """Order the unseen codes, and join codes that turned out to be the same text."""
    if not isinstance(planned.bins, LevelBins):
        return found
    unseen = np.flatnonzero(found.places == len(planned.bins.levels)).astype(np.int32)
    unseen = np.asarray(unseen[np.argsort(found.text_hashes[unseen], kind="stable")], dtype=np.int32)
    ranked = found.text_hashes[unseen]
    if not (ranked[1:] == ranked[:-1]).any():
        return replace(found, unseen=unseen)
    first: dict[str, int] = {}
    same = np.arange(len(found.places), dtype=np.int32)
    for code in unseen.tolist():
        same[code] = first.setdefault(found.text(code), code)
    only = sorted(first, key=lambda text: (int(found.text_hashes[first[text]]), text))
    return replace(found, unseen=np.array([first[text] for text in only], dtype=np.int32), same=same)
