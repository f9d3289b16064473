"""Announcements: what travels, and what is drawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from driftline.alerting.alert import Patience
from driftline.alerting.announcement import TIERS, announce, example, from_dict, to_dict
from driftline.alerting.attention import Manner, attend_all
from driftline.alerting.incident import Board, take_in
from driftline.alerting.quiet import Quiet
from driftline.alerting.signals import Tier
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from conftest import Scene


def test_it_travels_as_json() -> None:
    """What is read is what was written, and what a later version adds is passed over."""
    told = example("m", "2026-03-01")
    written = json.loads(json.dumps(to_dict(told)))
    assert from_dict({**written, "later": 1}) == told
    assert written["schema"] == 1


def test_tiers_have_their_names() -> None:
    """A name for each tier, in their order."""
    assert tuple(tier.name.lower() for tier in Tier) == TIERS


def test_one_incident_has_one_key_and_each_message_its_own_id(scene: Scene) -> None:
    """Beginning and end have one key; and only the end says that it is over."""
    board, told = Board(), []
    for day, verdict in enumerate([Verdict.DRIFTED, Verdict.STABLE, Verdict.STABLE]):
        window = scene.window(day, scene.column("a", verdict, Concern.FAULT))
        board, fresh = take_in(board, [window], scene.start + day * scene.day, Patience())
        board, new, _ = attend_all("m", board, fresh, scene.start, Manner(), Quiet())
        told += [announce("m", one, link="http://x") for one in new]
    assert len({one.key for one in told}) == 1
    assert len({one.id for one in told}) == 2
    assert [one.over for one in told] == [False, True]
    assert (told[0].tier, told[0].since, told[0].names, told[0].link) == ("retrain", "2026-03-01", ("a",), "http://x")


def test_the_figure_shows_what_tells_most(scene: Scene) -> None:
    """The metric where the model does worse, else how far the column is, in times of what matters."""
    calm = scene.window(0, scene.column("a", Verdict.STABLE, weight=0.1), metrics=(scene.metric(Verdict.STABLE),))
    faulty = scene.window(1, scene.column("a", concern=Concern.FAULT, weight=9.0))
    _, (notice,) = take_in(Board(), [faulty], scene.start, Patience())
    told = announce("m", notice, [calm, faulty])
    assert told.about == "drift of a"
    assert [(one.label, one.value, one.drifted) for one in told.figure] == [("2026-03-01", 0.1, False), ("2026-03-02", 9.0, True)]
    worse = scene.window(1, metrics=(scene.metric(),))
    _, (notice,) = take_in(Board(), [worse], scene.start, Patience())
    told = announce("m", notice, [calm, worse])
    assert told.about == "AUC"
    assert [one.value for one in told.figure] == [0.8, 0.8]
