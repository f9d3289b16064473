"""How numbers, names, times and statistics are written for people: the one place where that is decided."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.drift.statistic import STATISTICS
from driftline.errors import UnknownPart
from driftline.window import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NOTHING = "–"
"""Stands where there is no number."""

HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
"""Characters that move the cursor, turn the text around or cannot be seen (or, lone surrogates, written)."""

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Word:
    """What a statistic is called, and in which unit it is counted: `share`, `sd`, `log` (of a factor) or nothing."""

    title: str
    unit: str = ""


JUDGED: Mapping[str, Word] = {
    "shift": Word("shift of the mean", "sd"),
    "spread": Word("change of spread", "log"),
    "psi": Word("population stability index"),
    "level": Word("share of a level", "share"),
    "atom": Word("share of one value", "share"),
    "tail": Word("share in the tails", "share"),
    "dependence": Word("rank correlation with another column"),
    "unseen": Word("share of unseen values", "share"),
    "null": Word("share of nulls", "share"),
    "nan": Word("share of not-a-number", "share"),
    "wrong_type": Word("share of the wrong type", "share"),
    "absent": Word("share without the column", "share"),
    "duplicate": Word("share of repeated rows", "share"),
    "volume": Word("number of rows", "log"),
    "silence": Word("share of the window without rows", "share"),
}
"""The statistics that verdicts rest on; the others are described where they are computed."""


def word(statistic: str) -> Word:
    """Look up what a statistic is called.

    >>> word("null")
    Word(title='share of nulls', unit='share')
    """
    if statistic in JUDGED:
        return JUDGED[statistic]
    try:
        known = STATISTICS[statistic]
    except UnknownPart:
        return Word(statistic.replace("_", " "))
    return Word(known.title, "sd" if known.unit.startswith("standard deviation") else "")


def number(value: float | None) -> str:
    """Write a number with three digits that mean something.

    >>> [number(x) for x in (0.123456, 12345.6, 0.00001234, 0.0, None, float("inf"))]
    ['0.123', '12,346', '1.23e-5', '0', '–', '∞']
    """
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if not size:
        return "0"
    if size < 1e-4 or size >= 1e15:  # noqa: PLR2004  where digits alone can no longer be read
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{_strip(mantissa)}e{int(exponent)}"
    return f"{value:,.0f}" if size >= 1000 else f"{float(f'{value:.3g}'):g}"  # noqa: PLR2004  no decimals from here on


def graded(value: float, step: float) -> str:
    """Write one of many numbers that lie `step` apart, so that neighbours differ.

    >>> graded(1000.25, 0.05), graded(3.0, 1.0), graded(1e-7, 1e-8)
    ('1,000.25', '3', '1e-7')
    """
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if decimals > 6 or abs(value) >= 1e15:  # noqa: PLR2004  where digits alone can no longer be read
        return number(value)
    return _strip(f"{value + 0.0:,.{decimals}f}") if round(value, decimals) else "0"


def percent(share: float | None) -> str:
    """Write a share of rows as a percentage that never rounds something to nothing.

    >>> [percent(x) for x in (0.5, 0.01234, 0.00001, 0.999999, 0.0, None)]
    ['50%', '1.23%', '<0.01%', '>99.99%', '0%', '–']
    """
    if share is None or not math.isfinite(share):
        return NOTHING
    hundredths = abs(share) * 100
    sign = "-" if share < 0 else ""
    if 0 < hundredths < 0.01:  # noqa: PLR2004  the last decimal that is shown
        return f"{sign}<0.01%"
    if 99.99 < hundredths < 100:  # noqa: PLR2004  likewise
        return f"{sign}>99.99%"
    return f"{sign}{_strip(f'{hundredths:.{1 if hundredths >= 10 else 2}f}')}%"  # noqa: PLR2004  three digits


def sureness(confidence: float) -> str:
    """Write how sure something is: nothing that is judged from rows is ever sure altogether.

    >>> sureness(0.8531), sureness(0.9996)
    ('85%', 'more than 99%')
    """
    return "more than 99%" if confidence >= 0.995 else f"{confidence:.0%}"  # noqa: PLR2004  what would be rounded to 100%


def rows(count: int) -> str:
    """Write how many rows.

    >>> rows(1), rows(1234)
    ('1 row', '1,234 rows')
    """
    return plural(count, "row")


def plural(count: int, noun: str) -> str:
    """Write how many of something.

    >>> plural(2, "column")
    '2 columns'
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def since(label: str, windows: int = 0) -> str:
    """Write since which window something lasts, and over how many; all rows in one window have no before.

    >>> since("2026-03-01", 2), since("all", 1)
    ('since 2026-03-01, 2 windows', 'in all rows')
    """
    if label == WHOLE.label:
        return "in all rows"
    return f"since {clean(label)}" + (f", {plural(windows, 'window')}" if windows else "")


def amount(statistic: str, effect: float | None) -> str:
    """Write an effect in the statistic's unit; a change of a share is counted in percentage points.

    >>> amount("null", 0.123), amount("shift", -0.5), amount("spread", 0.1), amount("psi", 0.25)
    ('+12.3 pp', '-0.5 sd', '× 1.11', '0.25')
    """
    unit = word(statistic).unit
    if effect is None or not math.isfinite(effect):
        return number(effect)
    match unit:
        case "share":
            return f"{signed(effect * 100)} pp"
        case "log":
            return f"× {number(_factor(effect))}"
        case "sd":
            return f"{signed(effect)} sd"
        case _:
            return number(effect)


def raw(statistic: str, value: float | None) -> str:
    """Write a statistic's own value, or its threshold.

    >>> raw("null", 0.123), raw("spread", -0.1), raw("psi", 0.25)
    ('12.3%', '× 0.905', '0.25')
    """
    return percent(value) if word(statistic).unit == "share" else amount(statistic, value)


def interval(statistic: str, bounds: tuple[float, float] | None) -> str:
    """Write a confidence interval in the statistic's unit, without repeating the unit.

    >>> interval("null", (0.1, 0.125)), interval("spread", (0.0, 0.1)), interval("psi", None)
    ('10 to 12.5', '1 to 1.11', '')
    """
    if bounds is None or any(map(math.isnan, bounds)):
        return ""
    unit = word(statistic).unit
    low, high = (_factor(b) if unit == "log" else b * 100 if unit == "share" else b for b in bounds)
    return f"{number(low)} to {number(high)}"


def probability(value: float | None) -> str:
    """Write a p-value.

    >>> probability(0.0123), probability(1e-9)
    ('0.012', '<0.0001')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return "<0.0001" if value < 1e-4 else f"{float(f'{value:.2g}'):g}"  # noqa: PLR2004  smaller says no more


def instant(at: datetime) -> str:
    """Write when something happened, with its offset from UTC."""
    zone = at.strftime("%z")
    where = "" if not zone else " UTC" if set(zone) <= set("+-0") else f" {zone[:3]}:{zone[3:5]}"
    return at.strftime("%Y-%m-%d %H:%M") + where


def clean(text: str, width: int | None = None) -> str:
    r"""Make a stranger's text safe to show on one line: what cannot be seen is spelled out, what is long is cut in the middle.

    >>> clean("a\x1b[31mb\n"), clean("abcdefghij", 7)
    ('a\\x1b[31mb\\n', 'abc…hij')
    """
    seen = HIDDEN.sub(lambda hidden: hidden[0].encode("unicode_escape").decode("ascii"), text)
    if width is None or len(seen) <= width:
        return seen
    left = (width - 1) // 2
    return f"{seen[: width - 1 - left]}…{seen[len(seen) - left :]}"


def signed(value: float) -> str:
    """Write a change of a number.

    >>> signed(0.5), signed(-0.5)
    ('+0.5', '-0.5')
    """
    return f"+{number(value)}" if value > 0 else number(value)


def _factor(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < 709 else math.inf  # noqa: PLR2004  the largest double


def _strip(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
