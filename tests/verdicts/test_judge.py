"""The one comparison in the program, on evidence written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.inference.facet import SIGHTS, WEIGHTS
from driftline.profile.bins import LevelBins, NumberBins
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind, Role
from driftline.verdicts.evidence import NAMES, Evidence
from driftline.verdicts.judge import AT_ONCE, CAUSES, DETECTOR, INSTANT, NOTICED, TOGETHER, VERDICTS, Judgement, judge
from driftline.verdicts.policy import HandSet, Limit, Policy
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conftest import Workshop

    from driftline.verdicts.comparison import Comparison

LEVEL = 0.03
POLICY = Policy(floors={"psi": 0.1, "atom": 0.1, "null": 0.1, "shift": 0.1, "duplicate": 0.1, "volume": 0.1, "silence": 0.1})
BEYOND, ACROSS, BELOW = (0.11, 0.2, 0.3), (0.05, 0.12, 0.2), (0.0, 0.02, 0.05)
SURE, NOT_SURE = 1e-9, 0.5
HAND_SET = Policy(floors=POLICY.floors, hand_set=(HandSet("x", "ks", Limit.FIXED, 0.1),))


def judged(evidence: Evidence, comparison: Comparison, policy: Policy = POLICY, beyond: bool | None = None) -> Judgement:  # noqa: FBT001  a cell
    """Judge with a budget of 3% a window."""
    shape = evidence.numbers["effect"].shape[1:]
    return judge(evidence, comparison, policy, LEVEL, None if beyond is None else np.full(shape, beyond))


def numbers(names: Iterable[str]) -> list[Planned]:
    """Columns of numbers."""
    return [Planned(Column(name=name, kind=Kind.NUMBER), NumberBins((-1.0, 0.0, 1.0, 2.0))) for name in names]


def told(judgement: Judgement, c: int = 0, w: int = 0) -> tuple[Verdict, Cause]:
    """A column's verdict in a window, and its cause."""
    return VERDICTS[judgement.verdict[c, w]], CAUSES[judgement.cause[c, w]]


def test_a_window_spends_its_share_once() -> None:
    """What the window alone, windows together and the detector may spend adds up to the window's share."""
    assert pytest.approx(1.0) == INSTANT + TOGETHER + DETECTOR


@pytest.mark.parametrize(
    ("size", "p", "verdict", "cause"),
    [
        (BEYOND, SURE, Verdict.DRIFTED, Cause.CHANGED),
        (ACROSS, SURE, Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS),
        (BELOW, SURE, Verdict.STABLE, Cause.BELOW_FLOOR),
        (BEYOND, NOT_SURE, Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS),
        (ACROSS, NOT_SURE, Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS),
        (BELOW, NOT_SURE, Verdict.STABLE, Cause.NO_CHANGE),
    ],
)
def test_the_whole_distribution_decides(
    workshop: Workshop, size: tuple[float, float, float], p: float, verdict: Verdict, cause: Cause
) -> None:
    """Drifted needs belief and an interval wholly beyond the floor; stable an interval wholly below it; else nobody knows."""
    evidence, comparison = workshop.blank()
    workshop.say(evidence, "psi", size, p)
    judgement = judged(evidence, comparison)
    assert told(judgement) == (verdict, cause)
    assert judgement.facet[NAMES.index("psi"), 0, 0] == VERDICTS.index(verdict)
    assert bool(judgement.seen[0, 0]) is (p == SURE)


@pytest.mark.parametrize("way", [1.0, -1.0])
@pytest.mark.parametrize(
    ("size", "p", "verdict", "cause"),
    [
        (BEYOND, SURE, Verdict.DRIFTED, Cause.CHANGED),
        (ACROSS, SURE, Verdict.STABLE, Cause.BELOW_FLOOR),
        (BEYOND, NOT_SURE, Verdict.STABLE, Cause.NO_CHANGE),
    ],
)
def test_a_single_facet_can_only_accuse(
    workshop: Workshop, way: float, size: tuple[float, float, float], p: float, verdict: Verdict, cause: Cause
) -> None:
    """Where the whole distribution is stable, another facet, in either direction, overrules it only with a change that matters."""
    evidence, comparison = workshop.blank()
    workshop.say(evidence, "psi", BELOW, NOT_SURE)
    low, effect, high = sorted(way * bound for bound in size)
    workshop.say(evidence, "atom", (low, effect, high), p)
    assert told(judged(evidence, comparison)) == (verdict, cause)


def test_a_facet_without_numbers_says_nothing(workshop: Workshop) -> None:
    """Facets that do not apply have no verdict, and what nobody looked at is not stable."""
    evidence, comparison = workshop.blank()
    judgement = judged(evidence, comparison)
    assert (judgement.facet == -1).all()
    assert told(judgement) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS)
    assert judgement.worst.tolist() == [[-1]]


@pytest.mark.parametrize("facet", ["psi", "atom", "null"])
def test_each_facet_has_its_part_of_the_level(workshop: Workshop, facet: str) -> None:
    """A p-value is believed up to its facet's part of the window's level, and no further."""
    evidence, comparison = workshop.blank()
    limit = LEVEL * INSTANT * WEIGHTS[facet]
    for p, verdict in ((limit * 0.99, True), (limit * 1.01, False)):
        workshop.say(evidence, facet, BEYOND, p)
        assert (told(judged(evidence, comparison))[0] is Verdict.DRIFTED) is verdict


def test_what_is_seen_need_not_be_believed(workshop: Workshop) -> None:
    """A column is seen to change at a level of its own, whatever the budget; of many columns, one in a window may be."""
    for number, noticed in ((1, NOTICED), (10, NOTICED), (50, 1 / 50)):
        limit = noticed * AT_ONCE * SIGHTS["psi"]
        for p, seen in ((limit * 0.99, True), (limit * 1.01, False)):
            evidence, comparison = workshop.blank(numbers([f"x{i}" for i in range(number)]))
            workshop.say(evidence, "psi", BELOW, p)
            judgement = judge(evidence, comparison, POLICY, 1e-6)
            assert bool(judgement.seen[0, 0]) is seen
            assert told(judgement) == (Verdict.STABLE, Cause.BELOW_FLOOR if seen else Cause.NO_CHANGE)
            assert not judgement.seen[1:].any()


@pytest.mark.parametrize("partner", ["drifted", "stable", "unknown"])
def test_of_a_pair_the_one_that_changed_by_itself_is_told(workshop: Workshop, partner: str) -> None:
    """That two columns no longer go together counts for both, unless one has drifted by itself: then it is its doing."""
    columns = numbers("abc")
    evidence, comparison = workshop.blank(columns)
    for c, other in ((1, 2), (2, 1)):
        workshop.say(evidence, "dependence", (-0.8, -0.7, -0.6), SURE, (c, 0))
        evidence.where[NAMES.index("dependence"), c, 0] = other if partner != "unknown" else -1
        workshop.say(evidence, "psi", BELOW, NOT_SURE, (c, 0))
    if partner == "drifted":
        workshop.say(evidence, "psi", BEYOND, SURE, (2, 0))
    judgement = judged(evidence, comparison)
    assert told(judgement, 1) == ((Verdict.STABLE, Cause.NO_CHANGE) if partner == "drifted" else (Verdict.DRIFTED, Cause.CHANGED))
    assert bool(judgement.seen[1, 0]) is (partner != "drifted")
    assert told(judgement, 2) == (Verdict.DRIFTED, Cause.CHANGED)


def test_many_columns_share_one_level(workshop: Workshop) -> None:
    """A p-value that convinces in one column does not among a hundred."""
    columns = [Planned(Column(name=f"x{i}", kind=Kind.CATEGORY), LevelBins(("a",))) for i in range(100)]
    p = LEVEL * INSTANT * WEIGHTS["psi"] / 2
    for number, seen in ((1, True), (100, False)):
        evidence, comparison = workshop.blank(columns[:number])
        for c in range(number):
            workshop.say(evidence, "psi", BEYOND, p if c == 0 else NOT_SURE, (c, 0))
        assert (told(judged(evidence, comparison))[0] is Verdict.DRIFTED) is seen


@pytest.mark.parametrize(
    ("facet", "beyond", "verdict"),
    [
        ("psi", None, Verdict.STABLE),
        ("atom", False, Verdict.STABLE),
        ("atom", True, Verdict.DRIFTED),
        ("null", False, Verdict.DRIFTED),
        ("unseen", False, Verdict.DRIFTED),
        ("absent", False, Verdict.DRIFTED),
    ],
)
def test_a_threshold_set_by_hand_replaces_automatic_verdicts_but_not_faults(
    workshop: Workshop,
    facet: str,
    beyond: bool | None,  # noqa: FBT001  a cell of the table
    verdict: Verdict,
) -> None:
    """Whoever sets a threshold is asked about the distribution; nulls, new levels and a lost column are told all the same."""
    evidence, comparison = workshop.blank()
    workshop.say(evidence, facet, BEYOND, SURE)
    assert told(judged(evidence, comparison, HAND_SET, beyond))[0] is verdict
    assert told(judged(evidence, comparison))[0] is Verdict.DRIFTED


def test_a_threshold_set_by_hand_is_named_as_the_cause(workshop: Workshop) -> None:
    """Beyond it, the verdict says so."""
    evidence, comparison = workshop.blank()
    assert told(judged(evidence, comparison, HAND_SET, beyond=True)) == (Verdict.DRIFTED, Cause.BEYOND_THRESHOLD)
    assert told(judged(evidence, comparison, HAND_SET, beyond=False)) == (Verdict.STABLE, Cause.NO_CHANGE)


def test_an_empty_window_is_not_stable_by_a_threshold_set_by_hand(workshop: Workshop) -> None:
    """Nothing to look at is never success."""
    assert told(judged(*workshop.blank(rows=[0]), HAND_SET, beyond=False)) == (Verdict.INCONCLUSIVE, Cause.EMPTY_WINDOW)


@pytest.mark.parametrize("role", [Role.ID, Role.TIMESTAMP])
def test_a_watched_column_is_stable_unless_the_table_is_odd(workshop: Workshop, role: Role) -> None:
    """Ids and times are not compared: they speak for repeats, volume and silence, and are stable otherwise."""
    watched = [Planned(Column(name="at", kind=Kind.TIMESTAMP, role=role), None)]
    assert told(judged(*workshop.blank(watched))) == (Verdict.STABLE, Cause.NO_CHANGE)
    for facet in ("duplicate", "volume", "silence", "null"):
        evidence, comparison = workshop.blank(watched)
        workshop.say(evidence, facet, BEYOND, SURE)
        judgement = judged(evidence, comparison)
        assert told(judgement) == (Verdict.DRIFTED, Cause.CHANGED)
        assert NAMES[judgement.worst[0, 0]] == facet


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_since_is_where_the_unbroken_run_began(workshop: Workshop, drifted: list[bool]) -> None:
    """Each drifted window is dated to the first of its run; a quiet window ends the run."""
    evidence, comparison = workshop.blank(rows=[1000] * len(drifted))
    for w, changed in enumerate(drifted):
        workshop.say(evidence, "psi", BEYOND if changed else BELOW, SURE if changed else NOT_SURE, (0, w))
    begun, expected = -1, []
    for w, changed in enumerate(drifted):
        begun = (w if begun < 0 else begun) if changed else -1
        expected.append(begun)
    assert judged(evidence, comparison).since[0].tolist() == expected


def test_a_slow_change_is_dated_to_its_beginning(workshop: Workshop) -> None:
    """A change found late by the windows together is dated to the windows that show it."""
    evidence, comparison = workshop.blank(rows=[1000] * 30)
    workshop.stream(evidence, "shift", [0.0] * 10 + [0.15] * 20, error=0.06)
    for w in range(30):
        workshop.say(evidence, "shift", (0.0, 0.15 * (w >= 10), 0.3), NOT_SURE, (0, w))
    judgement = judged(evidence, comparison)
    assert told(judgement, 0, 29) == (Verdict.DRIFTED, Cause.SLOW_CHANGE)
    found = int(np.flatnonzero(judgement.verdict[0] == VERDICTS.index(Verdict.DRIFTED))[0])
    assert found > 10
    assert 8 <= judgement.since[0, found] <= 12
    assert (judgement.since[0, found:] == judgement.since[0, found]).all()
    assert NAMES[judgement.worst[0, 29]] == "shift"


def test_a_window_held_against_its_own_reference_is_not_pooled(workshop: Workshop) -> None:
    """What is new in one window is old in the next: nothing adds up over windows."""
    evidence, comparison = workshop.blank(rows=[1000] * 30)
    workshop.stream(evidence, "shift", [0.0] * 10 + [0.15] * 20, error=0.06)
    assert not judged(evidence, replace(comparison, references=comparison.windows)).seen.any()


@given(st.lists(st.floats(0.13, 0.6), min_size=2, max_size=8))
def test_wider_intervals_need_more_rows(workshop: Workshop, highs: list[float]) -> None:
    """Rows needed grow with the interval's width, until no number of rows would do with this reference."""
    highs.sort()
    evidence, comparison = workshop.blank(rows=[1000] * len(highs), reference=4000)
    for w, high in enumerate(highs):
        workshop.say(evidence, "psi", (0.0, 0.05, high), NOT_SURE, (0, w))
    needed = judged(evidence, comparison).rows_needed[0]
    known = needed[np.isfinite(needed)]
    assert np.isnan(needed[known.size :]).all()
    assert (np.diff(known) >= 0).all()
    assert (known >= 1000).all()


def test_what_is_settled_needs_no_rows(workshop: Workshop) -> None:
    """Only inconclusive columns ask for more."""
    evidence, comparison = workshop.blank(rows=[1000, 1000])
    workshop.say(evidence, "psi", BEYOND, SURE, (0, 0))
    workshop.say(evidence, "psi", BELOW, NOT_SURE, (0, 1))
    assert np.isnan(judged(evidence, comparison).rows_needed).all()


@pytest.mark.parametrize(
    ("rows", "reference", "planned", "cause"),
    [
        (0, 1000, None, Cause.EMPTY_WINDOW),
        (10, 199, None, Cause.REFERENCE_TOO_SMALL),
        (10, 200, None, Cause.TOO_FEW_ROWS),
        (10, 0, None, Cause.NO_REFERENCE_VALUES),
        (10, 1000, Planned(Column(name="t", kind=Kind.TEXT), None), Cause.NOT_COUNTED),
    ],
)
def test_what_cannot_be_told_has_its_cause(workshop: Workshop, rows: int, reference: int, planned: Planned | None, cause: Cause) -> None:
    """Not knowing has a reason: the window, the reference, or the kind of the column."""
    evidence, comparison = workshop.blank(
        [planned] if planned else [Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a",)))], [rows], reference
    )
    assert told(judged(evidence, comparison)) == (Verdict.INCONCLUSIVE, cause)


def test_a_lost_column_is_called_missing(workshop: Workshop) -> None:
    """Whatever else changed, a column that is not there is called that."""
    evidence, comparison = workshop.blank()
    workshop.say(evidence, "psi", BEYOND, SURE)
    workshop.say(evidence, "absent", (0.9, 1.0, 1.0), SURE)
    assert told(judged(evidence, comparison)) == (Verdict.DRIFTED, Cause.MISSING_COLUMN)


def test_changes_are_ranked_by_floors_and_importance(workshop: Workshop) -> None:
    """A change weighs its effect over the floor, times what the model leans on the column; where nothing is seen, nothing."""
    columns = [Planned(Column(name=n, kind=Kind.NUMBER, importance=i), None) for n, i in (("a", None), ("b", 0.5), ("c", 1.0))]
    evidence, comparison = workshop.blank(columns)
    for c, p in enumerate((SURE, SURE, NOT_SURE)):
        workshop.say(evidence, "psi", BEYOND, p, (c, 0))
    assert judged(evidence, comparison).weight[:, 0] == pytest.approx([2.0, 1.0, 0.0])


def test_what_a_window_shows_itself_goes_before_what_windows_show_together(workshop: Workshop) -> None:
    """A fault of one day is called that, though the mean has moved a little for days, and more on that day."""
    evidence, comparison = workshop.blank(rows=[1000] * 30)
    workshop.stream(evidence, "shift", [0.05] * 29 + [0.2], error=0.02)
    for w in range(30):
        workshop.say(evidence, "shift", (0.0, 0.05, 0.08), NOT_SURE, (0, w))
    workshop.say(evidence, "shift", (0.15, 0.2, 0.25), SURE, (0, 29))
    workshop.say(evidence, "atom", (0.8, 0.9, 1.0), SURE, (0, 29))
    judgement = judged(evidence, comparison)
    assert told(judgement, 0, 29) == (Verdict.DRIFTED, Cause.CHANGED)
    assert NAMES[judgement.worst[0, 29]] == "atom"


def test_the_verdict_rests_on_what_drifted_not_on_what_is_largest(workshop: Workshop) -> None:
    """A huge effect that nobody believes does not become the reason."""
    evidence, comparison = workshop.blank()
    workshop.say(evidence, "psi", (0.2, 5.0, 9.0), NOT_SURE)
    workshop.say(evidence, "atom", BEYOND, SURE)
    assert NAMES[judged(evidence, comparison).worst[0, 0]] == "atom"
