"""Levels under other names: which became which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.renaming import category_merge, category_rename, category_split

if TYPE_CHECKING:
    from conftest import Clinic


def mapped(day: dict[str, Any], name: str, to: dict[str, str]) -> dict[str, Any]:
    """Levels under other names."""
    return day | {name: np.array([to.get(text, text) for text in day[name]], dtype=object)}


@pytest.mark.parametrize(
    "to",
    [
        {"DE": "Germany"},
        {"DE": "49", "FR": "33", "IT": "39", "ES": "34", "PT": "351"},
        {"FR": "DE_", "DE": "FR_"},
    ],
    ids=["one", "all", "two that look alike"],
)
def test_each_old_name_is_found(clinic: Clinic, to: dict[str, str]) -> None:
    """By its share of the rows, whatever the new name looks like."""
    day = clinic.day(71, 6000)
    told = category_rename(*clinic.look("country", mapped(day, "country", to)))
    assert told is not None
    assert told.explained > 0.8
    assert told.share == pytest.approx(np.isin(day["country"], list(to)).mean(), abs=0.03)
    if len(to) == 1:
        assert "'DE' is now 'Germany'" in told.cause


def test_parts_of_a_level_are_its_parts(clinic: Clinic) -> None:
    """One level went on under two names."""
    day = clinic.day(72)
    told = category_split(*clinic.look("channel", day | {"channel": np.where(
        day["channel"] == "app", np.where(np.arange(3000) % 3 == 0, "ios", "android"), day["channel"])}))  # fmt: skip
    assert told is not None
    assert told.evidence["vanished"] == pytest.approx(told.evidence["appeared"], abs=0.05)
    assert category_rename(*clinic.look("channel", day)) is None


@pytest.mark.parametrize("into", ["Iberia", "ES"])
def test_levels_that_share_a_name_are_told(clinic: Clinic, into: str) -> None:
    """Two levels became one, under a new name or under that of one of them."""
    told = category_merge(*clinic.look("country", mapped(clinic.day(73), "country", {"ES": into, "PT": into})))
    assert told is not None
    assert told.explained > 0.8


def test_another_thing_in_its_place_is_no_renaming(clinic: Clinic) -> None:
    """Where a new channel's customers are all young, those of the old one, it is not the store under another name."""
    day = clinic.day(74)
    store = day["channel"] == "store"
    new = np.zeros(3000, dtype=bool)
    new[np.argsort(day["age"])[: int(store.sum())]] = True
    channel = np.where(new, "kiosk", np.where(store, "web", day["channel"]))
    assert category_rename(*clinic.look("channel", day | {"channel": channel})) is None


@pytest.mark.parametrize("seed", range(4))
def test_a_level_that_went_away_went_into_no_other(clinic: Clinic, seed: int) -> None:
    """Nobody from one country buys any more: all others gain their share, and no level has swallowed it."""
    day = clinic.day(76 + seed, 4000)
    for gone in ("PT", "ES"):
        here = day["country"] != gone
        assert category_merge(*clinic.look("country", {name: values[here] for name, values in day.items()})) is None


@pytest.mark.parametrize("ask", [category_rename, category_split, category_merge])
@pytest.mark.parametrize("seed", range(3))
def test_a_usual_day_has_its_names(clinic: Clinic, ask: Any, seed: int) -> None:
    """Shares that wander by chance are no renaming."""
    for name in ("country", "city", "channel", "size"):
        assert ask(*clinic.look(name, clinic.day(80 + seed))) is None
