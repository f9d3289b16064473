"""Dashboards for Grafana."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
import yaml

from driftline.errors import PluginError
from driftline.exports import grafana
from driftline.exports.prometheus import recording


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels that show something."""
    return [one for one in board["panels"] if one["type"] != "row"]


@pytest.mark.parametrize("name", ["fleet.json", "model.json"])
def test_a_dashboard_is_whole(name: str) -> None:
    """Each panel has a title, a query, our data source and a place of its own; ids are stable; nobody edits it by hand."""
    board = json.loads(grafana.dashboards()[name])
    assert board["uid"] == f"driftline-{name.removesuffix('.json')}"
    assert board["editable"] is False
    places = set()
    for panel in panels(board):
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": grafana.SOURCE}
        assert [bool(one["expr"]) for one in panel["targets"]] == [True]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        places.add((place["x"], place["y"]))
    assert len(places) == len(panels(board))


def test_a_model_is_chosen() -> None:
    """Every query of the model's dashboard asks for the model that was chosen."""
    board = json.loads(grafana.dashboards()["model.json"])
    (variable,) = board["templating"]["list"]
    assert variable["name"] == "model"
    assert all('model="$model"' in one["targets"][0]["expr"] for one in panels(board))


def test_recorded_names_exist() -> None:
    """What a dashboard takes from the recording rules is recorded there."""
    recorded = {one["record"] for one in recording()}
    used = set(re.findall(r"\w+:driftline_\w+:\w+", "".join(grafana.dashboards().values())))
    assert used
    assert used <= recorded


def test_what_grafana_is_told() -> None:
    """Where the dashboards lie and where Prometheus is; both files have the version that Grafana wants."""
    provider, source = yaml.safe_load(grafana.provisioning()), yaml.safe_load(grafana.datasource("http://p:9090"))
    assert provider["apiVersion"] == source["apiVersion"] == 1
    assert provider["providers"][0]["options"]["path"] == grafana.FOLDER
    assert source["datasources"][0]["uid"] == grafana.SOURCE


def test_without_the_sdk_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hint, not a traceback."""
    monkeypatch.setitem(sys.modules, "grafana_foundation_sdk.cog.encoder", None)
    with pytest.raises(PluginError, match=r"driftline\[grafana\]"):
        grafana.dashboards()
