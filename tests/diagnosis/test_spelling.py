"""Words that are other words, spelt otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.spelling import as_number, damaged, is_sentinel, letters, misread, repaired, respelt, ruined, similarity

words = st.text(st.characters(codec="utf-8", categories=["L", "Nd"]), min_size=1, max_size=12)


@pytest.mark.parametrize("text", ["", "N/A", " null", "Unknown", "-999", "?"])
def test_words_for_nothing_are_known(text: str) -> None:
    """Whatever case and spaces they come in."""
    assert is_sentinel(text)
    assert not is_sentinel("Nantes")


@given(words)
def test_case_and_spaces_are_no_letters(word: str) -> None:
    """A word with spaces around it has the same letters, and so have those letters once more."""
    assert letters(f"  {word} ") == letters(word)
    assert letters(letters(word)) == letters(word)


@given(st.integers(-(10**6), 10**6))
def test_a_number_is_itself_in_any_format(number: int) -> None:
    """7, 7.0 and 07 are one number, but "7 " has a space too many."""
    assert as_number(str(number)) == as_number(f"{number}.0") == as_number(f"{number:08d}")
    assert as_number(f"{number} ") == f"{number} "


@given(st.sampled_from(["München", "Zürich", "Köln", "Málaga", "Łódź", "Ålesund"]))
def test_damage_is_recognised(city: str) -> None:
    """Bytes read in the wrong encoding, question marks, and letters that were dropped."""
    read_wrong = city.encode().decode("latin-1")
    assert repaired(read_wrong) == city
    lost = "".join(sign if sign.isascii() else "?" for sign in city)
    assert all(damaged(text, city) for text in (read_wrong, lost, lost.replace("?", "")))
    assert not damaged(city, city)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp1250", "cp437", "mac-roman"])
@pytest.mark.parametrize("city", ["München", "Łódź", "Århus"])
def test_every_usual_wrong_encoding_is_recognised(city: str, encoding: str) -> None:
    """Whatever the program does with bytes that have no character there; a word without such characters cannot be ruined."""
    assert damaged(city.encode().decode(encoding, "replace"), city)
    assert all(damaged(text, city) for text in ruined(city))
    assert ruined("Rome") == frozenset()


def test_only_one_known_level_may_be_meant() -> None:
    """A spelling that fits two levels fits none, and a level is no spelling of itself."""
    assert respelt(["VISA", "visa"], ["Visa", "visa"], letters) == {}
    assert respelt(["web"], ["web"], letters) == {}
    assert respelt(["WEB", "tram"], ["web", "app"], letters) == {"WEB": "web"}
    assert misread(["Lyon"], ["Lyon", "Köln"]) == {}


@given(words, words)
def test_likeness_is_between_none_and_all(one: str, other: str) -> None:
    """A word is as like itself as can be."""
    assert similarity(one, one) == 1.0
    assert 0 <= similarity(one, other) <= 1
