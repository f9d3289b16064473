"""Grafana's side: a dashboard of the fleet and one of a model, built with Grafana's own SDK, and how they are provisioned."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import yaml

from driftline.errors import PluginError

SOURCE = "driftline-prometheus"
"""The data source's id."""

FOLDER = "/var/lib/grafana/dashboards/driftline"
"""Where Grafana finds the dashboards, unless told otherwise."""

VERDICTS = {"stable": "green", "inconclusive": "blue", "drifted": "red"}
WIDE, HALF, THIRD = 24, 12, 8


def dashboards() -> dict[str, str]:
    """The dashboards' JSON, by the name of their file.

    Raises:
        PluginError: Grafana's SDK is not installed.
    """
    encoder = _sdk("cog.encoder").JSONEncoder(sort_keys=True, indent=2)
    return {"fleet.json": encoder.encode(_fleet()) + "\n", "model.json": encoder.encode(_model()) + "\n"}


def provisioning() -> str:
    """Where Grafana finds the dashboards."""
    provider = {"name": "driftline", "folder": "driftline", "type": "file", "options": {"path": FOLDER}}
    return _yaml({"apiVersion": 1, "providers": [provider]})


def datasource(url: str) -> str:
    """Where Grafana finds Prometheus."""
    source = {"name": "driftline", "uid": SOURCE, "type": "prometheus", "access": "proxy", "url": url}
    return _yaml({"apiVersion": 1, "datasources": [source]})


def _fleet() -> Any:
    made = _board("driftline: fleet", "driftline-fleet", "Every model that is watched, and the service itself.")
    made.with_row(_row("Models"))
    made.with_panel(_stat("Models", "driftline_monitors", THIRD))
    made.with_panel(_stat("Drifted", "sum(model:driftline_drifted:max)", THIRD, bad=1))
    made.with_panel(_stat("Inconclusive", "sum(model:driftline_inconclusive:max)", THIRD))
    made.with_panel(_lines("Models that drifted", "model:driftline_drifted:max", "{{model}}", WIDE))
    made.with_row(_row("Service"))
    made.with_panel(_lines("Rows received a second", "kind:driftline_rows_received:rate5m", "{{kind}}", HALF))
    made.with_panel(_lines("Share of rows that cannot be read", "kind:driftline_rows_refused:ratio15m", "{{kind}}", HALF, "percentunit"))
    made.with_panel(_lines("Requests, 95% quantile", "route:driftline_request_seconds:p95_5m", "{{route}}", HALF, "s"))
    made.with_panel(_lines("Windows that wait to be judged", "driftline_windows_unjudged", "{{instance}}", HALF))
    return made.build()


def _model() -> Any:
    made = _board("driftline: model", "driftline-model", "What was last said of one model, and how it came to that.")
    variable = _sdk("builders.dashboard").QueryVariable("model").label("Model")
    made.with_variable(variable.datasource(_source()).query("label_values(driftline_model_rows, model)"))
    mine = 'model="$model"'
    for verdict, colour in VERDICTS.items():
        expression = f'driftline_model_verdict{{{mine}, verdict="{verdict}"}}'
        made.with_panel(_stat(verdict.capitalize(), expression, THIRD, bad=1, colour=colour))
    made.with_panel(_lines("Performance", f"driftline_model_performance{{{mine}}}", "{{metric}}", HALF))
    coverage = f"driftline_model_label_coverage{{{mine}}}"
    made.with_panel(_lines("Share of rows with a label", coverage, "labels", HALF, "percentunit"))
    psi = f'topk(10, driftline_model_score{{{mine}, statistic="psi"}})'
    made.with_panel(_lines("PSI, the ten columns that moved most", psi, "{{column}}", HALF))
    worst = f"topk(10, max by (statistic) (driftline_model_score{{{mine}}}))"
    made.with_panel(_lines("The greatest score of each statistic", worst, "{{statistic}}", HALF))
    made.with_panel(_lines("Rows of the newest window", f"driftline_model_rows{{{mine}}}", "rows", WIDE))
    return made.build()


def _board(title: str, uid: str, about: str) -> Any:
    made = _sdk("builders.dashboard").Dashboard(title).uid(uid).description(about).tags(["driftline"])
    return made.readonly().refresh("1m").time("now-7d", "now").timezone("browser")


def _row(title: str) -> Any:
    return _sdk("builders.dashboard").Row(title)


def _stat(title: str, expression: str, width: int, *, bad: float | None = None, colour: str = "red") -> Any:
    shapes = _sdk("models.dashboard")
    steps = [shapes.Threshold(value=None, color="text")]
    if bad is not None:
        steps.append(shapes.Threshold(value=bad, color=colour))
    limits = _sdk("builders.dashboard").ThresholdsConfig().mode(shapes.ThresholdsMode.ABSOLUTE).steps(steps)
    panel = _sdk("builders.stat").Panel().title(title).span(width).height(4).thresholds(limits)
    return panel.datasource(_source()).with_target(_ask(expression, ""))


def _lines(title: str, expression: str, legend: str, width: int, unit: str = "short") -> Any:
    panel = _sdk("builders.timeseries").Panel().title(title).span(width).height(8).unit(unit)
    return panel.datasource(_source()).with_target(_ask(expression, legend))


def _ask(expression: str, legend: str) -> Any:
    return _sdk("builders.prometheus").Dataquery().ref_id("A").expr(expression).legend_format(legend)


def _source() -> Any:
    return _sdk("models.dashboard").DataSourceRef(type_val="prometheus", uid=SOURCE)


def _sdk(module: str) -> Any:
    try:
        return import_module(f"grafana_foundation_sdk.{module}")
    except ImportError as error:
        raise PluginError("dashboards need Grafana's SDK", hint="pip install 'driftline[grafana]'") from error


def _yaml(content: dict[str, Any]) -> str:
    written: str = yaml.safe_dump(content, sort_keys=False)
    return written
