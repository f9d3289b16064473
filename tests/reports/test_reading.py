from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from driftline.reports.document import to_dict
from driftline.reports.reading import window_of

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


@pytest.mark.parametrize("name", ["report", "hostile", "odd", "modelled", "parted", "classes", "amounts"])
def test_what_was_written_is_read(name: str, request: pytest.FixtureRequest) -> None:
    """Written, read and written again, a report is the same to the letter."""
    report: Report = request.getfixturevalue(name)
    written = json.loads(json.dumps(to_dict(report)))
    read = tuple(window_of(told, window.window) for told, window in zip(written["windows"], report.windows, strict=True))
    assert json.loads(json.dumps(to_dict(replace(report, windows=read)))) == written


def test_columns_may_come_from_elsewhere(report: Report) -> None:
    """Whoever keeps the columns apart says so, and nothing is looked for in the JSON."""
    told = {name: value for name, value in to_dict(report)["windows"][0].items() if name != "columns"}
    assert window_of(told, report.windows[0].window, columns=()).columns == ()
