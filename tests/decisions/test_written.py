"""Rules as their owner wrote them."""

from __future__ import annotations

import pickle

from driftline.decisions.decision import Action
from driftline.decisions.written import Own
from driftline.expressions import read


def test_a_rule_goes_to_another_process_and_stays_what_it_is() -> None:
    """Two rules of the same words are equal, one that was sent away among them."""
    rule = Own("mine", read("on_loss"), Action.LOOK)
    assert pickle.loads(pickle.dumps(rule)) == rule == Own("mine", read("on_loss"), Action.LOOK)
