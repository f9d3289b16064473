"""What several models suffer at once is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from driftline.diagnosis.upstream import Shared, begun, in_common
from driftline.verdicts.diagnosis import Change, Diagnosis
from driftline.verdicts.report import Verdict, WindowReport
from driftline.window import Window

START = datetime(2026, 3, 1, tzinfo=UTC)
CENTS = Diagnosis(change=Change.FAULT, kind="unit_change", columns=("amount",), sentence="cents", confidence=0.9, polluted=True)
OLDER = Diagnosis(change=Change.COVARIATE, kind="covariate_shift", columns=("age", "amount"), sentence="older", confidence=0.5)


def report(monitor: str, days: dict[int, tuple[Diagnosis, ...]], hours: int = 24) -> tuple[str, tuple[WindowReport, ...]]:
    """A monitor whose windows have these explanations."""
    windows = []
    for at, told in days.items():
        start = START + timedelta(hours=at * hours)
        window = Window(at, f"{start:%Y-%m-%d %H}", start, start + timedelta(hours=hours))
        windows.append(WindowReport(window=window, segment=None, rows=10, verdict=Verdict.DRIFTED, reason="", columns=(), diagnosis=told))
    return monitor, tuple(windows)


def shared(some: list[tuple[str, tuple[WindowReport, ...]]]) -> tuple[Shared, ...]:
    """What monitors have in common."""
    return in_common([one for monitor, windows in some for one in begun(monitor, windows)])


def test_one_fault_of_many_models_is_one_incident() -> None:
    """Three models read the same table; the fourth had the fault a week later, and is another story."""
    late = report("d", {9: (CENTS,)})
    (found,) = shared([report("a", {2: (CENTS,)}), report("b", {2: (CENTS,)}), report("c", {2: (OLDER, CENTS)}), late])
    assert (found.kind, found.columns, found.monitors) == ("unit_change", ("amount",), ("a", "b", "c"))
    assert "3 models" in found.sentence


def test_windows_of_different_lengths_meet() -> None:
    """An hour lies within its day."""
    (found,) = shared([report("daily", {2: (CENTS,)}), report("hourly", {53: (CENTS,)}, hours=1)])
    assert found.monitors == ("daily", "hourly")


def test_what_lasts_is_told_where_it_began() -> None:
    """The second day of a fault is no new incident, and a model with two windows is still one model."""
    assert shared([report("a", {2: (CENTS,), 3: (replace(CENTS, new=False),)})]) == ()
    (found,) = shared([report("a", {2: (CENTS,), 3: (replace(CENTS, new=False),)}), report("b", {2: (CENTS,)})])
    assert found.monitors == ("a", "b")


def test_other_columns_and_other_kinds_are_other_incidents() -> None:
    """Neither a shared column with another kind, nor the same kind elsewhere, is one cause."""
    elsewhere = replace(CENTS, columns=("price",))
    assert shared([report("a", {2: (CENTS,)}), report("b", {2: (elsewhere,)}), report("c", {2: (OLDER,)})]) == ()


def test_a_models_own_trouble_is_its_own() -> None:
    """Risks, its relation to the label, and what nobody knows are not shared."""
    for change in (Change.RISK, Change.CONCEPT, Change.OUTPUT, Change.UNKNOWN):
        own = replace(CENTS, change=change)
        assert shared([report("a", {2: (own,)}), report("b", {2: (own,)})]) == ()


def test_what_most_models_show_comes_first() -> None:
    """Two incidents of one day, that of three models before that of two."""
    pair = replace(CENTS, kind="null_burst", columns=("age",))
    found = shared([report("a", {2: (CENTS, pair)}), report("b", {2: (CENTS, pair)}), report("c", {2: (CENTS,)})])
    assert [one.kind for one in found] == ["unit_change", "null_burst"]
