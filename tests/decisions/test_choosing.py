"""Which rows a new model should learn from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from driftline.decisions.choosing import SAYS, rows_for
from driftline.decisions.evidence import Evidence, Loss
from driftline.decisions.sampling import WAYS
from driftline.decisions.terms import Terms

LOSS = Loss(metric="f1", title="F1", since="d3", worsening=0.1, low=0.06, high=0.14, floor=0.02, rows=900, sentence="F1 is 0.7")
EVIDENCE = Evidence(monitor="m", now=datetime(2026, 3, 1, tzinfo=UTC), polluted=("d1",))


def test_spoilt_windows_stay_out_and_the_ways_exist() -> None:
    """For a loss and by the calendar alike; a loss says since when rows are heavier."""
    for loss in (LOSS, None):
        how = rows_for(EVIDENCE, loss, Terms())
        assert how.keep_out == ("d1",)
        assert how.sampling in WAYS
        assert "without d1" in how.sentence
        assert how.since == (None if loss is None else "d3")


@pytest.mark.parametrize("way", WAYS)
def test_the_owner_chooses(way: str) -> None:
    """Each way has its words; a calendar knows of no change, so what asks for one takes everything there."""
    terms = Terms(sampling=way, scheduled=way)
    told, due = rows_for(EVIDENCE, LOSS, terms), rows_for(EVIDENCE, None, terms)
    assert (told.sampling, told.sentence.startswith(SAYS[way].format(since="d3"))) == (way, True)
    assert due.sampling == ("everything" if way in {"since the change", "half and half"} else way)
