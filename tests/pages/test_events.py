from __future__ import annotations

from datetime import UTC, datetime, timedelta

from driftline.pages.events import events
from driftline.store.happenings import Happening
from driftline.window import Window

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = [Window(at, f"day {at}", START + timedelta(days=at), START + timedelta(days=at + 1)) for at in range(3)]


def happening(**given: object) -> Happening:
    """Something that happened at noon of the second day."""
    said = {"kind": "alert", "what": "<b>x</b>", "at": START + timedelta(days=1.5), "ident": 7}
    return Happening(**(said | given))  # type: ignore[arg-type]  # what the tests give


def test_events_stand_at_their_windows() -> None:
    """By label where they name one, by time where they do not; what lies before the first window is left out."""
    happened = [
        happening(window="day 0"),
        happening(),
        happening(at=START + timedelta(days=9)),
        happening(at=START - timedelta(days=1)),
        happening(window="another"),
    ]
    assert [one["at"] for one in events(happened, DAYS, model="/models/m", name="m")] == [0, 1, 2]


def test_windows_without_times_have_only_what_names_them() -> None:
    """Windows of rows have no place for a time."""
    runs = [Window(at, f"rows {at}") for at in range(2)]
    assert [one["at"] for one in events([happening(), happening(window="rows 1")], runs, model="/models/m", name="m")] == [1]


def test_events_lead_somewhere_and_authors_may_take_theirs_away() -> None:
    """An alert leads to its incident; only who wrote an annotation sees the way to remove it."""
    happened = [happening(), happening(kind="annotation", by="anna")]
    alert, mine = events(happened, DAYS, model="/models/m", name="m", author="anna")
    assert alert["link"] == "/incidents/7"
    assert mine["remove"] == "/models/m/annotations/7/remove"
    assert events(happened, DAYS, model="/models/m", name="m", author="bob")[1]["remove"] == ""
    places = {"decision": "/models/m/decisions?decision=7", "training": "/models/m/decisions", "rollout": "/models/m/rollout"}
    for kind, place in places.items():
        assert events([happening(kind=kind)], DAYS, model="/models/m", name="m")[0]["link"] == place
