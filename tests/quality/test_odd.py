"""Missing values, against what the reference is used to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from driftline.inference.facet import Ask
from driftline.inference.variation import Blocks
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile, total
from driftline.quality.odd import FACETS, odd_facets
from driftline.schema import Column, Kind, Role, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.inference.facet import Facet

PLAN = Plan((Planned(Column(name="t", kind=Kind.TEXT), None), Planned(Column(name="u", kind=Kind.TEXT), None)), sample=1)
ASK = Ask(column=0.01, confidence=0.9)
ROWS = 1000


def profile(share: float, odd: Odd = Odd.NULL, rows: int = ROWS) -> Profile:
    """A window in which the first column lacks values in that share of rows."""
    empty = Profile.empty(PLAN)
    empty.odd[0, odd] = round(share * rows)
    return replace(empty, rows=rows)


def compared(
    blocks: Sequence[Profile], windows: Sequence[Profile], slots: Sequence[int] = (), window_slots: Sequence[int] = ()
) -> dict[str, Facet]:
    """The facets by name; without slots there is no season."""
    layout = Blocks(np.array(slots or [0] * len(blocks)), np.array(window_slots or [0] * len(windows)), like_windows=bool(slots))
    return {facet.name: facet for facet in odd_facets([total(blocks)], windows, blocks, layout, ASK)}


@pytest.mark.parametrize("odd", list(Odd))
def test_each_kind_is_counted_by_itself(odd: Odd) -> None:
    """1% that became 5% is a change of four hundredths, surely, in that kind and column only."""
    found = compared([profile(0.01, odd)] * 10, [profile(0.05, odd), profile(0.01, odd)])
    names = {name for name, kind in FACETS.items() if kind is odd}
    assert {name for name, facet in found.items() if np.nanmax(facet.value, initial=0.0) > 0} == names
    facet = found[names.pop()]
    assert facet.value[0].tolist() == [0.05, 0.01]
    assert facet.effect[0] == pytest.approx([0.04, 0.0])
    assert facet.p_value[0, 0] < 1e-5
    assert facet.p_value[0, 1] > 0.5
    assert facet.low[0, 0] < 0.04 < facet.high[0, 0]
    assert facet.value[0, 0] > facet.threshold[0, 0] > facet.value[0, 1]


def test_only_nulls_are_told_where_there_are_none() -> None:
    """That nothing is null is worth a line; that nothing is of the wrong type is not."""
    found = compared([profile(0.0)] * 10, [profile(0.0)])
    assert found["null"].value.tolist() == [[0.0], [0.0]]
    assert found["null"].p_value.tolist() == [[1.0], [1.0]]
    assert all(np.isnan(found[name].value).all() for name in FACETS if name != "null")


def test_fewer_missing_values_are_a_change_too() -> None:
    """Nulls that stopped have been filled by somebody."""
    facet = compared([profile(0.1)] * 10, [profile(0.0)])["null"]
    assert facet.effect[0, 0] == pytest.approx(-0.1)
    assert facet.p_value[0, 0] < 1e-9


def test_a_season_of_nulls_is_no_change() -> None:
    """What is half empty on every Sunday is as usual on a Sunday, and a fault on a Monday."""
    slots = [0, 1] * 8
    blocks = [profile(0.5 if slot else 0.0) for slot in slots]
    sunday, monday, quiet = (0, profile(0.5), 1), (0, profile(0.5), 0), (0, profile(0.0), 1)
    p_values = [compared(blocks, [window], slots, [slot])["null"].p_value[0, 0] for _, window, slot in (sunday, monday, quiet)]
    assert p_values[0] > 0.5
    assert max(p_values[1:]) < 1e-9


def test_without_its_season_a_window_is_held_against_all() -> None:
    """The same blocks in no order that a calendar knows: half empty is then within what blocks do."""
    blocks = [profile(0.5), profile(0.0)] * 8
    facet = compared(blocks, [profile(0.5)])["null"]
    assert facet.effect[0, 0] == pytest.approx(0.25)
    assert facet.p_value[0, 0] > 0.01


def test_nulls_that_come_in_bunches_prove_less() -> None:
    """Where whole blocks lack values now and then, another such window is less of a surprise."""
    even, bunched = [profile(0.02)] * 16, [profile(0.1 if i % 5 == 0 else 0.0) for i in range(15)]
    assert compared(bunched, [profile(0.05)])["null"].p_value[0, 0] > 1e3 * compared(even, [profile(0.05)])["null"].p_value[0, 0]


def test_too_few_blocks_tell_no_variation() -> None:
    """With few blocks rows count as independent."""
    facet = compared([profile(0.0), profile(0.1)], [profile(0.05)])["null"]
    assert facet.tally is not None
    assert facet.tally.design.tolist() == [[1.0], [1.0]]


def test_each_window_may_have_its_own_reference() -> None:
    """Held against the window before, each sees only what is new."""
    windows = [profile(share) for share in (0.01, 0.1, 0.1)]
    references = [profile(0.01), *windows[:-1]]
    layout = Blocks(np.zeros(10, dtype=np.intp), np.zeros(3, dtype=np.intp), like_windows=False)
    facet = odd_facets(references, windows, [profile(0.01)] * 10, layout, ASK)[0]
    assert facet.effect[0] == pytest.approx([0.0, 0.09, 0.0])


def test_an_empty_window_says_nothing() -> None:
    """No rows, no share."""
    facet = compared([profile(0.1)] * 10, [profile(0.0, rows=0), profile(0.1)])["null"]
    assert np.isnan(facet.value[0, 0])
    assert np.isnan(facet.p_value[0, 0])


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.02), (0.02, 0.0)])
def test_what_begins_and_what_ends_are_told(before: float, after: float) -> None:
    """Values of the wrong type that never came and now do, and those that came and no longer do, each have a line."""
    facet = compared([profile(before, Odd.WRONG_TYPE)] * 10, [profile(after, Odd.WRONG_TYPE)])["wrong_type"]
    assert facet.effect[0, 0] == pytest.approx(after - before)
    assert facet.p_value[0, 0] < 1e-3
    assert np.isnan(facet.value[1, 0])


def test_the_design_effect_is_that_of_the_shares() -> None:
    """How shares vary between blocks, against a binomial's variance, enlarged for what few blocks leave unsure; 1 where none has any."""
    shares = [0.0, 0.1] * 6
    facet = compared([profile(share) for share in shares], [profile(0.05)])["null"]
    assert facet.tally is not None
    raw = ROWS * np.var(shares, ddof=1) / (0.05 * 0.95)
    student = (stats.t.isf(ASK.level("null"), 11) / stats.norm.isf(ASK.level("null"))) ** 2
    assert facet.tally.design[0, 0] == pytest.approx(raw * student, rel=1e-6)
    assert facet.tally.design[1, 0] == 1.0


def test_a_season_cannot_expect_less_than_nothing() -> None:
    """What a slot is held against is a share, however the slots' means were drawn in."""
    slots = [0, 1, 2] * 5
    blocks = [profile((0.0, 0.0, 0.9)[slot]) for slot in slots]
    facet = compared(blocks, [profile(0.0), profile(0.0), profile(0.9)], slots, [0, 1, 2])["null"]
    assert facet.tally is not None
    assert (facet.tally.ref_hits >= 0).all()
    assert (facet.tally.ref_hits <= facet.tally.ref_rows).all()
    assert facet.effect[0] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_labels_that_are_awaited_are_no_nulls() -> None:
    """Neither one window nor several together tell of labels that have not come; a label of the wrong type is told."""
    outcome = Outcome(Task.BINARY, label="t", prediction=None, scores=("u",), classes=("0", "1"), edges=((0.5,),), threshold=0.5)
    plan = Plan((Planned(Column(name="t", kind=Kind.TEXT, role=Role.LABEL), None), PLAN.columns[1]), sample=1, outcome=outcome)

    def windows(shares: list[float], odd: Odd) -> list[Profile]:
        return [replace(profile(share, odd), plan=plan, outcome=OutcomeCounts.empty(outcome)) for share in shares]

    for odd, told in ((Odd.NULL, False), (Odd.ABSENT, False), (Odd.WRONG_TYPE, True)):
        facets = compared(windows([0.01] * 10, odd), windows([0.1, 0.5, 0.9], odd))
        facet = next(facet for facet in facets.values() if FACETS[facet.name] is odd)
        assert facet.tally is not None
        assert bool(np.isfinite(facet.value[0]).all()) is told
        assert bool(np.isfinite(facet.tally.hits[0]).all()) is told
