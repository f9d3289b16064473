"""Rules that a monitor's owner wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from driftline.decisions.decision import Action, Moment
from driftline.decisions.evidence import Evidence, Known, Loss, Past
from driftline.decisions.own import FACTS, GROUPS, arranged, facts
from driftline.decisions.rules import POLICY, REST, decide, policy_of
from driftline.decisions.terms import Terms
from driftline.decisions.written import Own
from driftline.expressions import read

NOW = datetime(2026, 3, 20, 6, tzinfo=UTC)
LOSS = Loss(metric="f1", title="F1", since="2026-03-10", worsening=0.1, low=0.06, high=0.14, floor=0.02, rows=900, sentence="F1 is 0.7")
WORSE = Evidence(
    monitor="payments", now=NOW, window="2026-03-19", loss=LOSS, polluted=("2026-03-02",),
    known=Known(rows=9000, labelled=4000, rarer=80, began=NOW - timedelta(days=10)), past=Past(trained=NOW - timedelta(days=40)),
)  # fmt: skip
WELL = Evidence(monitor="payments", now=NOW, window="2026-03-19", settled="2026-03-19", healthy="F1 is 0.8")


def own(name: str, when: str, action: Action, before: str = "") -> Own:
    """A rule as it is written."""
    return Own(name, read(when), action, before=before)


@pytest.mark.parametrize(
    ("when", "evidence", "applies"),
    [
        ("on_loss and loss.times > 4", WORSE, True),
        ("loss.times > 6 or known.rarer < 50", WORSE, False),
        ("loss.days > 9 and age == 40.0 and weekday == 5 and hour < 7", WORSE, True),
        ("loss.times > 0", WELL, False),
        ("on_kept and not on_loss", WELL, True),
        ("retrained < 30.0", WELL, False),
    ],
)
def test_a_rule_asks_the_evidence_by_name(when: str, evidence: Evidence, applies: bool) -> None:  # noqa: FBT001  a cell
    """It applies where its condition holds; what is not known decides nothing."""
    decision = decide(evidence, Terms(own=(own("mine", when, Action.FALL_BACK),)))
    assert (decision.rule == "mine") == applies
    assert (decision.action is Action.FALL_BACK) == applies


def test_every_name_is_told_of_a_loss() -> None:
    """With a loss there is no name that nothing is known of, but those of a price and of a retraining that never was."""
    told = facts(WORSE, Terms())
    assert set(told) | {"retrained", "worth"} == {*FACTS, *GROUPS}
    assert set(told["loss"]) == set(GROUPS["loss"])
    assert set(told["known"]) == set(GROUPS["known"])


def test_rules_stand_where_they_were_put() -> None:
    """Before all, in the order in which they were written; in the place of one of the same name; before the one they name; or nowhere."""
    names = [rule.name for rule in POLICY]
    first, second = own("first", "on_loss", Action.LOOK), own("second", "on_loss", Action.LOOK)
    late = own("late", "on_loss", Action.LOOK, before=names[-1])
    asked = [rule.name for rule in arranged(POLICY, (first, Own(names[0], None), second, late))]
    assert asked == ["first", "second", *names[1:-1], "late", names[-1]]
    replaced = arranged(POLICY, (own("it does not pay", "on_kept", Action.HOLD),))
    assert [rule.name for rule in replaced] == names
    assert replaced[names.index("it does not pay")].says == "Where on_kept: hold."
    assert policy_of(Terms()) is POLICY
    assert REST not in replaced


def test_a_retraining_by_an_own_rule_keeps_to_the_terms() -> None:
    """It leaves spoilt windows out, waits for the cool-down and for who has to agree, as any other."""
    mine = own("old", "age > 30.0", Action.RETRAIN)
    young = Evidence(monitor="payments", now=NOW, past=Past(trained=NOW - timedelta(days=40), retrains=(NOW - timedelta(days=31),)))
    assert decide(young, Terms(own=(mine,))).when.moment is Moment.NOW
    assert decide(young, Terms(own=(mine,), cool_down=timedelta(days=35))).when.moment is Moment.TIME
    assert decide(WORSE, Terms(own=(mine,))).how.keep_out == ("2026-03-02",)
    assert decide(WORSE, Terms(own=(mine,), budget=0)).consent == "ask"
