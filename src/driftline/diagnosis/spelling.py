"""Whether a value outside the known levels is one of them, spelt otherwise: case, spaces, number format, damaged characters."""

from __future__ import annotations

import html
import unicodedata
from contextlib import suppress
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SENTINELS = frozenset(
    {
        "", "?", "-", "--", ".", "0", "-1", "99", "999", "9999", "-99", "-999", "-9999", "n/a", "na", "nan", "nil", "none", "null",
        "unknown", "unk", "undefined", "undef", "unspecified", "default", "missing", "other", "not set", "not available", "tbd",
        "1970-01-01", "1900-01-01", "xxx", "test", "void", "empty", "#n/a", "#ref!", "#value!", "(null)", "<na>", "\\n",
    }
)  # fmt: skip
"""Words that stand for a value that is not there."""

TRUTHS = {"true": "1", "t": "1", "yes": "1", "y": "1", "on": "1", "false": "0", "f": "0", "no": "0", "n": "0", "off": "0"}

BROKEN = frozenset("\ufffd?")
"""What stands where a character could not be read."""

ENCODINGS = ("latin-1", "cp1252", "cp1250", "iso8859-2", "iso8859-15", "cp1251", "cp437", "cp850", "mac-roman")
"""In which texts are read and written by mistake: the usual ones of Western and Eastern Europe, of DOS and of the Macintosh."""


OPEN_BYTES = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})
"""Bytes to which Windows-1252 gives no character."""


def is_sentinel(text: str) -> bool:
    """Whether a word stands for a value that is not there.

    >>> is_sentinel(" N/A "), is_sentinel("grocery")
    (True, False)
    """
    return text.strip().lower() in SENTINELS


def letters(text: str) -> str:
    """A word without case, spaces and punctuation; a number stays as it is but for the spaces around it.

    >>> letters(" Pick-up  Truck"), letters("1.0 ")
    ('pickuptruck', '1.0')
    """
    try:
        float(text)
    except ValueError:
        return "".join(sign for sign in text.casefold() if sign.isalnum())
    return text.strip()


def as_number(text: str) -> str:
    """A word as the number or the truth it stands for; the word itself where it stands for none.

    >>> as_number("07"), as_number("7.0"), as_number("True"), as_number("x")
    ('7.0', '7.0', '1.0', 'x')
    """
    word = text.lower()
    try:
        # Spaces around a number are spelling, and float() would not mind them.
        return text if text != text.strip() else repr(float(TRUTHS.get(word, word)))
    except ValueError:
        return text


def repaired(text: str) -> str:
    """A word whose bytes were read in the wrong encoding, read in the right one; markup undone.

    >>> repaired("cafÃ©"), repaired("R&amp;D")
    ('café', 'R&D')
    """
    plain = html.unescape(text)
    for encoding in ("cp1252", "latin-1"):
        try:
            return plain.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return plain


def damaged(text: str, level: str) -> bool:
    """Whether a word is a level whose characters beyond ASCII were lost or replaced.

    >>> damaged("caf?", "café"), damaged("cafe", "café"), damaged("tea", "café")
    (True, True, False)
    """
    if level.isascii() or text == level:
        return False
    if repaired(text) == level or repaired(level) == text or text in ruined(level):
        return True
    bare = unicodedata.normalize("NFKD", level).encode("ascii", "ignore").decode()
    if text in {bare, "".join(sign for sign in level if sign.isascii())}:
        return True
    alike = len(text) == len(level) and all(a == b or (a in BROKEN and not b.isascii()) for a, b in zip(text, level, strict=True))
    return alike and text != level


@lru_cache(maxsize=10_000)
def ruined(text: str) -> frozenset[str]:
    """What programs make of a text whose bytes they read in the wrong encoding, once or twice, or write out as escapes.

    >>> sorted({"KrakÃ³w", "Krak�w", "Krak%C3%B3w"} & ruined("Kraków")) == sorted(["KrakÃ³w", "Krak�w", "Krak%C3%B3w"])
    True
    """
    addressed = "".join(sign if sign.isascii() else "".join(f"%{byte:02X}" for byte in sign.encode()) for sign in text)
    made = {addressed, text.encode("ascii", "backslashreplace").decode(), text.encode("ascii", "xmlcharrefreplace").decode()}
    for encoding in ENCODINGS:
        for errors in ("strict", "replace", "ignore"):
            with suppress(UnicodeError):
                once = text.encode().decode(encoding, errors)
                made |= {once, once.encode().decode(encoding, errors)}
            with suppress(UnicodeError):
                made.add(text.encode(encoding, errors).decode("utf-8", errors))
    # Browsers read the five bytes that Windows-1252 leaves open as control characters.
    made.add("".join(bytes([byte]).decode("cp1252" if byte not in OPEN_BYTES else "latin-1") for byte in text.encode()))
    return frozenset(made - {text, ""})


def respelt(texts: Iterable[str], levels: Iterable[str], normal: Callable[[str], str]) -> Mapping[str, str]:
    """Which texts are which levels, once both are written normally; a level that is not alone in its writing is none.

    >>> respelt(["Visa ", "amex"], ["visa", "cash"], letters)
    {'Visa ': 'visa'}
    """
    known: dict[str, list[str]] = {}
    for level in levels:
        known.setdefault(normal(level), []).append(level)
    found = {text: known.get(normal(text), []) for text in texts if normal(text)}
    return {text: ones[0] for text, ones in found.items() if len(ones) == 1 and ones[0] != text}


def misread(texts: Iterable[str], levels: Iterable[str]) -> Mapping[str, str]:
    """Which texts are which levels with damaged characters.

    >>> misread(["cafÃ©", "R&amp;D", "tea"], ["café", "R&D"])
    {'cafÃ©': 'café', 'R&amp;D': 'R&D'}
    """
    known = set(levels)
    foreign = [level for level in known if not level.isascii()]
    found = {}
    for text in texts:
        whole = repaired(text)
        meant = whole if whole in known and whole != text else next((level for level in foreign if damaged(text, level)), None)
        if meant is not None:
            found[text] = meant
    return found


def similarity(one: str, other: str) -> float:
    """How alike two words are, from 0 to 1 (Ratcliff and Obershelp 1988).

    >>> similarity("grocery", "groceries") > 0.7
    True
    """
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()
