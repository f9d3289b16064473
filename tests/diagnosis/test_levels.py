"""Categories: spellings, defaults and levels that are new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.levels import (
    against,
    category_spelling,
    encoding_damage,
    filled,
    format_change,
    level_fill,
    new_level,
    renamed,
)
from driftline.diagnosis.named import names

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture(scope="module")
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    return clinic.day(61)


def changed(day: dict[str, Any], name: str, to: Any, share: float = 1.0) -> dict[str, Any]:
    """A share of a column's texts are changed."""
    hit = np.random.default_rng(0).random(3000) < share
    return day | {name: np.array([to(text) if now else text for text, now in zip(day[name], hit, strict=True)], dtype=object)}


@pytest.mark.parametrize("to", [str.lower, str.title, lambda t: f" {t}", lambda t: f"{t}."])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_another_spelling_is_told(clinic: Clinic, day: dict[str, Any], to: Any, share: float) -> None:
    """Other case, spaces or punctuation, in all rows or a tenth."""
    spelt = changed(day, "country", to, share)
    told = category_spelling(*clinic.look("country", spelt))
    assert told is not None
    assert told.share == pytest.approx((spelt["country"] != day["country"]).mean(), abs=1e-9)


def test_a_cast_is_told(clinic: Clinic, day: dict[str, Any]) -> None:
    """A column of numbers as words that became floats."""
    told = format_change(*clinic.look("size", changed(day, "size", lambda t: f"{t}.0", 0.5)))
    assert told is not None
    assert told.signature == "type_change"


def test_a_wrong_encoding_is_told(clinic: Clinic, day: dict[str, Any]) -> None:
    """UTF-8 read as Latin-1, which changes none but the words that are not ASCII."""
    damaged = changed(day, "city", lambda t: t.encode().decode("latin-1"))
    told = encoding_damage(*clinic.look("city", damaged))
    assert told is not None
    assert told.share == pytest.approx((damaged["city"] != day["city"]).mean())


@pytest.mark.parametrize("ask", [category_spelling, format_change, encoding_damage, new_level, level_fill])
@pytest.mark.parametrize("name", ["country", "city", "channel", "size"])
def test_a_usual_day_has_its_levels(clinic: Clinic, day: dict[str, Any], ask: Any, name: str) -> None:
    """Nothing is misspelt, filled in or new on a day like any other."""
    assert ask(*clinic.look(name, day)) is None


@pytest.mark.parametrize("text", ["unknown", "N/A"])
def test_a_default_that_is_new_is_told(clinic: Clinic, day: dict[str, Any], text: str) -> None:
    """A word for what is missing, written over a fifth of the rows whatever they were."""
    told = level_fill(*clinic.look("city", changed(day, "city", lambda _: text, 0.2)))
    assert told is not None
    assert told.share == pytest.approx(0.2, abs=0.03)


def test_a_level_written_over_others_is_told(clinic: Clinic, day: dict[str, Any]) -> None:
    """The store in a third of the rows, given to young and old alike."""
    told = level_fill(*clinic.look("channel", changed(day, "channel", lambda _: "store", 0.3)))
    assert told is not None
    assert told.share == pytest.approx(0.3, abs=0.06)


def test_a_level_that_grew_by_right_is_no_default(clinic: Clinic) -> None:
    """More old people came, and with them more sales in the store."""
    day = clinic.day(62, 9000)
    likely = np.where(day["age"] > 50, 4.0, 1.0)
    drawn = np.random.default_rng(0).choice(9000, 3000, replace=False, p=likely / likely.sum())
    assert level_fill(*clinic.look("channel", {name: values[drawn] for name, values in day.items()})) is None


def test_new_levels_are_told_with_their_rows(clinic: Clinic, day: dict[str, Any]) -> None:
    """A level that was never seen, in the rows that have it."""
    watch = day | {"channel": np.where(day["age"] < 25, "watch", day["channel"])}
    told = new_level(*clinic.look("channel", watch))
    assert told is not None
    assert told.share == pytest.approx((day["age"] < 25).mean())
    assert "watch" in told.cause


def test_of_two_explanations_the_likelier_counts(clinic: Clinic, day: dict[str, Any]) -> None:
    """A new word that took all of one level's rows is its new name; one that took some of each was written over them."""
    took = names(clinic.look("country", changed(day, "country", lambda t: "Deutschland" if t == "DE" else t))[1])
    over = names(clinic.look("country", changed(day, "country", lambda _: "none", 0.3))[1])
    assert took is not None
    assert over is not None
    assert against(renamed(took, 5), filled(took, 5)) > 0.99
    assert against(renamed(over, 5), filled(over, 5)) < 0.01


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_more_levels_than_are_kept_by_name_are_still_spelt_otherwise(clinic: Clinic, share: float) -> None:
    """Of two hundred codes with a space too many 64 are kept by name; the others are taken for codes too."""

    def coded(day: dict[str, Any], seed: int, *, spelt: float = 0.0) -> dict[str, Any]:
        rng, rows = np.random.default_rng(seed), len(day["sale"])
        codes = np.minimum(rng.zipf(1.4, rows), 200)
        texts = [f"SKU-{code:03d}" + " " * (rng.random() < spelt) for code in codes]
        return day | {"code": np.array(texts, dtype=object)}

    known = type(clinic)(coded(clinic.reference, 0), {})
    told = category_spelling(*known.look("code", coded(clinic.day(62), 1, spelt=share)))
    assert told is not None
    assert told.share == pytest.approx(share, abs=0.06)
    assert told.explained > 0.8
    assert category_spelling(*known.look("code", coded(clinic.day(63), 2))) is None
