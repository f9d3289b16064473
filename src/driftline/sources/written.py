"""How people write numbers and times where programs would not: 1.234,5 and 1,234.5, 31.12.2026 and 12/31/2026."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from driftline.sources.typed import LOOKED_AT, NEARLY_ALL, likely_type

if TYPE_CHECKING:
    from collections.abc import Sequence

TIME = r"([ T]\d{1,2}:\d{2}(:\d{2})?)?$"
DAY, MONTH, YEAR = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])", r"(\d{4})"
TWO_DIGITS = (r"\b(\d)\b", r"0\1")


@dataclass(frozen=True, slots=True)
class Form:
    """A way of writing: which texts are written so, and how each becomes one that programs read."""

    pattern: str
    rewrites: tuple[tuple[str, str], ...]

    def fits(self, texts: pa.Array) -> pa.Array:
        """Which texts are written so."""
        return pc.match_substring_regex(texts, self.pattern)

    def plain(self, texts: pa.Array) -> pa.Array:
        """The texts, those that are written so as programs write them.

        >>> COMMA.plain(pa.array(["1.234,5", "n/k"])).to_pylist()
        ['1234.5', 'n/k']
        """
        trimmed = pc.utf8_trim_whitespace(texts)
        rewritten = trimmed
        for pattern, replacement in self.rewrites:
            rewritten = pc.replace_substring_regex(rewritten, pattern, replacement)
        return pc.if_else(self.fits(trimmed), rewritten, texts)


COMMA = Form(r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?([eE][+-]?\d+)?$", ((r"\.", ""), (",", ".")))
GROUPED = Form(r"^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?$", ((",", ""),))
DOTTED = Form(rf"^{DAY}\.{MONTH}\.{YEAR}{TIME}", (TWO_DIGITS, (r"^(\d\d)\.(\d\d)\.(\d{4})", r"\3-\2-\1")))
SLASHED = Form(rf"^{YEAR}/{MONTH}/{DAY}{TIME}", (TWO_DIGITS, ("/", "-")))
DAY_FIRST = Form(rf"^{DAY}/{MONTH}/{YEAR}{TIME}", (TWO_DIGITS, (r"^(\d\d)/(\d\d)/(\d{4})", r"\3-\2-\1")))
MONTH_FIRST = Form(rf"^{MONTH}/{DAY}/{YEAR}{TIME}", (TWO_DIGITS, (r"^(\d\d)/(\d\d)/(\d{4})", r"\3-\1-\2")))

EITHER_WAY = (DAY_FIRST, MONTH_FIRST)
"""Dates that can be read both ways are not guessed at."""


def likely_form(texts: pa.Array, delimiter: str) -> tuple[Form, pa.DataType] | None:
    """The form in which nearly all texts are written, with the type they then have; None where there is none.

    1,234 may be either number: where commas stand between cells none is a decimal's.

    >>> likely_form(pa.array(["0,5", "1.000,25"]), ";") == (COMMA, pa.float64())
    True
    >>> likely_form(pa.array(["01/02/2026", "03/04/2026"]), ",") is None
    True
    """
    known = pc.utf8_trim_whitespace(texts.drop_null()[:LOOKED_AT])
    numbers = (GROUPED, COMMA) if delimiter == "," else (COMMA, GROUPED)
    fitting = [form for form in (*numbers, DOTTED, SLASHED, *EITHER_WAY) if len(known) and _share(form, known) >= NEARLY_ALL]
    if not fitting or (fitting[0] in EITHER_WAY and len(fitting) > 1 and _share(fitting[0], known) == _share(fitting[1], known)):
        return None
    form = max(fitting, key=lambda form: _share(form, known)) if fitting[0] in EITHER_WAY else fitting[0]
    kind = likely_type(form.plain(known))
    return None if pa.types.is_string(kind) else (form, kind)


def ambiguous(texts: pa.Array) -> str | None:
    """A date of which nobody can tell the day from the month, where all texts are such dates."""
    known = pc.utf8_trim_whitespace(texts.drop_null()[:LOOKED_AT])
    every = len(known) and all(_share(form, known) >= NEARLY_ALL for form in EITHER_WAY)
    return known[0].as_py() if every else None


def decimal_point(forms: Sequence[Form]) -> str:
    """What stands before the fraction of the numbers in these columns."""
    return "," if COMMA in forms else "."


def _share(form: Form, texts: pa.Array) -> float:
    return float(pc.mean(form.fits(texts)).as_py())
