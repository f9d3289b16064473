from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from driftline.performance.concept import Change
from driftline.reports.document import to_dict
from driftline.reports.reading import window_of
from driftline.verdicts.report import Estimate, TrackRecord

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


def test_estimates_keep_their_record_and_changes_their_parts(modelled: Report) -> None:
    """What is known of earlier estimates, and of why a metric changed, comes back whole."""
    window = modelled.windows[-1]
    guess = Estimate(value=0.8, interval=None, method="calibration", trusted=True, record=TrackRecord(windows=5, error=math.nan, held=4))
    change = Change(-0.1, -0.08, 0.01, -0.02, 0.01, 0.2, 100)
    told = replace(window, performance=(replace(window.performance[0], estimate=guess, change=change),))
    written = to_dict(replace(modelled, windows=(told,)))["windows"][0]
    (read,) = window_of(written, window.window).performance
    assert read.change == change
    assert read.estimate is not None
    assert read.estimate.record is not None
    assert (read.estimate.record.windows, read.estimate.record.held, math.isnan(read.estimate.record.error)) == (5, 4, True)
