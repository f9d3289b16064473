"""Whom sampled rows look like: old customers buy in the store, so that a channel tells of ages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.diagnosis.rowwise import (
    CODES,
    SMALL,
    alike,
    associated,
    moved_elsewhere,
    shares,
    spread,
    stand_out,
    unlike,
    whose,
    world_moved,
)
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from conftest import Clinic

    from driftline.diagnosis.case import Case


def level(case: Case, name: str, text: str) -> Mark:
    """The rows with one level."""
    place = case.plan.index(name)
    at = float(case.looks[place][0].levels.index(text))
    return Mark(place, at, at)


def test_codes_part_the_reference_evenly(clinic: Clinic) -> None:
    """Numbers fall into fifths, and every row has a code in every column."""
    case = clinic.case(clinic.day(1))
    counts = spread(case.rows.reference.codes)
    place = case.plan.index("balance")
    assert counts.shape == (len(case.plan.columns), CODES)
    assert (counts.sum(1) == len(case.rows.reference.codes)).all()
    assert counts[place, :5] / counts[place].sum() == pytest.approx(np.full(5, 0.2), abs=0.04)


def test_columns_that_go_together_are_known(clinic: Clinic) -> None:
    """Weight goes with amount, city with country, age with channel; a column with itself counts for nothing."""
    case = clinic.case(clinic.day(1))
    index = case.plan.index
    for one, other in [("weight", "amount"), ("city", "country"), ("age", "channel")]:
        ties = associated(case.rows.reference.codes, index(one))
        assert ties[index(other)] > 2 * SMALL
        assert ties[index("hour")] < SMALL
        assert ties[index(one)] == 0


def test_a_level_written_over_others_tells_itself(clinic: Clinic) -> None:
    """Rows to which "store" was given at random are younger than those that bought there."""
    day = clinic.day(1)
    rng = np.random.default_rng(0)
    written = day | {"channel": np.where(rng.random(3000) < 0.3, "store", day["channel"])}
    case = clinic.case(written)
    mark = level(case, "channel", "store")
    kept = (day["channel"] == "store").mean() / (written["channel"] == "store").mean()
    likely = whose(case.rows, mark, mark, float(kept), case.ties[mark.column])
    assert likely is not None
    assert likely > 3


def test_more_of_a_kind_are_no_default(clinic: Clinic) -> None:
    """Where more old customers came, the store's rows are like the store's rows ever were."""
    day = clinic.day(1, 9000)
    likely = np.where(day["channel"] == "store", 3.0, 1.0)
    drawn = np.random.default_rng(0).choice(9000, 3000, replace=False, p=likely / likely.sum())
    case = clinic.case({name: values[drawn] for name, values in day.items()})
    mark = level(case, "channel", "store")
    found = whose(case.rows, mark, mark, 0.5, case.ties[mark.column])
    assert found is not None
    assert found < 0


def test_a_world_that_moved_is_seen_in_the_other_rows(clinic: Clinic) -> None:
    """Older customers in all channels: rows without the value have changed too. On a usual day they have not."""
    day = clinic.day(1)
    older = day | {"age": np.clip(day["age"] + 15, 18, 90)}
    for table, moved in ((older, True), (day, False)):
        case = clinic.case(table)
        mark = level(case, "channel", "web")
        assert moved_elsewhere(case.rows, mark, case.ties[mark.column]) is moved


def test_others_than_its_values_moved(clinic: Clinic) -> None:
    """Dearer things are heavier: the world has moved. Where only amounts changed on their way, it has not."""
    day = clinic.day(1, 9000)
    drawn = np.random.default_rng(0).choice(9000, 3000, replace=False, p=day["amount"] / day["amount"].sum())
    dear = clinic.case({name: values[drawn] for name, values in day.items()})
    place = dear.plan.index("amount")
    assert world_moved(dear.rows, place, dear.ties[place])
    spoilt = clinic.case(clinic.day(2) | {"amount": clinic.day(2)["amount"] * 2})
    assert not world_moved(spoilt.rows, place, spoilt.ties[place])


def test_rows_of_a_renamed_level_look_like_it(clinic: Clinic) -> None:
    """What was "store" looks like the store under any name, and unlike the app."""
    day = clinic.day(1)
    case = clinic.case(day | {"channel": np.where(day["channel"] == "store", "shop", day["channel"])})
    store, app = level(case, "channel", "store"), level(case, "channel", "app")
    new = Mark(store.column, 3.0, 3.0)
    assert alike(case.rows, [store], new)
    assert not alike(case.rows, [app], new)


def test_rows_at_random_do_not_stand_out(clinic: Clinic) -> None:
    """Rows chosen by chance are like all others; rows of one channel are not."""
    day = clinic.day(1)
    chance = np.random.default_rng(3).random(3000) < 0.3
    case = clinic.case(day | {"size": np.where(chance, "x", "y")})
    assert stand_out(case.rows, Mark(case.plan.index("size"), 4.0, 4.0)) > 0.001
    assert stand_out(case.rows, level(case, "channel", "store")) < 1e-6


def test_samples_of_one_law_are_alike() -> None:
    """P-values of two samples of one law are below 1% about once in a hundred; with a handful of rows nothing is said."""
    rng = np.random.default_rng(5)
    law = [0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05]
    p_values = unlike(rng.multinomial(300, law, 500).astype(float), rng.multinomial(900, law, 500).astype(float))
    assert np.mean(p_values < 0.01) < 0.03
    assert unlike(np.array([[9.0, 0.0]]), np.array([[0.0, 900.0]]))[0] == 1.0


def test_shares_add_up() -> None:
    """No code is ever impossible."""
    found = shares(np.array([[0.0, 5.0], [10.0, 0.0]]))
    assert found.sum(1) == pytest.approx([1.0, 1.0])
    assert (found > 0).all()
