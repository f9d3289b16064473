"""Decisions that are kept: what each state means, and when a person is asked again; tests/server/test_decided.py shows the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline.decisions.course import Decided
from driftline.decisions.decision import Action, Consent, Decision, Moment, When
from driftline.decisions.evidence import Evidence
from driftline.errors import ConfigError, StateError
from driftline.store.database import Database
from driftline.store.decisions import Decisions, State, decided_of, digest_of, state_of, write_decisions
from driftline.store.layout import window_to_dict
from driftline.store.tables import monitors, windows
from driftline.store.trainings import Trainings
from driftline.window import Window

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = Decided(Evidence(monitor="m", now=NOW, window="w0"), Decision(action=Action.FIX_DATA, rule="data is spoilt", reason="r", since="w0"))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A monitor with three windows."""
    found = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with found.writing() as tx:
        tx.execute(monitors.insert().values(id=1, name="m", version=1, created=NOW))
        for n in range(3):
            cut = json.dumps(window_to_dict(Window(n, f"w{n}", NOW + n * DAY, NOW + (n + 1) * DAY)))
            about = {"label": f"w{n}", "cut": cut, "position": n, "rows": 0, "revision": 1, "stale": False, "way": "w"}
            tx.execute(windows.insert().values(monitor_id=1, **about, changed=NOW, counted=NOW, judged_revision=1, judged_version=1))
    return found


def keep(database: Database, *made: Decided) -> list[tuple[str, str]]:
    """Keep decisions; windows and states of all, the newest first."""
    with database.writing() as tx:
        write_decisions(database, tx, 1, "m", 1, made, NOW)
    return [(one["window"], one["state"]) for one in Decisions(database).of(1)]


def at(window: str, made: Decided = MADE) -> Decided:
    """The same decision at another window."""
    return replace(made, evidence=replace(made.evidence, window=window))


@pytest.mark.parametrize(
    ("action", "consent", "moment", "state"),
    [
        (Action.HOLD, Consent.ASK, Moment.NOW, State.NOTED),
        (Action.FIX_DATA, Consent.ASK, Moment.NOW, State.OPEN),
        (Action.FIX_DATA, Consent.AUTOMATIC, Moment.NOW, State.NOTED),
        (Action.RETRAIN, Consent.ASK, Moment.LABELS, State.OPEN),
        (Action.RETRAIN, Consent.AUTOMATIC, Moment.NOW, State.AUTOMATIC),
        (Action.RETRAIN, Consent.AUTOMATIC, Moment.TIME, State.WAITS),
    ],
)
def test_how_a_new_decision_stands(action: Action, consent: Consent, moment: Moment, state: State) -> None:
    """Nobody is asked about what changes nothing, and nothing begins by itself before its time or without leave."""
    decision = replace(MADE.decision, action=action, consent=consent, when=When(moment))
    assert state_of(replace(MADE, decision=decision)) is state


def test_a_newer_decision_takes_the_place_of_one_that_nobody_answered(database: Database) -> None:
    """One at a time waits for a person; what is made once more from the same evidence is passed over."""
    assert keep(database, at("w0"), at("w1")) == [("w1", "open"), ("w0", "past")]
    assert keep(database, at("w1", replace(MADE, evidence=replace(MADE.evidence, now=NOW.replace(year=2027))))) == [
        ("w1", "open"),
        ("w0", "past"),
    ]
    assert keep(database, at("w2"))[:2] == [("w2", "open"), ("w1", "replaced")]
    assert [one["window"] for one in Decisions(database).pending()] == ["w2"]
    assert [one["window"] for one in Decisions(database).since(1, "w1")] == ["w1", "w2"]
    assert Decisions(database).since(1, "w1", NOW + DAY) == []
    assert [one["window"] for one in Decisions(database).since(1, "w0", NOW + 2 * DAY)] == ["w0", "w1"]
    last = Decisions(database).last(1)
    assert last is not None
    assert last.evidence.window == "w2"
    assert Decisions(database).last(2) is None
    assert Decisions(database).newest()[1]["window"] == "w2"
    assert keep(database, at("nowhere"))[0] == ("w2", "open")


def test_nobody_is_asked_twice_about_the_same_change(database: Database) -> None:
    """The answer holds until something else is decided, or of another time."""
    keep(database, at("w0"))
    kept = Decisions(database)
    (first,) = kept.of(1)
    with pytest.raises(ConfigError, match="without a reason"):
        kept.override(first["id"], NOW, actor="ann", note="", instead=Action.HOLD)
    kept.override(first["id"], NOW, actor="ann", note="it is a campaign", instead=Action.HOLD)
    assert keep(database, at("w1"))[0] == ("w1", "overridden")
    assert kept.of(1)[0]["note"] == "it is a campaign"
    assert keep(database, at("w2", replace(MADE, decision=replace(MADE.decision, since="w2"))))[0] == ("w2", "open")
    with pytest.raises(StateError, match="was overridden by ann"):
        kept.approve(first["id"], NOW, actor="bob", note="")


def test_what_was_kept_is_read_as_it_was(database: Database) -> None:
    """With all that it rests on."""
    keep(database, MADE)
    assert decided_of(Decisions(database).one(1)) == MADE
    assert digest_of(MADE) != digest_of(replace(MADE, decision=replace(MADE.decision, reason="another")))
    with pytest.raises(ConfigError, match="no decision 9"):
        Decisions(database).one(9)


def test_what_waits_for_its_hour_begins_then_and_once(database: Database) -> None:
    """A retraining that quiet hours put off begins by itself when they are over, and is begun no second time."""
    when = When(Moment.TIME, NOW + timedelta(hours=7), sentence="quiet hours last until then")
    decision = replace(MADE.decision, action=Action.RETRAIN, consent=Consent.AUTOMATIC, when=when)
    assert keep(database, replace(MADE, decision=decision)) == [("w0", "waits")]
    kept = Decisions(database)
    assert kept.begin_due(NOW + timedelta(hours=6)) == []
    assert len(kept.begin_due(NOW + timedelta(hours=7))) == 1
    assert kept.begin_due(NOW + timedelta(hours=8)) == []
    (one,) = kept.of(1)
    assert (one["state"], one["begins"]) == ("automatic", True)
    assert [training["began"] for training in Trainings(database).of(1)] == [NOW + timedelta(hours=7)]
