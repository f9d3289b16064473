"""Faults and shifts that are put into good rows on purpose, to see whether and when they are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Values = NDArray[Any]
    Rows = Mapping[str, Values]
    Hit = NDArray[np.bool_]
    Change = Callable[[Values, Hit, "Around"], Values | None]


@dataclass(frozen=True, slots=True)
class Around:
    """What a change may look at besides the values it changes.

    Attributes:
        usual: the column's usual values, without missing ones.
        other: another column of the same kind; None where there is none.
        rng: dice.
    """

    usual: Values
    other: Values | None
    rng: np.random.Generator


@dataclass(frozen=True, slots=True)
class Injection:
    """One way in which a column of good rows is changed.

    Attributes:
        name: what it is called.
        kinds: kinds of columns it fits: "number", "category".
        told: what a diagnosis should call it, any of these.
        parts: whether it may befall some of the rows only.
        change: gives the new values of a column (numbers as float64 with NaN for missing, categories as object with None), of
            which the marked ones are changed; None where it would change nothing that could be seen.
    """

    name: str
    kinds: frozenset[str]
    told: frozenset[str]
    parts: bool
    change: Change

    def into(self, rows: Rows, column: str, hit: Hit, around: Around) -> dict[str, Values] | None:
        """Rows with the change in one column; None where it cannot be made in it."""
        made = self.change(rows[column], hit, around)
        return None if made is None else {**rows, column: made}


def _times(factor: float, offset: float = 0.0) -> Change:
    def change(values: Values, hit: Hit, around: Around) -> Values | None:
        del around
        return np.where(hit, values * factor + offset, values)

    return change


def _moved(times: float) -> Change:
    """Numbers move by so many standard deviations, half the distance between the quantiles that one apart bound on each side."""

    def change(values: Values, hit: Hit, around: Around) -> Values | None:
        spread = float(np.subtract(*np.quantile(around.usual, [0.84, 0.16]))) / 2
        return np.where(hit, values + times * spread, values) if spread > 0 else None

    return change


def _of_a_level(values: Values, hit: Hit, around: Around) -> Values | None:
    """Rows say a level that others said before: the mix changes, and no level is new."""
    level = _frequent(around, 1)
    return None if level is None else np.where(hit, level[0], values).astype(object)


def _sign(values: Values, hit: Hit, around: Around) -> Values | None:
    """Nothing is seen of it where values lie around zero as their mirror image does."""
    usual = around.usual
    above = float((usual > 0).mean())
    return np.where(hit, -values, values) if max(above, float((usual < 0).mean())) >= ONE_SIDED else None


def _clipped(values: Values, hit: Hit, around: Around) -> Values | None:
    edge = float(np.quantile(around.usual, around.rng.uniform(0.7, 0.95), method="lower"))
    if (around.usual >= edge).mean() > MOST_BEYOND or (around.usual > edge).mean() < LEAST_BEYOND:
        return None
    return np.where(hit, np.minimum(values, edge), values)


def _rounded(values: Values, hit: Hit, around: Around) -> Values | None:
    spread = float(np.subtract(*np.quantile(around.usual, [0.9, 0.1])))
    if spread <= 0:
        return None
    step = 10.0 ** np.floor(np.log10(spread / around.rng.uniform(5, 40)))
    off = np.abs(around.usual / step - np.rint(around.usual / step)) > FAR_OFF
    return np.where(hit, np.rint(values / step) * step, values) if off.mean() >= HALF else None


def _stuck(values: Values, hit: Hit, around: Around) -> Values | None:
    return np.where(hit, around.rng.choice(around.usual), values) if np.unique(around.usual).size > 1 else None


def _default(values: Values, hit: Hit, around: Around) -> Values | None:
    value = float(around.rng.choice([0.0, -1.0, 999.0, float(np.median(around.usual))]))
    return np.where(hit, value, values) if (around.usual == value).mean() < HALF else None


def _nothing(values: Values, hit: Hit, around: Around) -> Values | None:
    del around
    made = values.copy()
    made[hit] = None if values.dtype == object else np.nan
    return made


def _texts(values: Values, hit: Hit, around: Around) -> Values | None:
    """Numbers as a program of another country writes them: 1.234,5."""
    del around
    made = values.astype(object)
    made[np.isnan(values)] = None
    written = [f"{value:,.2f} EUR" for value in values[hit & ~np.isnan(values)]]
    made[hit & ~np.isnan(values)] = written
    return made


def _default_level(values: Values, hit: Hit, around: Around) -> Values | None:
    """Missing levels become a word for it, or one that is in use."""
    level = around.rng.choice(np.array(["unknown", "N/A", "other"], dtype=object))
    made = values.copy()
    made[hit & (np.array([value is not None for value in values]))] = level
    return made


def _renamed(values: Values, hit: Hit, around: Around) -> Values | None:
    level = _frequent(around, 1)
    return None if level is None else _mapped(values, hit, {level[0]: f"{_word(around.rng)}"})


def _split(values: Values, hit: Hit, around: Around) -> Values | None:
    level = _frequent(around, 1)
    if level is None:
        return None
    names = np.array([f"{level[0]} {part}" for part in ("A", "B", "C")[: around.rng.integers(2, 4)]], dtype=object)
    made = values.copy()
    chosen = hit & (values == level[0])
    made[chosen] = around.rng.choice(names, chosen.sum())
    return made


def _merged(values: Values, hit: Hit, around: Around) -> Values | None:
    levels = _frequent(around, 2)
    if levels is None or np.unique(around.usual.astype(str)).size < 3:  # noqa: PLR2004  one of two levels left is a stuck value
        return None
    return _mapped(values, hit, dict.fromkeys(levels, str(around.rng.choice([levels[0], "various"]))))


def _cased(values: Values, hit: Hit, around: Around) -> Values | None:
    if all(value.lower() == value.upper() for value in around.usual):
        return None
    way = str.lower if any(value != value.lower() for value in values if value is not None) else str.upper
    return _mapped(values, hit, {value: way(value) for value in {value for value in values if value is not None}})


def _misread(values: Values, hit: Hit, around: Around) -> Values | None:
    known = {value for value in values if value is not None}
    if np.mean([not value.isascii() for value in around.usual]) < LEAST_FOREIGN:
        return None
    return _mapped(values, hit, {value: value.encode().decode("latin-1") for value in known})


def _frequent(around: Around, count: int) -> list[str] | None:
    """Levels that enough rows have, at random; None where there are too few."""
    levels, rows = np.unique(around.usual.astype(str), return_counts=True)
    enough = levels[rows >= LEAST_LEVEL * rows.sum()]
    return [str(level) for level in around.rng.choice(enough, count, replace=False)] if enough.size >= count else None


def _mapped(values: Values, hit: Hit, names: Mapping[str, str]) -> Values:
    return np.array([names.get(value, value) if changed else value for value, changed in zip(values, hit, strict=True)], dtype=object)


def _word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("bcdfghklmnprst")) + rng.choice(list("aeiou")) for _ in range(3)).capitalize()


ONE_SIDED, HALF, FAR_OFF = 0.95, 0.5, 0.01
LEAST_BEYOND, MOST_BEYOND = 0.03, 0.4
LEAST_LEVEL, LEAST_FOREIGN = 0.05, 0.03
"""Of less than this nobody could see anything."""

NUMBER, CATEGORY, BOTH = frozenset({"number"}), frozenset({"category"}), frozenset({"number", "category"})


def _of(name: str, kinds: frozenset[str], told: str, change: Change, *, parts: bool = True) -> Injection:
    return Injection(name, kinds, frozenset(told.split()), parts, change)


INJECTIONS: tuple[Injection, ...] = (
    _of("times 1000", NUMBER, "unit_change", _times(1000)),
    _of("times 100", NUMBER, "unit_change", _times(100)),
    _of("divided by 100", NUMBER, "unit_change", _times(0.01)),
    _of("Fahrenheit for Celsius", NUMBER, "unit_change", _times(1.8, 32), parts=False),
    _of("sign lost", NUMBER, "sign_flip", _sign),
    _of("clipped", NUMBER, "truncation", _clipped, parts=False),
    _of("rounded", NUMBER, "rounding", _rounded),
    _of("stuck", BOTH, "stuck_value", _stuck, parts=False),
    _of("default filled in", NUMBER, "default_fill", _default),
    _of("default level", CATEGORY, "default_fill", _default_level),
    _of("missing", BOTH, "null_burst", _nothing),
    _of("numbers as text", NUMBER, "type_change", _texts),
    _of("renamed", CATEGORY, "category_rename category_spelling", _renamed, parts=False),
    _of("split", CATEGORY, "category_split", _split, parts=False),
    _of("merged", CATEGORY, "category_merge", _merged, parts=False),
    _of("other case", CATEGORY, "category_spelling", _cased),
    _of("damaged encoding", CATEGORY, "encoding_damage", _misread),
)
"""Changes of one column."""

SHIFTS: tuple[Injection, ...] = (
    *(Injection(f"moved by {times:g} sd", NUMBER, frozenset(), parts=False, change=_moved(times)) for times in (0.1, 0.25, 0.5, 1.0)),
    Injection("more of one level", CATEGORY, frozenset(), parts=True, change=_of_a_level),
)
"""Changes of one column that are no fault, and that a diagnosis has no name for."""
