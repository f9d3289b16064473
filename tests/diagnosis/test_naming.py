"""Every kind of fault, put into a made-up day, is named first; a day in which nothing is wrong names none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import driftline as dl
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.naming import faults, together

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Clinic
    from numpy.typing import NDArray

    Table = dict[str, NDArray[Any]]
    Spoil = Callable[[Table, np.random.Generator], Table]


def some(day: Table, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A share of the rows, by chance."""
    return rng.random(len(day["sale"])) < share


def put(name: str, new: Callable[[NDArray[Any]], Any], share: float = 1.0) -> Spoil:
    """Some rows of a column hold something else."""

    def spoil(day: Table, rng: np.random.Generator) -> Table:
        values = day[name].astype(object)
        hit = some(day, share, rng)
        values[hit] = new(day[name][hit])
        return day | {name: values}

    return spoil


def swapped(day: Table, _: np.random.Generator) -> Table:
    """Two columns in each other's places."""
    return day | {"weight": day["balance"], "balance": day["weight"]}


def twice(day: Table, _: np.random.Generator) -> Table:
    """A tenth of the rows came twice."""
    return {name: np.concatenate([values, values[:300]]) for name, values in day.items()}


def fanned(day: Table, rng: np.random.Generator) -> Table:
    """Sales that a join gave two balances."""
    more = twice(day, rng)
    return more | {"balance": rng.normal(400, 250, len(more["sale"]))}


def left_out(day: Table, _: np.random.Generator) -> Table:
    """A column is not there."""
    return {name: values for name, values in day.items() if name != "celsius"}


def parted(day: Table, rng: np.random.Generator) -> Table:
    """One level became two."""
    new = np.where(some(day, 0.4, rng), "ios", "android")
    return day | {"channel": np.where(day["channel"] == "app", new, day["channel"])}


def without_france(day: Table, _: np.random.Generator) -> Table:
    """One country's rows did not come."""
    here = day["country"] != "FR"
    return {name: values[here] for name, values in day.items()}


def texts(change: Callable[[str], str]) -> Callable[[NDArray[Any]], Any]:
    """Change each text."""
    return lambda values: np.array([change(text) for text in values], dtype=object)


FAULTS: dict[str, tuple[str, str, Spoil]] = {
    "cents": ("unit_change", "amount", put("amount", lambda x: x * 100)),
    "cents in a twentieth": ("unit_change", "amount", put("amount", lambda x: x * 100, 0.05)),
    "pounds": ("unit_change", "weight", put("weight", lambda x: x / 0.45359237)),
    "thousandths": ("unit_change", "balance", put("balance", lambda x: x / 1000)),
    "fahrenheit": ("unit_change", "celsius", put("celsius", lambda x: x * 1.8 + 32)),
    "debits": ("sign_flip", "amount", put("amount", lambda x: -x, 0.2)),
    "clipped": ("truncation", "amount", put("amount", lambda x: np.minimum(x, 60.0))),
    "whole numbers": ("rounding", "weight", put("weight", np.round)),
    "stuck": ("stuck_value", "celsius", put("celsius", lambda x: x[0])),
    "one country": ("stuck_value", "country", put("country", lambda x: "IT")),
    "zero": ("default_fill", "amount", put("amount", lambda x: 0.0, 0.15)),
    "the mean": ("default_fill", "balance", put("balance", lambda x: 400.0, 0.1)),
    "unknown": ("default_fill", "city", put("city", lambda x: "unknown", 0.2)),
    "nulls": ("null_burst", "age", put("age", lambda x: None, 0.05)),
    "division by zero": ("infinite_values", "amount", put("amount", lambda x: np.inf, 0.05)),
    "no country": ("null_burst", "country", put("country", lambda x: None, 0.3)),
    "renamed": ("category_rename", "country", put("country", texts(lambda t: "Germany" if t == "DE" else t))),
    "split": ("category_split", "channel", parted),
    "merged": ("category_merge", "country", put("country", texts(lambda t: "Iberia" if t in {"ES", "PT"} else t))),
    "lower case": ("category_spelling", "country", put("country", texts(str.lower), 0.4)),
    "blanks": ("category_spelling", "channel", put("channel", texts(lambda t: t + " "))),
    "latin": ("encoding_damage", "city", put("city", texts(lambda t: t.encode().decode("latin-1")))),
    "floats": ("type_change", "size", put("size", texts(lambda t: t + ".0"))),
    "currency signs": ("type_change", "amount", put("amount", texts(lambda t: f"{t} EUR"), 0.3)),
    "five hours": ("time_shift", "hour", put("hour", lambda x: (x + 5) % 24)),
    "swapped": ("column_swap", "weight", swapped),
    "twice": ("duplicated_batch", "*", twice),
    "fanned out": ("join_fan_out", "*", fanned),
    "left out": ("missing_column", "celsius", left_out),
    "without France": ("missing_partition", "country", without_france),
    "garbage": ("range_violation", "celsius", put("celsius", lambda x: np.geomspace(900, 90_000, x.size), 0.05)),
    "a new level": ("new_level", "channel", lambda day, _: day | {"channel": np.where(day["age"] < 30, "watch", day["channel"])}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_known_fault_is_named_first(clinic: Clinic, name: str) -> None:
    """The right column and the right kind of fault head the list."""
    kind, column, spoil = FAULTS[name]
    # A column that is left out is left out of a whole file.
    before = [] if kind == "missing_column" else [clinic.day(5), clinic.day(6)]
    first = clinic.told(*before, spoil(clinic.day(7), np.random.default_rng(1)))[0]
    assert (first.kind, column in first.columns) == (kind, True), first.sentence


@pytest.mark.parametrize("seed", range(8))
def test_a_clean_day_has_no_fault(clinic: Clinic, seed: int) -> None:
    """Even where every column is asked, as if all had drifted, nothing is called a fault."""
    found = faults(clinic.case(clinic.day(100 + seed), clinic.day(200 + seed)))
    assert [(fault.signature, fault.columns) for fault in found] == []


@pytest.mark.parametrize("seed", range(3))
def test_a_day_of_other_customers_has_no_fault(clinic: Clinic, seed: int) -> None:
    """Older customers who buy dearer things: everything moves, and nothing is broken."""
    day = clinic.day(300 + seed, 9000)
    likely = np.exp((day["age"] - 44) / 15 + (np.log(day["amount"]) - 3.2) / 2)
    drawn = np.random.default_rng(seed).choice(9000, 3000, replace=False, p=likely / likely.sum())
    moved = {name: values[drawn] for name, values in day.items()}
    assert [fault.signature for fault in faults(clinic.case(clinic.day(1), moved))] == []


def fault(signature: str, column: str, low: float, high: float) -> Fault:
    """A fault in one column, in a share that lies between two."""
    return Fault(
        signature=signature,
        columns=(column,),
        window="w",
        share=(low + high) / 2,
        interval=(low, high),
        evidence={},
        p_value=0.0,
        confidence=1.0,
        cause="",
        remedy="",
    )


def test_one_cause_is_told_once() -> None:
    """Columns with the same fault in what may be the same share of the rows go together; another share is another cause."""
    a, b, c = fault("null_burst", "a", 0.1, 0.2), fault("null_burst", "b", 0.15, 0.25), fault("null_burst", "c", 0.5, 0.6)
    d = fault("rounding", "d", 0.1, 0.2)
    assert together([a, b, c, d]) == [[a, b], [c], [d]]


def test_the_whole_table_is_told_by_itself() -> None:
    """Two faults of all columns at once are two causes."""
    a, b = fault("duplicated_batch", "*", 0.1, 0.2), fault("duplicated_batch", "*", 0.1, 0.2)
    assert together([a, b]) == [[a], [b]]


def flagged(days: int, seed: int, more: float = 0.0) -> Table:
    """Days of trips with a yes or no, one of two vendors, and an amount in cents, to which a surcharge may be added."""
    rng = np.random.default_rng(seed)
    rows = days * 2000
    return {
        "flag": rng.choice(np.array(["N", "Y"], dtype=object), rows, p=[0.9, 0.1]),
        "vendor": rng.choice(np.array(["1", "2"], dtype=object), rows, p=[0.4, 0.6]),
        "amount": np.round(np.exp(rng.normal(2.5, 0.5, rows)) + more, 2),
        "day": np.repeat(np.arange(days), 2000).astype(object),
    }


def first_of(last: Table, *before: Table) -> tuple[str, tuple[str, ...]]:
    """What is told first of the last of some days."""
    days = [part | {"day": np.full(len(part["day"]), place)} for place, part in enumerate((*before, last))]
    now = {name: np.concatenate([day[name] for day in days]) for name in last}
    told = dl.compare(flagged(10, 0), now, window={"column": "day"}).windows[-1].diagnosis
    return told[0].kind, told[0].columns


def test_no_in_small_letters_is_another_case() -> None:
    """'n' for 'N' and 'y' for 'Y' stand for the same truths, but nobody has cast them."""
    day = flagged(1, 1)
    assert first_of(day | {"flag": np.array([text.lower() for text in day["flag"]], dtype=object)}) == ("category_spelling", ("flag",))


def test_of_two_levels_one_that_did_not_come_is_not_the_other_one() -> None:
    """All rows have the other level then, too; that two fifths of the rows are lacking says that they did not come."""
    day = flagged(1, 1)
    came = day["vendor"] == "2"
    assert first_of({name: values[came] for name, values in day.items()}) == ("missing_partition", ("vendor",))
    assert first_of(day | {"vendor": np.full(2000, "2", dtype=object)})[0] != "missing_partition"


def test_a_fault_is_named_though_the_world_has_moved_since_the_reference() -> None:
    """After days with a surcharge, kilometres for miles are told by those days; that nothing fits the reference is no objection."""
    day = flagged(1, 3, 9.0)
    last = day | {"amount": day["amount"] * 1.609344}
    assert first_of(last, flagged(1, 1, 9.0), flagged(1, 2, 9.0)) == ("unit_change", ("amount",))


def test_columns_are_swapped_though_one_of_them_had_moved() -> None:
    """Amounts with a surcharge for some days fit the reference's amounts badly, but better than zones do: they are in the zones' column."""

    def day(seed: int, more: float) -> Table:
        made = flagged(1, seed, more)
        return made | {"zone": np.random.default_rng(seed + 50).integers(1, 264, 2000).astype(float)}

    last = day(3, 2.5)
    days = [day(1, 2.5), day(2, 2.5), last | {"zone": last["amount"], "amount": last["zone"]}]
    now = {name: np.concatenate([one[name] for one in days]) for name in last} | {"day": np.repeat(np.arange(3), 2000)}
    known = flagged(10, 0)
    known["zone"] = np.random.default_rng(9).integers(1, 264, 20_000).astype(float)
    first = dl.compare(known, now, window={"column": "day"}).windows[-1].diagnosis[0]
    assert (first.kind, set(first.columns)) == ("column_swap", {"amount", "zone"})
