"""Facets of small tables: each where it applies, NaN elsewhere, and the same in parts as at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.inference.facet import NUMBERS
from driftline.inference.variation import Blocks
from driftline.profile.profile import Odd
from driftline.schema import Column, Kind, Role
from driftline.verdicts import evidence as module
from driftline.verdicts.evidence import NAMES, SHARES, STREAM_FIELDS, STREAMS, Evidence, gather

if TYPE_CHECKING:
    from conftest import Table, Workshop

    from driftline.verdicts.comparison import Comparison

COLUMNS = {
    "id": Column(name="id", kind=Kind.TEXT, role=Role.ID),
    "at": Column(name="at", kind=Kind.NUMBER, role=Role.TIMESTAMP),
    "y": Column(name="y", kind=Kind.CATEGORY, role=Role.LABEL),
}
EVERYWHERE = {"null"}
ONLY = {
    "x": {"shift", "spread", "psi", "atom", "tail", "dependence"},
    "c": {"psi", "level", "dependence", "unseen"},
    "y": {"psi", "level", "dependence", "unseen"},
    "id": {"duplicate"},
    "at": {"volume", "silence"},
}


def table(dice: np.random.Generator, rows: int, day: int = 0) -> Table:
    """One day's rows."""
    return {
        "id": np.array([f"{day}-{i}" for i in range(rows)], dtype=object),
        "at": np.sort(86_400.0 * (day + dice.random(rows))),
        "x": dice.standard_normal(rows),
        "c": dice.choice(["a", "b", "c"], rows).astype(object),
        "y": dice.choice(["no", "yes"], rows).astype(object),
    }


@pytest.fixture
def comparison(workshop: Workshop, dice: np.random.Generator) -> Comparison:
    """Ten days of reference and three windows."""
    days = [table(dice, 60, day) for day in range(-10, 3)]
    reference = {name: np.concatenate([day[name] for day in days[:10]]) for name in days[0]}
    return workshop.compare(reference, *days[10:], like_windows=True, columns=COLUMNS)


def found(evidence: Evidence, comparison: Comparison) -> dict[str, set[str]]:
    """The facets that each column has values of, in any window."""
    told = np.isfinite(evidence.numbers["value"]).any(-1)
    names = [comparison.plan.columns[i].name for i in evidence.columns]
    return {name: {facet for f, facet in enumerate(NAMES) if told[f, c]} for c, name in enumerate(names)}


def test_each_facet_is_said_where_it_applies(comparison: Comparison) -> None:
    """Numbers move, levels come and go, the id knows repeats, the time knows volume and silence; all else is NaN."""
    evidence = gather(comparison, 0.01, 0.9)
    assert found(evidence, comparison) == {name: own | EVERYWHERE for name, own in ONLY.items()}
    nothing = np.isnan(evidence.numbers["value"])
    assert all(np.isnan(evidence.numbers[name][nothing]).all() for name in NUMBERS)


def test_streams_and_tallies_lie_with_their_columns(comparison: Comparison) -> None:
    """Only the number has streams and its reference's rehearsals; only levels have a tally of unseen ones."""
    evidence = gather(comparison, 0.01, 0.9)
    names = [comparison.plan.columns[i].name for i in evidence.columns]
    number = [name == "x" for name in names]
    assert np.isfinite(evidence.streams["linear"]).all(-1).tolist() == [number] * len(STREAMS)
    assert evidence.ordered.tolist() == [name in {"x", "at"} for name in names]
    assert np.isfinite(evidence.tallies["unseen"]["hits"]).all(-1).tolist() == [name in {"c", "y"} for name in names]
    assert {name for name, rows in evidence.rehearsals.items() if np.isfinite(rows[number]).all()} == set(STREAMS)


def test_the_column_share_of_the_level_is_asked_for(comparison: Comparison) -> None:
    """What all instant tests may spend together is split among the judged columns."""
    assert gather(comparison, 0.01, 0.9).ask.column == pytest.approx(0.01 / 5)


def test_a_label_that_never_came_is_left_out(workshop: Workshop, dice: np.random.Generator) -> None:
    """Evidence has no row for it, and the others keep theirs; a feature that is not there is told to be absent."""
    window = {name: rows for name, rows in table(dice, 60).items() if name not in {"y", "c"}}
    comparison = workshop.compare(table(dice, 600), window, columns=COLUMNS)
    evidence = gather(comparison, 0.01, 0.9)
    assert [comparison.plan.columns[i].name for i in evidence.columns] == ["id", "at", "x", "c"]
    assert evidence.numbers["value"][NAMES.index("absent"), 3, 0] == 1.0
    assert evidence.numbers["p_value"][NAMES.index("absent"), 3, 0] < 1e-9


def test_without_a_calendar_there_is_neither_volume_nor_silence(comparison: Comparison) -> None:
    """A reference that is not cut like the windows knows nothing of their rows, and rows know no silence."""
    unlike = replace(comparison, layout=replace(comparison.layout, like_windows=False))
    assert found(gather(unlike, 0.01, 0.9), comparison)["at"] == {"null"}
    assert found(gather(replace(comparison, length=None), 0.01, 0.9), comparison)["at"] == {"null", "volume"}


def test_repeats_belong_to_the_time_where_there_is_no_id(workshop: Workshop, dice: np.random.Generator) -> None:
    """Rows of equal content are told with the time of the row."""
    reference, window = ({n: r for n, r in table(dice, rows).items() if n != "id"} for rows in (600, 60))
    comparison = workshop.compare(reference, window, columns=COLUMNS)
    assert "duplicate" in found(gather(comparison, 0.01, 0.9), comparison)["at"]


@pytest.mark.parametrize("cells", [1, 500])
@pytest.mark.parametrize("blocks", [5])
def test_parts_change_nothing(
    workshop: Workshop, dice: np.random.Generator, monkeypatch: pytest.MonkeyPatch, cells: int, blocks: int
) -> None:
    """However columns are split to save memory, the numbers are the same."""
    widths = [2, 9, 3, 30, 5, 2]
    columns = {f"c{i}": np.array([f"{j}" for j in range(w)], dtype=object) for i, w in enumerate(widths)}

    def rows(size: int) -> Table:
        numbers = {f"x{i}": np.round(dice.standard_normal(size), i) for i in range(3)}
        return {**{name: dice.choice(levels, size) for name, levels in columns.items()}, **numbers}

    comparison = workshop.compare(rows(600), rows(60), rows(60), blocks=blocks)
    whole = gather(comparison, 0.01, 0.9)
    monkeypatch.setattr(module, "MOST_CELLS", cells)
    parts = gather(comparison, 0.01, 0.9)
    for name in NUMBERS:
        np.testing.assert_allclose(parts.numbers[name], whole.numbers[name], rtol=1e-9, atol=1e-12, err_msg=name)
    for name in STREAM_FIELDS:
        np.testing.assert_allclose(parts.streams[name], whole.streams[name], rtol=1e-9, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(parts.where, whole.where)


def test_an_empty_window_says_nothing(workshop: Workshop, dice: np.random.Generator) -> None:
    """No rows, no values and no tests, and nothing breaks."""
    reference = table(dice, 600)
    comparison = workshop.compare(reference, {name: rows[:0] for name, rows in reference.items()}, columns=COLUMNS)
    evidence = gather(comparison, 0.01, 0.9)
    assert not np.isfinite(evidence.numbers["effect"]).any()


def test_a_windows_numbers_do_not_depend_on_its_neighbours(comparison: Comparison) -> None:
    """Without a season, a window of the usual length is judged alike alone and among others, but for what needs the whole row."""
    alone = replace(
        comparison,
        windows=comparison.windows[:1],
        ends=comparison.ends[:1],
        layout=Blocks(comparison.layout.slots, comparison.layout.window_slots[:1], like_windows=True),
    )
    one, all_of_them = (gather(c, 0.01, 0.9).numbers for c in (alone, comparison))
    by_itself = [f for f, name in enumerate(NAMES) if name not in {"volume", "silence"}]
    for name in NUMBERS:
        np.testing.assert_allclose(one[name][by_itself, :, 0], all_of_them[name][by_itself, :, 0], rtol=1e-12, err_msg=name)


def test_every_share_that_adds_has_its_counts(comparison: Comparison) -> None:
    """Tallies repeat what was counted: nulls are those of the profiles."""
    evidence = gather(comparison, 0.01, 0.9)
    assert set(evidence.tallies) == set(SHARES)
    counted = np.array([[window.odd[i, Odd.NULL] for window in comparison.windows] for i in evidence.columns])
    assert (evidence.tallies["null"]["hits"] == counted).all()
