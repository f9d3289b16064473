"""Ways to share out the change of a mean: against models whose parts are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis import blame as blaming
from driftline.diagnosis.attribution import ATTRIBUTIONS, Asked, Attribution
from driftline.diagnosis.rowwise import CODES
from driftline.errors import PluginError, UnknownPart
from driftline.registry import Registry

if TYPE_CHECKING:
    from conftest import Clinic

WAYS = ("additive", "permutation", "shap")


def asked(moved: float, seed: int = 0) -> Asked:
    """Three columns of which the first counts twice as much as the second and the third for nothing; the first has moved."""
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=(1500, 3)), rng.normal(size=(1200, 3)) + np.array([moved, 0, 0])
    cuts = np.quantile(before, np.arange(1, 5) / 5, axis=0)
    codes = tuple((rows[:, None] >= cuts).sum(1).astype(np.int8) for rows in (before, now))
    return Asked(("a", "b", "c"), before, 2 * before[:, 0] + before[:, 1], now, (codes[0], codes[1]))


@pytest.mark.parametrize("way", WAYS)
def test_the_column_that_moved_gets_the_change(way: str) -> None:
    """Half a deviation in a column that counts twice is a change of about one, whichever way is asked; the others get nearly nothing."""
    assert CODES >= 5
    parts = ATTRIBUTIONS[way].parts(asked(0.5))
    assert parts[0] == pytest.approx(1.0, abs=0.25)
    assert np.abs(parts[1:]).max() < 0.15


def test_ours_stand_in_a_table() -> None:
    """Their names are those of the setting; another is refused."""
    assert [one.name for one in ATTRIBUTIONS][:3] == list(WAYS)
    with pytest.raises(UnknownPart, match="shapp"):
        ATTRIBUTIONS["shapp"]


def broken(_asked: Asked) -> Any:
    """A guest's way that fails."""
    raise ZeroDivisionError("a graph without an outcome")


@pytest.mark.parametrize("parts", [broken, lambda _asked: np.zeros(1)], ids=["fails", "gives too few"])
def test_a_guest_that_fails_is_named(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, parts: Any) -> None:
    """Its author is told what is wrong with it."""
    guest = Attribution(name="graph", parts=parts)
    monkeypatch.setattr(blaming, "ATTRIBUTIONS", Registry("attribution", (guest,)))
    day = clinic.day(1)
    scored = type(clinic)(clinic.reference | {"score": clinic.reference["age"] / 100}, {"columns": {"id": "sale", "score": "score"}})
    case = replace(scored.case(day | {"score": day["age"] / 100}), attribution="graph")
    with pytest.raises(PluginError, match="'graph'"):
        blaming.blame(case)
