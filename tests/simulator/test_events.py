"""Events say what they are, and refuse what cannot be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.simulator.events import EVENTS, FEATURES, KINDS, OUTCOMES, Decision, Event, Kind, Side

KNOWN = {*FEATURES, *OUTCOMES, "ts", "transaction_id"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.name)
class TestEveryKind:
    """What is asked of each kind of event."""

    def test_names_columns_that_exist(self, kind: Kind) -> None:
        """What an event changes are columns of the stream, each named once."""
        assert set(kind.columns) | set(kind.slightly) <= KNOWN
        assert not set(kind.columns) & set(kind.slightly)

    def test_describes_itself_with_its_size(self, kind: Kind) -> None:
        """The description is a plain sentence: no place is left unfilled."""
        says = Event(kind=kind.name, from_day=0).description
        assert len(says.split()) > 6
        assert not set("{}") & set(says)

    def test_is_known_as_json(self, kind: Kind) -> None:
        """The truth about an event survives a file."""
        found = json.loads(json.dumps(Event(kind=kind.name, from_day=3, to_day=5).as_dict()))
        assert found["kind"] == kind.name
        assert found["right_decision"] in {"no_retrain", "investigate_no_retrain", "retrain"}


def test_only_a_changed_concept_asks_for_a_new_model() -> None:
    """To retrain is right exactly where P(fraud | features) changes; faults of the feed are looked into."""
    for kind in KINDS.values():
        assert (kind.decision is Decision.RETRAIN) == kind.concept
        assert (kind.decision is Decision.INVESTIGATE) == (kind.side is Side.FEED)


def test_the_demo_tells_three_stories_with_quiet_between() -> None:
    """A harmless campaign, a fault and an attack come one after the other, none next to another."""
    assert [event.kind for event in EVENTS] == ["campaign", "unit_fault", "attack"]
    campaign, fault, attack = EVENTS
    assert campaign.from_day >= 14
    assert fault.from_day - campaign.to_day > 7
    assert attack.from_day - fault.to_day > 7
    assert attack.to_day is None


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 30), st.integers(-5, 120))
def test_an_event_grows_to_its_full_size_and_ends(first: int, length: int, grows: int, day: int) -> None:
    """There is nothing outside its days, it never shrinks while it lasts, and it is whole once it has grown."""
    event = Event(kind="gradual_drift", from_day=first, to_day=first + length, grows_days=grows)
    strength = event.strength(day)
    if not first <= day <= first + length:
        assert strength == 0.0
        return
    assert 0.0 < strength <= 1.0
    assert strength >= event.strength(day - 1)
    assert (strength == 1.0) == (day - first >= grows)
    assert event.size_on(day) == pytest.approx(event.full_size * strength)


@pytest.mark.parametrize(
    ("settings", "fact", "hint"),
    [
        ({"kind": "atack", "from_day": 1}, "no event of kind 'atack'", "did you mean 'attack'?"),
        ({"kind": "attack", "from_day": -1}, "cannot begin on day -1", "first watched day"),
        ({"kind": "attack", "from_day": 5, "to_day": 4}, "before it begins", "swap"),
        ({"kind": "unit_fault", "from_day": 5, "grows_days": 4}, "cannot grow", "leave grows_days out"),
        ({"kind": "attack", "from_day": 5, "grows_days": -4}, "cannot grow", "leave grows_days out"),
        ({"kind": "null_burst", "from_day": 5, "size": 1.5}, "size 1.5", "usual size is 0.3"),
        ({"kind": "campaign", "from_day": 5, "size": -0.5}, "size -0.5", "usual size is 0.35"),
    ],
)
def test_an_impossible_event_is_refused(settings: dict[str, object], fact: str, hint: str) -> None:
    """What cannot happen is said, with what to write instead."""
    with pytest.raises(ConfigError) as refused:
        Event(**settings)
    assert fact in refused.value.fact
    assert hint in refused.value.hint
