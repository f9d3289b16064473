from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from driftline.pages.column import column, link
from driftline.pages.inside import Close

if TYPE_CHECKING:
    from driftline.store.glances import Seen
    from driftline.verdicts.report import Report


def of(report: Report, kept: list[Seen], name: str, segment: str | None = None, at: str = "") -> tuple[dict, dict]:  # type: ignore[type-arg]  # as the page has them
    """The page of a column."""
    close = Close(kept, segment, {}, report.reference)
    return column(close.column_report(name), name, model="churn", at=at, parts=close.column_parts(name, at))


def moved(report: Report) -> str:
    """A column that has drifted in the last window."""
    return next(one.name for one in report.windows[-1].columns if one.verdict == "drifted")


def test_the_headline_says_what_of_which_model(modelled: Report, kept: list[Seen]) -> None:
    """Column, model and what happened in one sentence; the windows of a verdict are told together, the newest first."""
    name = moved(modelled)
    said, _ = of(modelled, kept, name)
    assert said["headline"].startswith(f"{name} of churn has drifted: ")
    verdicts = [next(one for one in window.columns if one.name == name).verdict for window in modelled.windows]
    changes = 1 + sum(one != other for one, other in pairwise(verdicts))
    assert len(said["runs"]) + said["runs_more"] == changes
    assert said["runs"][0]["verdict"] == verdicts[-1].value


def test_the_window_asked_for_is_shown_first(modelled: Report, kept: list[Seen]) -> None:
    """One that is not there is the last that drifted, as on the model's page."""
    labels = [one.window.label for one in kept]
    name = moved(modelled)
    assert of(modelled, kept, name, at=labels[3])[1]["shown"] == 3
    last = max(at for at, window in enumerate(modelled.windows) if window.verdict == "drifted")
    assert of(modelled, kept, name, at="nowhere")[1]["shown"] == last


def test_segments_stand_beside_one_another(parted: Report, kept_parted: list[Seen]) -> None:
    """Each segment's verdict, rows and shares in the window; names of strangers are cleaned, not trusted."""
    name = parted.windows[0].columns[0].name
    said, index = of(parted, kept_parted, name)
    segments = list(dict.fromkeys(window.segment for window in parted.windows))
    assert [one["name"] for one in said["parts"]] == [one or "all rows" for one in segments]
    for shares in zip(index["parts"]["body"], index["parts"]["bars"], strict=True):
        assert sum(value for part in shares for value in part) == pytest.approx(1.0, abs=0.01)


def test_new_values_are_counted_over_all_windows(modelled: Report, kept: list[Seen]) -> None:
    """Every value that the reference did not have, with its rows, first and last window."""
    for at, planned in enumerate(modelled.reference.plan.columns):
        rows: dict[str, int] = {}
        for profile in modelled.profiles:
            for value, many in profile.unseen[at].items():
                rows[value] = rows.get(value, 0) + many
        if planned.name in {one.name for one in modelled.windows[0].columns} and 0 < len(rows) <= 16:
            said, _ = of(modelled, kept, planned.name)
            assert sorted(one["rows"] for one in said["fresh"]) == sorted(f"{many:,}" for many in rows.values())


def test_a_columns_address_keeps_its_name() -> None:
    """Whatever stands in it."""
    assert link("a b", "x/y?z", segment="") == "/models/a%20b/columns/x%2Fy%3Fz"
