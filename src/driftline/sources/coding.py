"""What labels say as 64 bits each, such codes as a column again, of the type that predictions have, and the texts of ids."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.sources.typed import NEARLY_ALL, as_instants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_TEXTS = 1 << 17
"""Labels of more different texts than this are no classes: the rest cannot be read."""

WHOLE = 2.0**63
EXACT = 2.0**53
"""Up to here every whole number is a double."""

NO_TIME = np.iinfo(np.int64).min
"""The time of a label of which nobody knows when it came: any other is later."""

EPOCH_UNITS = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (np.inf, 1e-3))
"""An instant given as a number below the first counts seconds, and so on; the second makes microseconds of it."""

TRUTHS = {"true": 1.0, "t": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "f": 0.0, "no": 0.0, "n": 0.0}
BOOL, INT, FLOAT, TEXT, INSTANT = pa.bool_(), pa.int64(), pa.float64(), pa.string(), pa.timestamp("us", "UTC")


class What(IntEnum):
    """What a label is, and with it what the 64 bits of its value mean."""

    NOTHING = 0
    WHOLE = 1
    """A whole number."""
    FRACTION = 2
    """The bits of a double."""
    TRUTH = 3
    """0 or 1."""
    TEXT = 4
    """The text's place: in the order in which texts first came until the index is made, then among all, sorted."""
    UNREADABLE = 5


@dataclass(slots=True)
class Tale:
    """What is to be told of the labels of an index.

    Attributes:
        again: how many another label of the same id counts instead of.
        corrected: how many of those said something else.
        tied: how many of those said it at the same instant; then the greatest label counts.
        kinds: int64[6], ids by `What` of the label that counts.
        truths: how many of those labels are the whole numbers 0 or 1.
        texts: int64[texts], ids by the text that counts.
    """

    again: int = 0
    corrected: int = 0
    tied: int = 0
    kinds: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(What), dtype=np.int64))
    truths: int = 0
    texts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Reading:
    """How labels are made a column: its type, the texts their values stand for, and how false and true are written."""

    target: pa.DataType
    texts: Sequence[str]
    words: tuple[str, str] = ("false", "true")
    numbers: NDArray[np.float64] = field(init=False, repr=False, compare=False)
    said: pa.Array = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looked up for every batch of rows.
        object.__setattr__(self, "numbers", np.array([parse(text) for text in self.texts], dtype=np.float64))
        object.__setattr__(self, "said", pa.array([*self.texts, *self.words], TEXT))

    @classmethod
    def of(cls, texts: Sequence[str], tale: Tale, wanted: pa.DataType | None) -> Reading:
        """The wanted type where nearly all labels can be read so; whole numbers only where all are whole; else their own."""
        kinds = tale.kinds
        own = TEXT if kinds[What.TEXT] else BOOL if kinds[What.TRUTH] == kinds.sum() else FLOAT if kinds[What.FRACTION] else INT
        reading = cls(wanted or own, texts)
        if reading.target == INT:
            parts = reading.numbers[np.isfinite(reading.numbers)] % 1
            reading = cls(FLOAT if kinds[What.FRACTION] or parts.any() else INT, texts)
        if reading.readable(tale) < NEARLY_ALL * kinds.sum():
            return cls(own, texts)
        return reading

    @property
    def fits(self) -> NDArray[np.bool_]:
        """Which texts can be read as the type."""
        if self.target == TEXT:
            return np.ones(len(self.texts), dtype=np.bool_)
        return np.isin(self.numbers, [0.0, 1.0]) if self.target == BOOL else np.isfinite(self.numbers)

    def readable(self, tale: Tale) -> int:
        """How many of the labels that count can be read as the type."""
        texts = int(tale.texts[self.fits].sum())
        numbers = tale.truths if self.target == BOOL else int(tale.kinds[[What.WHOLE, What.FRACTION]].sum())
        return texts + numbers + int(tale.kinds[What.TRUTH])

    def array(self, kinds: NDArray[np.uint8], values: NDArray[np.int64]) -> pa.Array:
        """The column; null where there is no label, or one that cannot be read."""
        if self.target == TEXT:
            return self._text(kinds, values)
        text = kinds == What.TEXT
        numbers = np.where(kinds == What.FRACTION, values.view(np.float64), values.astype(np.float64))
        numbers[text] = self.numbers[values[text]]
        known = (kinds != What.NOTHING) & (kinds != What.UNREADABLE) & (~text | np.isfinite(numbers))
        if self.target == BOOL:
            known &= (numbers == 0) | (numbers == 1)
            return pa.array(numbers == 1, mask=~known)
        if self.target == INT:
            # A double would round the largest.
            return pa.array(np.where(text, np.where(known & text, numbers, 0).astype(np.int64), values), mask=~known)
        return pa.array(numbers, mask=~known)

    def _text(self, kinds: NDArray[np.uint8], values: NDArray[np.int64]) -> pa.Array:
        text, truth = kinds == What.TEXT, kinds == What.TRUTH
        places = np.where(truth, values + len(self.texts), values)
        found = self.said.take(pa.array(places, mask=~(text | truth)))
        for kind, numbers in ((What.WHOLE, values), (What.FRACTION, values.view(np.float64))):
            where = kinds == kind
            if where.any():
                found = pc.replace_with_mask(found, pa.array(where), texts_of(pa.array(numbers[where])).cast(TEXT))
        return found


def parse(text: str) -> float:
    """What a text is worth as a number or a truth; NaN for neither.

    >>> parse(" 1e3 "), parse("Yes"), parse("maybe")
    (1000.0, 1.0, nan)
    """
    word = text.strip().lower()
    try:
        return TRUTHS[word] if word in TRUTHS else float(word)
    except ValueError:
        return float("nan")


def encode(array: pa.Array, texts: dict[str, int], *, numeric: bool) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:  # noqa: PLR0911  one return a type
    """What each label is, and its 64 bits.

    Args:
        array: the labels, of any type.
        texts: the place of each text so far; new ones are added.
        numeric: texts that are numbers are taken as such.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return encode(array.storage, texts, numeric=numeric)
    null = np.asarray(array.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    if pa.types.is_dictionary(kind):
        kinds, values = encode(array.dictionary, texts, numeric=numeric)
        places = array.indices.cast(pa.int64()).fill_null(len(kinds)).to_numpy(zero_copy_only=False)
        return np.append(kinds, np.uint8(0))[places], np.append(values, 0)[places]
    if pa.types.is_boolean(kind):
        return _typed(null, What.TRUTH), array.cast(pa.int8()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    if pa.types.is_integer(kind) and kind != pa.uint64():
        return _typed(null, What.WHOLE), array.cast(INT).fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(pc.cast(array, FLOAT, safe=False).to_numpy(zero_copy_only=False))
    if pa.types.is_nested(kind):
        return _typed(null, What.UNREADABLE), np.zeros(len(array), dtype=np.int64)
    try:
        said = texts_of(array).cast(pa.large_string())
    except pa.ArrowException:
        return _typed(null, What.UNREADABLE), np.zeros(len(array), dtype=np.int64)
    distinct = said.dictionary_encode()
    pairs = [_text(text, texts, numeric=numeric) for text in distinct.dictionary.to_pylist()]
    coded = np.array([*pairs, (0, 0)], dtype=np.int64)[distinct.indices.fill_null(len(pairs)).to_numpy(zero_copy_only=False)]
    return coded[:, 0].astype(np.uint8), np.ascontiguousarray(coded[:, 1])


def _text(text: str | None, texts: dict[str, int], *, numeric: bool) -> tuple[int, int]:
    """What one text is; an empty one is none."""
    if text is None or not text.strip():
        return What.NOTHING, 0
    if numeric:
        try:
            kinds, values = _numbers(np.array([float(text)]))
            return int(kinds[0]), int(values[0])
        except ValueError:
            pass
    if text not in texts and len(texts) >= MOST_TEXTS:
        return What.UNREADABLE, 0
    return What.TEXT, texts.setdefault(text, len(texts))


def _typed(null: NDArray[np.bool_], what: What) -> NDArray[np.uint8]:
    return np.where(null, What.NOTHING, what).astype(np.uint8)


def _numbers(numbers: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Doubles; those that are whole as whole numbers, so that 1 and 1.0 are the same label."""
    whole = (np.abs(numbers) < EXACT) & (np.trunc(numbers) == numbers)
    values = np.where(whole, np.where(whole, numbers, 0).astype(np.int64), numbers.astype(np.float64).view(np.int64))
    return np.select([np.isnan(numbers), whole], [What.NOTHING, What.WHOLE], What.FRACTION).astype(np.uint8), values


def micros(array: pa.Array) -> NDArray[np.int64]:
    """Microseconds since 1970 of instants, dates, numbers or texts (without a time zone they are UTC); `NO_TIME` for others."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return micros(array.dictionary_decode())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = pc.cast(array, FLOAT, safe=False).to_numpy(zero_copy_only=False)
        size = np.abs(numbers)
        scale = np.select([size < limit for limit, _ in EPOCH_UNITS], [unit for _, unit in EPOCH_UNITS], np.nan)
        known = np.isfinite(numbers * scale)
        return np.where(known, np.where(known, numbers * scale, 0).astype(np.int64), NO_TIME)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        array = as_instants(array)
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            return np.array([_instant(text) for text in array.to_pylist()], dtype=np.int64)
    if not (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)):
        return np.full(len(array), NO_TIME)
    plain = array.cast(pa.timestamp("us", getattr(array.type, "tz", None)), safe=False).cast(INT)
    return np.asarray(plain.fill_null(NO_TIME).to_numpy(zero_copy_only=False))


def _instant(text: str | None) -> int:
    try:
        at = datetime.fromisoformat((text or "").strip().removesuffix(" UTC"))
    except ValueError:
        return NO_TIME
    return as_micros(at)


def as_micros(at: datetime) -> int:
    """Microseconds since 1970; without a time zone it is UTC."""
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


def class_of(kind: pa.DataType) -> pa.DataType | None:
    """As which type labels are to be read, to be compared with a column of another; None where that does not matter."""
    if pa.types.is_dictionary(kind):
        return class_of(kind.value_type)
    if pa.types.is_boolean(kind):
        return BOOL
    if pa.types.is_integer(kind):
        return INT
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return FLOAT
    return TEXT if "string" in str(kind) else None


def texts_of(array: pa.Array) -> pa.Array:  # noqa: PLR0911  one return a type
    """The text of each id as large strings or bytes, as `engines.cells` has it; null where there is none."""
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _uutexts_of(array.storage) if kind.extension_name == "arrow.uuid" else texts_of(array.storage)
    if pa.types.is_run_end_encoded(kind):
        return texts_of(pc.run_end_decode(array))
    if pa.types.is_floating(kind):
        return _number_texts(array)
    if pa.types.is_decimal(kind):
        found = [None if v is None else str(int(v)) if v == v.to_integral_value() else f"{v.normalize():f}" for v in array.to_pylist()]
        return pa.array(found, pa.large_string())
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return _time_texts(array)
    try:
        # Bytes stay bytes: they need not be text to be the same.
        return array.cast(pa.large_binary() if "binary" in str(kind) else pa.large_string())
    except pa.ArrowException:
        return pa.nulls(len(array), pa.large_string())


def _uutexts_of(array: pa.Array) -> pa.Array:
    return pa.array([None if value is None else str(uuid.UUID(bytes=value)) for value in array.to_pylist()], pa.large_string())


def _number_texts(array: pa.Array) -> pa.Array:
    """Whole numbers as integers are written, others as briefly as can be."""
    numbers = array.to_numpy(zero_copy_only=False)
    gone = np.isnan(numbers)
    whole = ~gone & (np.abs(np.where(gone, 0, numbers)) < WHOLE) & (np.trunc(numbers) == numbers)
    texts = pa.array(np.where(whole, numbers, 0).astype(np.int64), mask=gone).cast(pa.large_string())
    odd = ~whole & ~gone
    if not odd.any():
        return texts
    return pc.replace_with_mask(texts, pa.array(odd), pa.array([str(value) for value in numbers[odd]], pa.large_string()))


def _time_texts(array: pa.Array) -> pa.Array:
    """ISO 8601 without the zeros that only tell the unit, and with a Z where there is a time zone."""
    zoned = pa.types.is_timestamp(array.type) and array.type.tz
    plain = (array.view(pa.timestamp(array.type.unit)) if zoned else array).cast(pa.string()).cast(pa.large_string())
    short = pc.replace_substring_regex(pc.replace_substring_regex(plain, r"(\.\d*?)0+$", r"\1"), r"\.$", "")
    return pc.binary_join_element_wise(short, pa.scalar("Z", pa.large_string()), pa.scalar("", pa.large_string())) if zoned else short
