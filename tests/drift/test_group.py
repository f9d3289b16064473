from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np


def test_the_usual_window_is_the_median_of_those_with_rows(drift: Any, dice: np.random.Generator) -> None:
    """Empty windows do not count, and without any the usual window has none."""
    rows = dice.normal(size=400)
    assert drift.group(rows, rows[:30], rows[:50], rows[:0], rows[:90]).window_rows == 50.0
    assert drift.group(rows, rows[:0]).window_rows == 0.0


def test_one_reference_for_all_is_no_windows_own(drift: Any, dice: np.random.Generator) -> None:
    """Held against the whole reference, windows have none of their own; held against another part, or each its own, they have."""
    rows = dice.normal(size=400)
    group = drift.group(rows, rows[:30], rows[:50])
    assert not group.own_reference
    assert not drift.group(rows, rows[:30]).own_reference
    each = replace(group, pair=replace(group.pair, reference=np.repeat(group.pair.reference, 2, axis=1)))
    assert each.own_reference
    alone = drift.group(rows, rows[:30])
    assert replace(alone, pair=replace(alone.pair, reference=alone.pair.reference / 2)).own_reference


def test_a_part_of_the_columns_is_the_same_columns(drift: Any, dice: np.random.Generator) -> None:
    """Everything that goes by columns is taken along."""
    one, two = drift.group(dice.normal(size=400), dice.normal(size=80)), drift.group(dice.normal(size=400), dice.normal(size=80))
    width = min(one.whole.shape[1], two.whole.shape[1])
    fields = {name: np.concatenate([getattr(g, name)[..., :width] for g in (one, two)]) for name in ("whole", "blocks")}
    sides = {name: np.concatenate([getattr(g.pair, name)[..., :width] for g in (one, two)]) for name in ("reference", "current", "real")}
    edges = np.concatenate([g.pair.edges[..., : width - 1] for g in (one, two)])
    both = replace(one, pair=replace(one.pair, edges=edges, **sides), **fields)
    second = both.take(slice(1, 2))
    assert second.whole.tolist() == fields["whole"][1:].tolist()
    assert second.blocks.shape[0] == second.pair.edges.shape[0] == 1
    assert second.pair.rows()[1].tolist() == [[80.0]]
