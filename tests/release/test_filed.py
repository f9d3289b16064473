"""A rollout as it is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline import paper
from driftline.errors import UnreadableData
from driftline.gateway.settings import Stored
from driftline.release.filed import PROMOTE, WITHDRAW, Filed, load, store
from driftline.rollout.plan import Aim, Plan
from driftline.rollout.rollout import Action, Command, Paused, Promoted, RolledBack, Running, begin, step

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan.ramp((Aim("recall", 0.02),))


def filed() -> Filed:
    """A rollout that has begun."""
    state, reason = begin(PLAN, NOW)
    return Filed(rollout="shop-1", model="shop", challenger="1", plan=PLAN, state=state, reason=reason)


def said(before: Filed, action: Action) -> Filed:
    """What a person's word makes of it."""
    state, reason = step(before.state, Command(action, "ann", "a test"), NOW + timedelta(minutes=1), before.plan)
    return before.moved(state, reason, NOW + timedelta(minutes=1), "ann", "a test")


def test_what_was_stored_is_loaded(tmp_path: Path) -> None:
    """Through every kind of state the file gives back the same rollout, and the gateway the same weights."""
    stored = Stored(str(tmp_path / "shop.json"))
    paused = said(filed(), Action.PAUSE)
    promoted = said(paused, Action.PROMOTE)
    for one, kind, part, place in (
        (filed(), Running, 0.0, 0),
        (paused, Paused, 0.0, 0),
        (promoted, Promoted, 1.0, 4),
        (said(promoted, Action.ROLL_BACK), RolledBack, 0.0, -1),
    ):
        assert isinstance(one.state, kind)
        assert store(tmp_path / "shop.json", one) == load(tmp_path / "shop.json") == one
        assert stored.look()
        assert (stored.share.rollout, stored.share.step, stored.share.challenger) == ("shop-1", place, part)
        assert stored.share.mirrored is (place == 0)


def test_what_the_registry_has_to_be_told_is_stored_with_the_step() -> None:
    """Promotion and going back are noted in the same file, with who said so and why."""
    promoted = said(filed(), Action.PROMOTE)
    assert (promoted.pending, promoted.over, promoted.running) == (PROMOTE, False, False)
    taken = said(promoted, Action.ROLL_BACK)
    assert (taken.pending, taken.over) == (WITHDRAW, True)
    assert [(event["state"], event["by"], event["why"]) for event in taken.history] == [
        ("promoted", "ann", "a test"),
        ("rolledback", "ann", "a test"),
    ]
    assert said(filed(), Action.PAUSE).pending == ""


def test_another_file_is_no_rollout(tmp_path: Path) -> None:
    """Weights that were stored by hand are no rollout, and a spoilt one says so."""
    assert load(tmp_path / "shop.json") is None
    paper.write(tmp_path / "shop.json", {"weights": {"challenger": 0.1}})
    assert load(tmp_path / "shop.json") is None
    paper.write(tmp_path / "shop.json", {**filed().written(), "state": {"is": "Palace"}})
    with pytest.raises(UnreadableData, match="Palace"):
        load(tmp_path / "shop.json")
    paper.write(tmp_path / "shop.json", {**filed().written(), "reason": "WHIM"})
    with pytest.raises(UnreadableData, match=r"shop\.json"):
        load(tmp_path / "shop.json")
