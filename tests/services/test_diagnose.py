"""From counts to reasons: windows that drifted are explained, others are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import driftline as dl
from driftline.services.check import Counted
from driftline.services.diagnose import diagnose
from driftline.verdicts.diagnosis import polluting
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    Table = Mapping[str, Any]


def sales(seed: int, rows: int) -> dict[str, Any]:
    """Amounts and two categories."""
    rng = np.random.default_rng(seed)
    return {
        "amount": np.exp(rng.normal(3, 0.8, rows)).round(2),
        "age": rng.integers(18, 90, rows).astype(float),
        "country": rng.choice(["DE", "FR", "IT"], rows, p=[0.5, 0.3, 0.2]),
        "channel": rng.choice(["web", "app"], rows),
    }


def weeks(*parts: Table) -> dict[str, Any]:
    """Tables one after the other, told apart by their week."""
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return joined | {"week": np.repeat(np.arange(len(parts)), [len(part["amount"]) for part in parts])}


def in_cents(table: dict[str, Any], where: str) -> dict[str, Any]:
    """Cents for euros in one country."""
    return table | {"amount": np.where(table["country"] == where, table["amount"] * 100, table["amount"])}


@pytest.fixture(scope="module")
def found() -> Any:
    """Five weeks; in the third and fourth Italy sent cents."""
    current = weeks(sales(1, 4000), sales(2, 4000), in_cents(sales(3, 4000), "IT"), in_cents(sales(4, 4000), "IT"), sales(5, 4000))
    return dl.compare(sales(0, 20_000), current, window={"column": "week"}, segments=["country"]).found


def test_only_drifted_windows_are_explained(found: Any) -> None:
    """A stable week has no diagnosis, and costs nothing."""
    for window in found.windows:
        if window.segment is None:
            assert bool(window.diagnosis) == (window.verdict is Verdict.DRIFTED)
        assert window.verdict is Verdict.DRIFTED or window.diagnosis == ()


def test_the_first_reason_is_the_right_one(found: Any) -> None:
    """The column, the kind, the place and the time."""
    third = next(window for window in found.windows if window.window.label == "2" and window.segment is None)
    told = third.diagnosis[0]
    assert (told.kind, told.columns, told.since, told.new) == ("unit_change", ("amount",), "2", True)
    assert told.where[0].conditions == ("country = IT",)
    assert told.where[0].carries > 0.99
    assert "country = IT" in told.sentence
    assert polluting(third.diagnosis) == (told,)


def test_what_lasts_began_when_it_began(found: Any) -> None:
    """A fault of two weeks is one fault, and not new in the second."""
    fourth = next(window for window in found.windows if window.window.label == "3" and window.segment is None)
    assert (fourth.diagnosis[0].since, fourth.diagnosis[0].new) == ("2", False)


def test_what_is_explained_for_all_rows_is_not_explained_again(found: Any) -> None:
    """Italy drifted by what is said of all rows, and there it is named; France and Germany have nothing to explain."""
    told = {window.segment: window for window in found.windows if window.window.label == "2"}
    assert told["country=IT"].verdict is Verdict.DRIFTED
    assert [told[name].diagnosis for name in ("country=IT", "country=DE", "country=FR")] == [(), (), ()]


def test_a_segment_is_explained_by_itself_where_all_rows_do_not_show_it() -> None:
    """Ages of a few French rows that stuck at 40 are too few to move all rows: the segment says what happened to it."""
    broken = sales(3, 4000)
    rare = np.where(np.arange(4000) < 60, "PT", broken["country"])
    current = weeks(sales(1, 4000), broken | {"country": rare, "age": np.where(rare == "PT", 40.0, broken["age"])})
    reference = sales(0, 20_000)
    reference["country"] = np.where(np.arange(20_000) % 66 == 0, "PT", reference["country"])
    report = dl.compare(reference, current, window={"column": "week"}, segments=["country"])
    told = {window.segment: window.diagnosis for window in report.windows if window.window.label == "1"}
    assert told["country=PT"][0].kind == "stuck_value"


def test_only_windows_that_are_asked_for_are_explained(found: Any) -> None:
    """A service asks about the newest window alone; since when is known from the few before it."""
    reference, current = Counted({}), Counted({})
    assert diagnose(reference, current, found, among=()) is found


def test_a_label_that_has_not_come_is_no_fault() -> None:
    """While labels are still to come their absence is told of as that; other columns' faults are named all the same."""
    dice = np.random.default_rng(0)

    def scored(table: dict[str, Any], known: float) -> dict[str, Any]:
        score = dice.random(len(table["age"]))
        label = (dice.random(score.size) < score).astype(float)
        return table | {"y_score": score, "y_true": np.where(dice.random(score.size) < known, label, np.nan)}

    current = weeks(scored(sales(1, 4000), 1.0), scored(in_cents(sales(2, 4000), "IT"), 0.0))
    report = dl.compare(scored(sales(0, 20_000), 1.0), current, window={"column": "week"}).found
    assert report.windows[1].labels.provisional
    assert report.windows[1].diagnosis[0].kind == "unit_change"
    assert all(one.columns != ("y_true",) for one in report.windows[1].diagnosis)
