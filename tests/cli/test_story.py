"""What truly happened, beside what was found."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from driftline.cli.story import retell, told
from driftline.simulator.events import Decision
from driftline.verdicts.report import Verdict
from driftline.window import Window

START = datetime(2026, 3, 2, tzinfo=UTC)


def report(drifted: dict[int, tuple[str, ...]], days: int = 20, since: str | None = None) -> Any:
    """A report of daily windows, in some of which columns drifted; the later named weigh more."""
    windows = []
    for day in range(days):
        names = drifted.get(day, ())
        columns = [
            SimpleNamespace(
                name=name,
                verdict=Verdict.DRIFTED if name in names else Verdict.STABLE,
                weight=float(names.index(name) if name in names else 0),
                since=since or f"{START + timedelta(days=day):%Y-%m-%d}",
            )
            for name in ("amount", "country", "channel")
        ]
        start = START + timedelta(days=day)
        window = Window(day, f"{start:%Y-%m-%d}", start, start + timedelta(days=1))
        windows.append(SimpleNamespace(window=window, segment=None, columns=columns, verdict=Verdict.DRIFTED if names else Verdict.STABLE))
    return SimpleNamespace(windows=windows)


def event(first: int, last: int | None, *columns: str, decision: str = "no_retrain") -> dict[str, Any]:
    """An event of the truth."""
    day = START.date()
    return {
        "description": f"something changes {columns}",
        "from_date": str(day + timedelta(days=first)),
        "to_date": None if last is None else str(day + timedelta(days=last)),
        "columns": columns[:1],
        "slightly": columns[1:],
        "right_decision": decision,
    }


def test_an_event_is_found_where_a_column_it_changes_drifts() -> None:
    """The first such day counts, and the weightiest column comes first; other columns do not count."""
    found = retell({"events": [event(5, 9, "amount", "channel")]}, report({5: ("country",), 7: ("amount", "channel"), 8: ("amount",)}))
    (chapter,) = found.chapters
    assert (chapter.found, chapter.late, chapter.columns) == (date(2026, 3, 9), 2, ("channel", "amount"))
    assert (found.false, found.quiet) == (0, 15)


def test_what_is_not_found_is_said() -> None:
    """A day before or after the event does not count as finding it; it is a false alarm."""
    found = retell({"events": [event(5, 6, "amount"), event(18, None, "country")]}, report({4: ("amount",), 7: ("amount",)}))
    assert [chapter.found for chapter in found.chapters] == [None, None]
    assert (found.false, found.quiet) == (2, 16)
    assert "not found" in "\n".join(told(found))


def test_the_story_is_told_in_plain_words() -> None:
    """Each event has its days, what was found and what is right to do."""
    said = list(told(retell({"events": [event(5, 5, "amount"), event(8, None, "country")]}, report({5: ("amount",), 10: ("country",)}))))
    assert said[0].startswith("on 2026-03-07: something changes")
    assert said[1] == "  found on the same day, in amount"
    assert said[3].startswith("from 2026-03-10 on: ")
    assert said[4] == "  found after 2 days, in country"
    assert said[-1] == "on 7 days nothing happened: 0 drifted without cause, 0 still told of what had ended"


def test_an_echo_is_no_false_alarm() -> None:
    """A detector with a memory still tells of an event that has ended; it says that the change began then."""
    events = {"events": [event(5, 6, "amount")]}
    told_late = retell(events, report({8: ("amount",)}, since="2026-03-07"))
    assert (told_late.quiet, told_late.echoes, told_late.false) == (18, 1, 0)
    told_early = retell(events, report({8: ("amount",)}, since="2026-03-05"))
    assert (told_early.echoes, told_early.false) == (0, 1)


def test_every_decision_has_its_advice() -> None:
    """Whatever the simulator says is right to do can be told."""
    for decision in Decision:
        assert (
            retell({"events": [event(1, 2, "amount", decision=decision.value)]}, report({})).chapters[0].advice.startswith("right to do: ")
        )
