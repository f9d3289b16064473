"""Faults of the whole table: rows that are there again, or that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.table import duplicated_batch, join_fan_out, missing_partition, missing_rows, replayed_rows

if TYPE_CHECKING:
    from conftest import Clinic


def more(day: dict[str, Any], again: int) -> dict[str, Any]:
    """The first rows once more."""
    return {name: np.concatenate([values, values[:again]]) for name, values in day.items()}


@pytest.mark.parametrize("again", [100, 1500])
def test_rows_that_came_twice_are_counted(clinic: Clinic, again: int) -> None:
    """The share of rows that repeat another lies in the interval."""
    (told,) = duplicated_batch(clinic.case(more(clinic.day(101), again)))
    assert told.interval[0] <= again / (3000 + again) <= told.interval[1]
    assert list(join_fan_out(clinic.case(more(clinic.day(101), again)))) == []


def nameless(clinic: Clinic) -> Clinic:
    """A shop that writes down amount and country only, so that rows are alike by chance."""
    kept = {name: clinic.reference[name] for name in ("amount", "country")}
    return type(clinic)({**kept, "sale": np.zeros(12_000)}, {"columns": {"ignore": ["sale"]}})


def without_id(day: dict[str, Any]) -> dict[str, Any]:
    """What such a shop writes down of a day."""
    return {"amount": day["amount"], "country": day["country"], "sale": np.zeros(len(day["amount"]))}


def test_rows_without_an_id_are_known_by_their_contents(clinic: Clinic) -> None:
    """Without a column of ids, whole rows that repeat are copies, if more do than chance makes alike."""
    (told,) = duplicated_batch(nameless(clinic).case(without_id(more(clinic.day(102), 2000))))
    assert told.share == pytest.approx(0.4 + 0.13, abs=0.12)


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_are_alike_by_chance_are_no_copies(clinic: Clinic, seed: int) -> None:
    """Of few columns with few values, many rows are alike: on a usual day, and on two days in a row."""
    case = nameless(clinic).case(without_id(clinic.day(120 + seed)), without_id(clinic.day(130 + seed)))
    found = [fault for ask in (duplicated_batch, join_fan_out, replayed_rows) for fault in ask(case)]
    assert [fault.signature for fault in found if fault.p_value < 1e-4] == []


def test_a_join_with_several_partners_is_told(clinic: Clinic) -> None:
    """The same sale with two balances is no copy."""
    day = more(clinic.day(103), 600)
    case = clinic.case(day | {"balance": np.random.default_rng(0).normal(400, 250, 3600)})
    assert len(list(join_fan_out(case))) == 1
    assert list(duplicated_batch(case)) == []


def test_rows_of_another_day_are_told_with_that_day(clinic: Clinic) -> None:
    """A quarter of today's rows were there two days ago."""
    old = clinic.day(104)
    new = clinic.day(106)
    mixed = {name: np.concatenate([values[:2250], old[name][:750]]) for name, values in new.items()}
    (told,) = replayed_rows(clinic.case(old, clinic.day(105), mixed))
    assert told.share == pytest.approx(0.25, abs=0.08)
    assert "0" in told.cause


def test_a_level_that_did_not_come_is_told(clinic: Clinic) -> None:
    """A country's rows lack, and as many rows as the country has."""
    day = clinic.day(107)
    here = day["country"] != "FR"
    case = clinic.case(clinic.day(108), clinic.day(109), {name: values[here] for name, values in day.items()})
    told = {fault.columns: fault for fault in missing_partition(case)}
    assert told["country",].share == pytest.approx(0.25, abs=0.02)


def test_a_level_that_left_with_nobody_missing_is_no_missing_part(clinic: Clinic) -> None:
    """All French bought in Spain: the rows are as many as ever."""
    day = clinic.day(110)
    moved = day | {"country": np.where(day["country"] == "FR", "ES", day["country"])}
    assert list(missing_partition(clinic.case(clinic.day(108), clinic.day(109), moved))) == []


@pytest.mark.parametrize("ask", [duplicated_batch, join_fan_out, replayed_rows, missing_partition, missing_rows])
def test_a_usual_day_is_whole(clinic: Clinic, ask: Any) -> None:
    """Every row is there, and once."""
    assert list(ask(clinic.case(clinic.day(111), clinic.day(112), clinic.day(113)))) == []


def test_a_day_that_ended_early_lacks_rows(clinic: Clinic) -> None:
    """Where days have a calendar, one with a twentieth of its rows is told, with about how many lack."""
    month = 30
    made = np.datetime64("2025-03-02T00:00") + (np.arange(12_000) * 1440 * month // 12_000).astype("timedelta64[m]")
    settings = {"window": "day", "columns": {"id": "sale", "timestamp": "at"}}
    known = type(clinic)({**clinic.reference, "at": made.astype("datetime64[us]").astype(object)}, settings)
    first = np.datetime64("2025-04-02T00:00")

    def stamped(day: dict[str, Any], start: int, rows: int) -> dict[str, Any]:
        at = first + np.timedelta64(start, "D") + (np.arange(rows) * 1440 // rows).astype("timedelta64[m]")
        return {name: values[:rows] for name, values in day.items()} | {"at": at.astype("datetime64[us]").astype(object)}

    days = [stamped(clinic.day(day), day, 20 if day == 1 else 400) for day in range(3)]
    # The last day may still go on: it is not asked.
    (told,) = missing_rows(known.case(*days, at=1))
    assert told.share == pytest.approx(380 / 400, abs=0.05)
