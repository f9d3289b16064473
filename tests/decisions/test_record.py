"""Stored decisions can be made again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.decisions.decision import Gain
from driftline.decisions.evidence import Cheap, Evidence, Known, Loss, Past, Spoilt
from driftline.decisions.record import decision_from, evidence_from, stored
from driftline.decisions.rules import decide
from driftline.decisions.terms import Schedule, Terms
from driftline.errors import DataError

words, numbers = st.text(max_size=8), st.floats(-1e6, 1e6)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  the zone follows
names = st.lists(words, max_size=3).map(tuple)
gains = st.builds(Gain, numbers, numbers, numbers, words, st.none() | numbers)
counts = st.integers(0, 10**6)
losses = st.builds(
    Loss, metric=words, title=words, since=words, worsening=numbers, low=numbers, high=numbers, floor=numbers, rows=counts, sentence=words,
    ranks=st.booleans(), estimated=st.booleans(), spoilt=st.booleans(),
)  # fmt: skip
faults = st.builds(
    Spoilt, kind=words, columns=names, since=words, lasts=st.booleans(), share=st.none() | numbers, sentence=words, remedy=words,
    confidence=st.floats(0, 1),
)  # fmt: skip
evidences = st.builds(
    Evidence, monitor=words, now=instants, window=st.none() | words, windows=names, spoilt=st.lists(faults, max_size=2).map(tuple),
    polluted=names, loss=st.none() | losses, settled=st.none() | words, healthy=words,
    known=st.builds(Known, rows=counts, labelled=counts, rarer=counts, began=st.none() | instants, first=st.none() | instants, skew=words),
    inputs=names, predictions=names, labels=names, broken=st.sampled_from(["", "x"]), unexplained=st.sampled_from(["", "x"]),
    unequal=st.sampled_from(["", "x"]),
    cheap=st.lists(st.builds(Cheap, kind=words, what=words, gain=gains, restores=numbers, sentence=words), max_size=2).map(tuple),
    worth=st.none() | gains,
    past=st.builds(
        Past, trained=st.none() | instants, retrains=st.lists(instants, max_size=2).map(tuple), answered=names,
        deployed=st.none() | instants, previous=st.booleans(),
    ),
)  # fmt: skip


@given(evidences, st.sampled_from(list(Schedule)))
def test_a_stored_decision_is_made_again_from_what_was_stored(evidence: Evidence, schedule: Schedule) -> None:
    """Written as JSON and read again, evidence is the same, and so is what is decided on it."""
    terms = Terms(schedule=schedule)
    decision = decide(evidence, terms)
    kept = json.loads(json.dumps(stored(evidence, decision)))
    read = evidence_from(kept["evidence"])
    assert read == evidence
    assert decision_from(kept["decision"]) == decision == decide(read, terms)


def test_what_is_no_record_is_refused() -> None:
    """Something else is told from a record by name, not by a stack of calls."""
    made = stored(
        Evidence(monitor="m", now=datetime(2026, 3, 1, tzinfo=UTC)),
        decide(Evidence(monitor="m", now=datetime(2026, 3, 1, tzinfo=UTC)), Terms()),
    )
    for broken in ({}, {**made["evidence"], "now": "yesterday"}, {**made["evidence"], "loss": {"title": "x"}}):
        with pytest.raises(DataError, match="no stored evidence"):
            evidence_from(broken)
    with pytest.raises(DataError, match="no stored decision"):
        decision_from({**made["decision"], "action": "panic"})


def test_times_keep_their_zone() -> None:
    """An instant is the same instant when it is read, whatever clock it was told by."""
    now = datetime.fromisoformat("2026-03-01T05:00:00+02:00")
    evidence = replace(Evidence(monitor="m", now=now), past=Past(trained=now - timedelta(days=1)))
    assert evidence_from(stored(evidence, decide(evidence, Terms()))["evidence"]).now == now
