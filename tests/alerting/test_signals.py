from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.alerting.signals import Tier, signals
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from conftest import Scene


@pytest.mark.parametrize(
    ("concern", "worst", "tier"),
    [
        (Concern.INPUT, "shift", Tier.DIGEST),
        (Concern.PREDICTION, "psi", Tier.LOOK),
        (Concern.LABEL, "shift", Tier.LOOK),
        (Concern.FAULT, "null", Tier.RETRAIN),
        (Concern.FAULT, "silence", Tier.PAGE),
        (Concern.FAULT, "volume", Tier.PAGE),
        (Concern.FAULT, "absent", Tier.PAGE),
    ],
)
def test_columns_have_the_tier_of_their_concern(scene: Scene, concern: Concern, worst: str, tier: Tier) -> None:
    """Input drift is for information, faults are urgent, and a feed that is dead pages."""
    (signal,) = signals(scene.window(0, scene.column("x", concern=concern, worst=worst)))
    assert signal.tier is tier


def test_a_loss_far_beyond_what_matters_pages(scene: Scene) -> None:
    """A small loss asks for retraining, a large one for somebody who gets up; metrics that do not decide say nothing."""
    small, large = scene.metric(worsening=0.03), scene.metric(worsening=0.2)
    assert next(signals(scene.window(0, metrics=(small,)))).tier is Tier.RETRAIN
    assert next(signals(scene.window(0, metrics=(large,)))).tier is Tier.PAGE
    assert list(signals(scene.window(0, metrics=(scene.metric(decides=False),)))) == []


def test_segments_have_alerts_of_their_own(scene: Scene) -> None:
    """The same column in another segment is another signal, and says what it says there."""
    whole, part = (next(signals(scene.window(0, scene.column("x", Verdict.STABLE), segment=segment))) for segment in (None, "de"))
    assert whole.key != part.key
    assert whole.verdict is Verdict.STABLE


def test_what_moves_without_harm_is_a_digest(scene: Scene) -> None:
    """Where it is shown that the model does as well as before, nobody is called for predictions that moved; for faults they are."""
    columns = (scene.column("score", concern=Concern.PREDICTION), scene.column("amount", concern=Concern.FAULT))
    for verdict, tier in ((Verdict.STABLE, Tier.DIGEST), (Verdict.INCONCLUSIVE, Tier.LOOK), (Verdict.DRIFTED, Tier.LOOK)):
        found = {one.name: one.tier for one in signals(scene.window(0, *columns, metrics=(scene.metric(verdict),)))}
        assert (found["score"], found["amount"]) == (tier, Tier.RETRAIN)
