"""Windows looked at together: what one cannot show, eight can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.verdicts.evidence import NAMES
from driftline.verdicts.trailing import BEYOND_REHEARSAL, Pooled, last, pool, rehearsed

if TYPE_CHECKING:
    from conftest import Workshop

    from driftline.verdicts.evidence import Evidence

LEVEL = 0.012
ERROR = 0.03


def pooled(evidence: Evidence, floor: float = 0.02) -> Pooled:
    """Windows of 1000 rows, with one floor for everything."""
    _, columns, windows = evidence.numbers["effect"].shape
    return pool(evidence, np.full(windows, 1000.0), np.full((len(NAMES), columns), floor), LEVEL)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=12), st.integers(1, 14))
def test_last_sums_what_is_there(values: list[int], length: int) -> None:
    """Each window's sum is that of a slice of the list."""
    found = last(np.array([values], dtype=np.float64), length)[0]
    assert found.tolist() == [sum(values[max(0, w + 1 - length) : w + 1]) for w in range(len(values))]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_shift_too_small_for_one_window_shows_in_several(workshop: Workshop, sign: float) -> None:
    """Two standard errors a window are nothing by themselves, and clear in a row; the fewest windows that show it are told."""
    evidence, _ = workshop.blank(rows=[1000] * 8)
    workshop.stream(evidence, "shift", [sign * 2 * ERROR] * 8, ERROR)
    found = pooled(evidence)
    assert not found.seen[0, 0]
    assert found.matters[0, -1]
    assert NAMES[found.facet[0, -1]] == "shift"
    assert found.span[0, -1] == 4


def test_the_newest_window_can_say_that_it_is_over(workshop: Workshop) -> None:
    """A run is forgotten in the window that contradicts it, and one that only falls short by noise goes on."""
    evidence, _ = workshop.blank(rows=[1000] * 12)
    run = [2 * ERROR] * 11
    for newest, goes_on in ((ERROR, True), (-ERROR, False)):
        workshop.stream(evidence, "shift", [*run, newest], ERROR)
        found = pooled(evidence)
        assert found.seen[0, -2]
        assert bool(found.seen[0, -1]) is goes_on


def test_one_wild_window_does_not_speak_for_its_neighbours(workshop: Workshop) -> None:
    """However far a single window lies off, windows together show nothing that it alone does not."""
    evidence, _ = workshop.blank(rows=[1000] * 8)
    workshop.stream(evidence, "shift", [0.0] * 7 + [100 * ERROR], ERROR)
    assert not pooled(evidence).seen.any()


def test_the_references_own_error_is_not_averaged_away(workshop: Workshop) -> None:
    """All windows share the reference: a deviation within its error shows in no number of windows."""
    evidence, _ = workshop.blank(rows=[1000] * 64)
    workshop.stream(evidence, "shift", [2 * ERROR] * 64, ERROR, base=2 * ERROR)
    assert not pooled(evidence).seen.any()


def test_a_share_adds_over_windows(workshop: Workshop) -> None:
    """Four nulls a window where one is usual show in eight windows; below the floor they are seen and do not matter."""
    evidence, _ = workshop.blank(rows=[1000] * 8)
    for field, number in {"hits": 4.0, "rows": 1000.0, "ref_hits": 100.0, "ref_rows": 100_000.0, "design": 1.0}.items():
        evidence.tallies["null"][field][:] = number
    strict, lenient = pooled(evidence, floor=0.0), pooled(evidence, floor=0.01)
    assert not strict.seen[0, 0]
    assert strict.matters[0, -1]
    assert NAMES[strict.facet[0, -1]] == "null"
    assert lenient.seen[0, -1]
    assert not lenient.matters.any()


def test_what_the_reference_does_itself_is_no_change(workshop: Workshop) -> None:
    """A run must exceed the largest that the reference's own blocks show."""
    evidence, _ = workshop.blank(rows=[1000] * 8, blocks=16)
    workshop.stream(evidence, "shift", [2 * ERROR] * 8, ERROR)
    evidence.rehearsals["shift"][:] = np.repeat([2.1, -2.1], 8)
    assert rehearsed(evidence, 0, 8) == pytest.approx(BEYOND_REHEARSAL * 8 * 2.1 / np.sqrt(8))
    assert not pooled(evidence).seen.any()


def test_a_short_reference_rehearses_nothing(workshop: Workshop) -> None:
    """With fewer blocks than windows looked at, nothing more is asked."""
    evidence, _ = workshop.blank(blocks=3)
    evidence.rehearsals["shift"][:] = 5.0
    assert rehearsed(evidence, 0, 4).tolist() == [0.0]


def test_one_window_is_not_several(workshop: Workshop) -> None:
    """With a single window nothing is pooled."""
    evidence, _ = workshop.blank()
    workshop.stream(evidence, "shift", [1.0], ERROR)
    found = pooled(evidence)
    assert not found.seen.any()
    assert found.facet.tolist() == [[-1]]
