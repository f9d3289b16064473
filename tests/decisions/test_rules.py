"""The policy: one sentence a row, and laws that hold for all evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.decisions.decision import Action, Consent, Decision, Gain, Moment
from driftline.decisions.evidence import Cheap, Evidence, Known, Loss, Past, Spoilt
from driftline.decisions.rule import Rule
from driftline.decisions.rules import POLICY, REST, decide
from driftline.decisions.terms import CONSENTS, Schedule, Terms

NOW = datetime(2026, 3, 20, tzinfo=UTC)
DAY = timedelta(days=1)
LOSS = Loss(metric="f1", title="F1", since="2026-03-10", worsening=0.1, low=0.06, high=0.14, floor=0.02, rows=900, sentence="F1 is worse")
KNOWN = Known(rows=9000, labelled=4000, rarer=90, began=NOW - 10 * DAY)
CLEAN = Evidence(monitor="m", now=NOW, window="2026-03-19", settled="2026-03-19", healthy="F1 is as it was")
WORSE = replace(CLEAN, loss=LOSS, settled=None, healthy="", known=KNOWN)
UNIT = Spoilt(
    kind="unit change", columns=("amount",), since="2026-03-18", lasts=True, share=0.3, sentence="amount × 100",
    remedy="divide by 100", confidence=0.9,
)  # fmt: skip
OVER = replace(UNIT, lasts=False)
BETTER = Gain(0.08, 0.05, 0.11, "F1", 0.0)
CALIBRATED = Cheap(kind="recalibrate", what="f1", gain=BETTER, restores=0.8, sentence="calibrated scores do better")
WEEKLY = Terms(schedule=Schedule.WEEKLY)
DEAR = Gain(100.0, 10.0, 190.0, "EUR", 40.0)
SERVED = Past(deployed=NOW - 11 * DAY, previous=True, trained=NOW - 12 * DAY)

ROWS: list[tuple[str, Evidence, Terms, Action]] = [
    ("nothing happened", CLEAN, Terms(), Action.HOLD),
    ("inputs and predictions moved together", replace(CLEAN, inputs=("a",), predictions=("s",)), Terms(), Action.HOLD),
    ("predictions moved alone and labels are late", replace(CLEAN, predictions=("s",), settled=None), Terms(), Action.LOOK),
    ("predictions moved alone and labels show it does no harm", replace(CLEAN, predictions=("s",)), Terms(), Action.HOLD),
    ("nobody knows why something changed", replace(CLEAN, unexplained="x moved", settled=None), Terms(), Action.LOOK),
    ("a group is told no where others are told yes", replace(CLEAN, unequal="b is told no"), Terms(), Action.LOOK),
    ("groups are treated unequally, and the model does worse", replace(WORSE, unequal="b is told no"), Terms(), Action.RETRAIN),
    ("the service fails", replace(CLEAN, broken="errors are 5%"), Terms(), Action.LOOK),
    ("a fault lasts", replace(CLEAN, spoilt=(UNIT,), polluted=("2026-03-18",)), Terms(), Action.FIX_DATA),
    ("a fault lasts while the model does worse", replace(WORSE, spoilt=(UNIT,)), Terms(), Action.FIX_DATA),
    ("a fault is over", replace(CLEAN, spoilt=(OVER,), polluted=("2026-03-18",)), Terms(), Action.HOLD),
    ("a loss is seen in spoilt windows only", replace(WORSE, spoilt=(OVER,), loss=replace(LOSS, spoilt=True)), Terms(), Action.HOLD),
    ("the model does worse", WORSE, Terms(), Action.RETRAIN),
    ("the model does worse and few labels have come", replace(WORSE, known=replace(KNOWN, rarer=30)), Terms(), Action.RETRAIN),
    ("labels will take months", replace(WORSE, known=replace(KNOWN, rarer=5)), Terms(), Action.FALL_BACK),
    ("no label will come", replace(WORSE, known=replace(KNOWN, rarer=0)), Terms(), Action.FALL_BACK),
    ("calibration is enough", replace(WORSE, cheap=(CALIBRATED,)), Terms(), Action.RECALIBRATE),
    ("calibration is not enough", replace(WORSE, cheap=(replace(CALIBRATED, restores=0.2),)), Terms(), Action.RETRAIN),
    ("calibration may do harm", replace(WORSE, cheap=(replace(CALIBRATED, gain=Gain(0.1, -0.1, 0.3, "F1")),)), Terms(), Action.RETRAIN),
    ("only an estimate shows a loss", replace(WORSE, loss=replace(LOSS, estimated=True)), Terms(), Action.LOOK),
    ("the loss began with the release", replace(WORSE, past=SERVED), Terms(), Action.ROLL_BACK),
    ("the loss began long after the release", replace(WORSE, past=replace(SERVED, deployed=NOW - 30 * DAY)), Terms(), Action.RETRAIN),
    ("it began with the release, the only one", replace(WORSE, past=replace(SERVED, previous=False)), Terms(), Action.RETRAIN),
    ("it does not surely pay", replace(WORSE, worth=DEAR), Terms(), Action.HOLD),
    ("it surely pays", replace(WORSE, worth=replace(DEAR, low=41.0)), Terms(), Action.RETRAIN),
    ("drift is no reason", WORSE, Terms(on_drift=False), Action.HOLD),
    ("a retraining for it is young", replace(WORSE, past=Past(retrains=(NOW - 2 * DAY,))), Terms(), Action.HOLD),
    ("a retraining for it brought nothing", replace(WORSE, past=Past(retrains=(NOW - 9 * DAY,))), Terms(), Action.LOOK),
    ("a new loss follows a retraining", replace(WORSE, past=Past(retrains=(NOW - 12 * DAY,))), Terms(), Action.RETRAIN),
    ("a week is over", replace(CLEAN, past=Past(trained=NOW - 7 * DAY)), WEEKLY, Action.RETRAIN),
    ("a week is not over", replace(CLEAN, past=Past(trained=NOW - 6 * DAY)), WEEKLY, Action.HOLD),
    ("a week is over and a fault lasts", replace(CLEAN, spoilt=(UNIT,), past=Past(trained=NOW - 7 * DAY)), WEEKLY, Action.FIX_DATA),
]  # fmt: skip


@pytest.mark.parametrize(("evidence", "terms", "action"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_done_when(evidence: Evidence, terms: Terms, action: Action) -> None:
    """Each row of the table is a case and what is right in it; every decision says why and by which rule."""
    decision = decide(evidence, terms)
    assert decision.action is action
    assert decision.reason
    assert decision.because
    assert decision.rule in {rule.name for rule in (*POLICY, REST)}
    assert decision.consent is CONSENTS[action]


def test_few_labels_are_waited_for() -> None:
    """Retraining is right, and begins when enough labels have come."""
    when = decide(replace(WORSE, known=replace(KNOWN, rarer=30)), Terms(enough=50)).when
    assert (when.moment, when.labels) == (Moment.LABELS, 20)


def test_beyond_the_budget_a_person_is_asked() -> None:
    """What may go ahead by itself may do so only as often as was allowed."""
    terms = Terms(budget=1, cool_down=DAY, consents={Action.RETRAIN: Consent.AUTOMATIC})
    assert decide(WORSE, terms).consent is Consent.AUTOMATIC
    spent = decide(replace(WORSE, past=Past(retrains=(NOW - 12 * DAY,))), terms)
    assert (spent.action, spent.consent) == (Action.RETRAIN, Consent.ASK)
    assert any("budget" in one for one in spent.against)


def test_another_policy_can_be_asked() -> None:
    """Rules are asked in order, and whoever brings rules of their own is not asked ours; where none applies it is held."""
    always = Rule("always", "Always look.", lambda _e, _t: Decision(action=Action.LOOK, rule="", reason="so", because=("so",)))
    assert decide(WORSE, Terms(), (always,)).rule == "always"
    assert decide(WORSE, Terms(), ()).action is Action.HOLD


evidences = st.builds(
    lambda **parts: replace(CLEAN, **parts),
    spoilt=st.lists(st.sampled_from([UNIT, OVER]), max_size=2).map(tuple),
    polluted=st.sampled_from([(), ("2026-03-18",)]),
    loss=st.sampled_from([None, LOSS, replace(LOSS, spoilt=True), replace(LOSS, estimated=True)]),
    settled=st.sampled_from([None, "2026-03-19"]),
    known=st.integers(0, 200).map(lambda rarer: replace(KNOWN, rarer=rarer)),
    inputs=st.sampled_from([(), ("a", "b")]),
    predictions=st.sampled_from([(), ("s",)]),
    broken=st.sampled_from(["", "errors"]),
    unexplained=st.sampled_from(["", "x moved"]),
    unequal=st.sampled_from(["", "b is told no"]),
    cheap=st.sampled_from([(), (CALIBRATED,)]),
    worth=st.sampled_from([None, DEAR, replace(DEAR, cost=None)]),
    past=st.sampled_from([Past(), SERVED, Past(retrains=(NOW - 2 * DAY,)), Past(retrains=(NOW - 12 * DAY,))]),
)


@given(evidence=evidences, schedule=st.sampled_from(list(Schedule)), on_drift=st.booleans())
def test_no_model_is_trained_on_spoilt_data(*, evidence: Evidence, schedule: Schedule, on_drift: bool) -> None:
    """While a fault lasts nothing is retrained, and whatever is decided keeps spoilt windows out."""
    decision = decide(evidence, Terms(schedule=schedule, on_drift=on_drift))
    if any(one.lasts for one in evidence.spoilt):
        assert decision.action is Action.FIX_DATA
    if decision.action is Action.RETRAIN:
        assert decision.how.keep_out == evidence.polluted


def test_what_would_cost_less_stands_beside_a_retraining() -> None:
    """Cheap remedies that bring too little back, or nothing, are told with what they bring; the one that is chosen is not told twice."""
    little, none = replace(CALIBRATED, restores=0.2), replace(CALIBRATED, kind="move", gain=Gain(0.1, -0.1, 0.3, "F1"))
    decision = decide(replace(WORSE, cheap=(little, none)), Terms())
    assert decision.action is Action.RETRAIN
    assert decision.instead == (
        "recalibrate: calibrated scores do better, 20% of the loss",
        "move does not surely help: calibrated scores do better",
    )
    assert decide(replace(WORSE, cheap=(CALIBRATED,)), Terms()).instead == ()


@given(evidences)
def test_input_drift_alone_retrains_nothing(evidence: Evidence) -> None:
    """Without a loss and without a schedule no model is retrained, recalibration aside nothing is changed."""
    decision = decide(replace(evidence, loss=None, cheap=()), Terms())
    assert decision.action in {Action.HOLD, Action.LOOK, Action.FIX_DATA}


@given(evidences)
def test_the_same_evidence_is_decided_alike(evidence: Evidence) -> None:
    """A decision is a function of its inputs."""
    assert decide(evidence, Terms()) == decide(evidence, Terms())
