"""The table as a whole: repeats, volume, silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.inference.facet import Ask
from driftline.inference.variation import Blocks
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Profile
from driftline.profile.reference import Cells, count
from driftline.quality.table import duplicate, silence, volume
from driftline.schema import Column, Kind, Role

ASK = Ask(column=0.02, confidence=0.9)
BY_ID = Plan((Planned(Column(name="id", kind=Kind.TEXT, role=Role.ID), None), Planned(Column(name="t", kind=Kind.TEXT), None)), sample=500)
BY_CONTENT = Plan(tuple(replace(planned, column=replace(planned.column, role=Role.FEATURE)) for planned in BY_ID.columns), sample=500)
DAY = 86_400.0


def table(plan: Plan, ids: list[int], content: str = "same") -> Profile:
    """Rows with those ids, all of the same content otherwise."""
    nothing = np.zeros(len(ids), dtype=bool)
    texts = {"id": [str(i) for i in ids], "t": [content] * len(ids)}
    return count(plan, {name: Cells(np.zeros(len(ids)), column, nothing, nothing) for name, column in texts.items()}, len(ids))


def sized(rows: int) -> Profile:
    """A window with so many rows."""
    return replace(Profile.empty(BY_ID), rows=rows)


def until(second: float, rows: int = 100) -> Profile:
    """A window whose newest row is that old."""
    profile = sized(rows)
    profile.extremes[1] = (0.0, second) if rows else (np.inf, -np.inf)
    return profile


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60))
def test_repeats_are_exact_while_the_window_fits_in_the_sample(ids: list[int]) -> None:
    """The share is that of rows beyond the first of each id."""
    facet = duplicate([table(BY_ID, ids)], [table(BY_ID, list(range(60)))], ASK, by_id=True)
    assert facet is not None
    assert facet.value[0, 0] == pytest.approx(1 - len(set(ids)) / len(ids))


@pytest.mark.parametrize(("plan", "by_id"), [(BY_ID, True), (BY_CONTENT, False)])
def test_rows_sent_twice_are_found(plan: Plan, by_id: bool) -> None:  # noqa: FBT001  a cell of the table
    """A window of which half came twice is found by ids and by content; one as usual is not."""
    blocks = [table(plan, list(range(200 * k, 200 * k + 200))) for k in range(10)]
    usual, twice = table(plan, list(range(9000, 9200))), table(plan, [*range(9000, 9130), *range(9000, 9070)])
    facet = duplicate([usual, twice], blocks, ASK, by_id=by_id)
    assert facet is not None
    assert facet.value[0] == pytest.approx([0.0, 0.35])
    assert facet.p_value[0, 0] == 1.0
    assert facet.p_value[0, 1] < 1e-9


def test_content_counts_only_without_an_id() -> None:
    """Equal rows with ids of their own are no repeats; the same rows without ids are."""
    assert table(BY_ID, [1, 2, 3]).sample.duplicate_share() == 0.0
    assert table(BY_ID, [1, 1, 3]).sample.duplicate_share() == pytest.approx(1 / 3)
    other = Plan(BY_CONTENT.columns[1:], sample=500)
    assert table(other, [1, 2, 3]).sample.duplicate_share() == pytest.approx(2 / 3)


def test_content_of_windows_of_other_lengths_is_not_compared() -> None:
    """Content repeats by chance, the more the longer the window; an id does not."""
    blocks, windows = [table(BY_CONTENT, list(range(50)))] * 4, [table(BY_CONTENT, list(range(200)))]
    assert duplicate(windows, blocks, ASK, by_id=False) is None
    assert duplicate(windows, blocks, ASK, by_id=True) is not None


def weeks(dice: np.random.Generator, days: int) -> list[int]:
    """1000 rows a day, 100 on Saturdays and Sundays, give or take 3%."""
    return [round((100 if day % 7 > 4 else 1000) * np.exp(0.03 * dice.standard_normal())) for day in range(days)]


def volume_p(rows: list[int], slots: list[int], blocks: list[int], block_slots: list[int]) -> list[float]:
    """The p-values of windows with so many rows."""
    layout = Blocks(np.array(block_slots), np.array(slots), like_windows=True)
    facet = volume([sized(n) for n in rows], [sized(n) for n in blocks], layout, ASK)
    assert facet is not None
    return [float(p) for p in facet.p_value[0]]


def test_volume_knows_the_weekdays() -> None:
    """A Saturday's rows are few on a Wednesday and as usual on a Saturday; a workday's are many on a Sunday."""
    blocks = weeks(np.random.default_rng(3), 35)
    p_values = volume_p([1000, 100, 100, 1000, 0], [0, 2, 5, 6, 0], blocks, [day % 7 for day in range(35)])
    assert p_values[0] > 0.05
    assert p_values[1] < 1e-9
    assert p_values[2] > 0.05
    assert p_values[3] < 1e-9


def test_the_last_window_may_be_unfinished() -> None:
    """Few rows in the newest window are no fault yet; in one before it they are, and a window alone is taken as whole."""
    blocks = weeks(np.random.default_rng(3), 14)[:5] * 4
    slots = [0] * 20
    assert volume_p([1000, 10, 10], [0, 0, 0], blocks, slots)[1:] == [pytest.approx(0.0, abs=1e-9), 1.0]
    assert volume_p([10], [0], blocks, slots)[0] < 1e-9


def test_volume_is_told_in_rows_and_log_ratios() -> None:
    """The value is the number of rows; the effect what its logarithm lies off the usual, within its interval."""
    layout = Blocks(np.zeros(10, dtype=np.intp), np.zeros(2, dtype=np.intp), like_windows=True)
    facet = volume([sized(200), sized(100)], [sized(100)] * 10, layout, ASK)
    assert facet is not None
    assert facet.value[0] == pytest.approx([200, 100])
    assert facet.effect[0] == pytest.approx([np.log(2), 0.0])
    assert (facet.low < facet.effect).all()
    assert (facet.effect < facet.high).all()


def test_few_rows_vary_by_counting_alone() -> None:
    """Two rows where four are usual are no news, even if the reference always had four; 200 for 400 are."""
    few, many = (volume_p([2 * n, 2 * n], [0, 0], [4 * n] * 20, [0] * 20)[0] for n in (1, 100))
    assert few > 0.05
    assert many < 1e-6


def test_volume_needs_a_reference_cut_like_the_windows() -> None:
    """Blocks of any other length, or too few of them, say nothing of rows."""
    like, unlike = (Blocks(np.zeros(k, dtype=np.intp), np.zeros(1, dtype=np.intp), like_windows=k == 7) for k in (7, 20))
    assert volume([sized(10)], [sized(10)] * 7, like, ASK) is None
    assert volume([sized(10)], [sized(10)] * 20, unlike, ASK) is None


def test_a_silence_at_the_end_is_found() -> None:
    """Rows that stop at six in the evening are told, where the reference never stopped before ten to midnight."""
    ends = DAY * np.arange(1.0, 6.0)
    blocks, block_ends = [until(end - 600) for end in -ends], -ends
    windows = [
        until(ends[0] - 500),
        until(ends[1] - 6 * 3600),
        until(ends[2] - 6 * 3600, rows=2),
        until(0, rows=0),
        until(ends[4] - 6 * 3600),
    ]
    facet = silence(windows, blocks, 1, ends, block_ends, DAY)
    assert facet.value[0, [0, 1, 2]] == pytest.approx([500 / DAY, 0.25, 0.25])
    assert facet.p_value[0, 0] == 1.0
    assert facet.p_value[0, 1] == pytest.approx(0.75**100)
    # Two rows may well both come in the first three quarters of a day.
    assert facet.p_value[0, 2] == pytest.approx(0.75**2)
    # No rows at all is the volume's business, and the last window may be unfinished.
    assert np.isnan(facet.p_value[0, 3])
    assert facet.p_value[0, 4] == 1.0


def test_a_reference_that_sleeps_every_night_makes_silence_usual() -> None:
    """What stops at six every day is told only if it stops before noon."""
    ends = DAY * np.arange(1.0, 4.0)
    blocks = [until(end - 6 * 3600) for end in -ends]
    windows = [until(ends[0] - 11 * 3600), until(ends[1] - 13 * 3600), until(ends[2])]
    facet = silence(windows, blocks, 1, ends, -ends, DAY)
    assert facet.threshold[0] == pytest.approx([0.5] * 3)
    assert facet.p_value[0, 0] == 1.0
    assert facet.p_value[0, 1] < 1e-9
    assert facet.effect[0, 1] == pytest.approx(7 / 24)


def test_volume_is_students_test_of_log_rows() -> None:
    """Threshold, interval and p-value are those of Student's law with the slots' degrees of freedom, and counting's own error."""
    dice = np.random.default_rng(8)
    slots = np.arange(24) % 3
    rows = np.round(np.exp(np.array([6.0, 5.0, 3.0])[slots] + 0.1 * dice.standard_normal(24)))
    seen, wanted = [300, 0, 25, 100], np.array([0, 1, 2, 0])
    layout = Blocks(slots, wanted, like_windows=True)
    facet = volume([sized(n) for n in seen], [sized(int(n)) for n in rows], layout, ASK)
    assert facet is not None
    usual = np.array([np.log(rows[slots == slot]).mean() for slot in range(3)])
    left = np.log(rows) - usual[slots]
    error = np.sqrt((left**2).sum() / (24 - 3) + np.exp(-usual[wanted]))
    effect = np.log(np.maximum(seen, 0.5)) - usual[wanted]
    law, level = stats.t(24 - 3), ASK.level("volume")
    np.testing.assert_allclose(facet.effect[0], effect, rtol=1e-9)
    np.testing.assert_allclose(facet.p_value[0, :3], 2 * law.sf(np.abs(effect) / error)[:3], rtol=1e-6)
    assert facet.p_value[0, 3] == 1.0
    np.testing.assert_allclose(facet.threshold[0], law.isf(level / 2) * error, rtol=1e-6)
    np.testing.assert_allclose(facet.detectable[0], (law.isf(level / 2) + stats.norm.ppf(0.8)) * error, rtol=1e-4)
    np.testing.assert_allclose(facet.high[0], effect + law.isf((1 - ASK.confidence) / 2) * error, rtol=1e-6)
    np.testing.assert_allclose(facet.low[0] + facet.high[0], 2 * effect, rtol=1e-6)


def test_a_slot_the_reference_never_had_is_held_against_all() -> None:
    """A window on an unknown day expects the mean of all days' logarithms."""
    rows = [100, 400] * 6
    layout = Blocks(np.arange(12) % 2, np.array([2, 0]), like_windows=True)
    facet = volume([sized(200), sized(100)], [sized(n) for n in rows], layout, ASK)
    assert facet is not None
    assert facet.effect[0] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_repeats_are_those_of_all_blocks_together() -> None:
    """The reference's share is that of its blocks' rows, and every window is held against it; rows count as independent."""
    blocks = [table(BY_ID, [*range(k, k + 90), *range(k, k + 10)]) for k in (0, 1000)]
    windows = [table(BY_ID, [*range(40), *range(10)]), table(BY_ID, list(range(50))), table(BY_ID, [1] * 5)]
    facet = duplicate(windows, blocks, ASK, by_id=True)
    assert facet is not None
    assert facet.tally is not None
    assert facet.effect[0] == pytest.approx([0.2 - 0.1, -0.1, 0.8 - 0.1])
    assert facet.tally.ref_rows[0].tolist() == [200.0] * 3
    assert facet.tally.ref_hits[0] == pytest.approx([20.0] * 3)
    assert facet.tally.design[0].tolist() == [1.0] * 3


@pytest.mark.parametrize(("rows", "compared"), [(90, True), (110, True), (190, True), (210, False), (52, True), (48, False)])
def test_alike_is_within_a_factor_of_two(rows: int, compared: bool) -> None:  # noqa: FBT001  a cell of the table
    """Content is compared between windows and blocks of which neither is more than twice as long."""
    facet = duplicate([table(BY_CONTENT, list(range(rows)))], [table(BY_CONTENT, list(range(100)))] * 3, ASK, by_id=False)
    assert (facet is not None) is compared


def test_a_silence_is_no_shorter_than_nothing() -> None:
    """Rows that come up to the end, or after the usual, have been silent for nothing more than is usual."""
    ends = DAY * np.arange(1.0, 4.0)
    facet = silence(
        [until(end - gap) for end, gap in zip(ends, (0.0, 600.0, 0.0), strict=True)], [until(-900.0)], 1, ends, np.zeros(1), DAY
    )
    assert facet.effect[0].tolist() == [0.0, 0.0, 0.0]
    assert facet.p_value[0].tolist() == [1.0] * 3
    without = silence([until(ends[0] - 30.0), until(ends[1])], [until(0, rows=0)], 1, ends[:2], np.zeros(1), DAY)
    assert without.effect[0, 0] == pytest.approx(30 / DAY)
    assert without.threshold[0, 0] == 0.0
