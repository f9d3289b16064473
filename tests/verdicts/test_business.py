from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

import driftline as dl
from driftline import wiring
from driftline.cli.main import main
from driftline.config.specification import specify
from driftline.errors import ConfigError, DataError
from driftline.reports.document import schema, to_dict
from driftline.reports.html import to_html
from driftline.reports.text import to_text
from driftline.verdicts.business import business

if TYPE_CHECKING:
    from pathlib import Path

START, DAYS, ROWS = datetime(2026, 3, 1, tzinfo=UTC), 14, 400


def write(path: Path, names: list[str], rows: Any) -> None:
    """A file of comma-separated values."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """A model that is right more or less often from day to day, and conversion that follows it."""
    dice = np.random.default_rng(3)
    right = 0.8 + 0.12 * np.sin(np.arange(DAYS))
    for name, first, share in (("reference", -30, np.full(DAYS, 0.8)), ("current", 0, right)):
        came, hit = dice.integers(0, 2, (DAYS, ROWS)), dice.random((DAYS, ROWS)) < share[:, None]
        at = [(START + timedelta(days=first + day, minutes=row)).isoformat() for day in range(DAYS) for row in range(ROWS)]
        write(
            tmp_path / f"{name}.csv", ["ts", "label", "y_pred"], zip(at, came.ravel(), np.where(hit, came, 1 - came).ravel(), strict=True)
        )
    days = [f"{START + timedelta(days=day):%Y-%m-%d}" for day in range(DAYS)]
    write(tmp_path / "kpi.csv", ["day", "rate"], zip(days, right / 10, strict=True))
    kpi = {"name": "conversion", "from": str(tmp_path / "kpi.csv"), "time": "day", "value": "rate"}
    places = {name: str(tmp_path / f"{name}.csv") for name in ("reference", "current")}
    return {**places, "columns": {"timestamp": "ts", "label": "label"}, "performance": {"metric": "accuracy", "kpis": [kpi]}}


def test_a_figure_is_laid_beside_the_model_wherever_a_report_is(settings: dict[str, Any]) -> None:
    """Its value in each window, its correlation with what was realised, in the JSON, the text and the page."""
    report = wiring.check(specify(settings, {})).report
    (found,) = report.kpis
    accuracy = [window.performance[0].value or 0.0 for window in report.windows]
    assert found.metric == "accuracy"
    assert found.windows == tuple(window.window.label for window in report.windows)
    assert found.correlation == pytest.approx(np.corrcoef(accuracy, np.array(found.values, dtype=float))[0, 1])
    assert found.interval is not None
    assert found.interval[0] > 0
    assert "conversion goes with accuracy" in found.sentence
    told = to_dict(report)
    jsonschema.validate(told, schema())
    assert told["kpis"][0]["values"] == list(found.values)
    assert "conversion goes with accuracy" in to_text(report, width=200)
    assert "conversion goes with accuracy" in to_html(report)


def test_two_tables_are_compared_with_figures_beside(settings: dict[str, Any]) -> None:
    """`driftline compare --kpi` and `driftline.compare` lay them beside the same windows, and Markdown has a row for each."""
    places = settings["reference"], settings["current"]
    kpi = f"conversion={settings['performance']['kpis'][0]['from']}:day:rate"
    flags = ["--timestamp", "ts", "--window", "day", "--metric", "accuracy", "--kpi", kpi, "--json", "--fail-on", "never"]
    told = json.loads(CliRunner().invoke(main, ["compare", *places, *flags]).stdout)
    assert [one["sentence"].partition(":")[0] for one in told["kpis"]] == ["conversion goes with accuracy"]
    named = {key: settings[key] for key in ("columns", "performance")}
    markdown = dl.compare(*places, window="day", **named).to_markdown()
    assert "#### Business" in markdown
    assert "| `conversion` | 0." in markdown


def test_a_figure_that_cannot_be_read_is_an_error(settings: dict[str, Any]) -> None:
    """A column that is not there is named with what was meant; so is a key."""
    settings["performance"]["kpis"][0]["value"] = "rates"
    with pytest.raises(DataError, match="no column 'rates'"):
        wiring.check(specify(settings, {}))
    settings["performance"]["kpis"][0]["valu"] = "rate"
    with pytest.raises(ConfigError, match="valu"):
        specify(settings, {})


def test_without_windows_there_is_nothing_to_lay_beside() -> None:
    """No window, no figure."""
    assert business([], []) == ()
