"""Registered versions: counted by themselves, judged by nobody, and held against each other."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.server.face import wall_clock
from driftline.server.versions import compare, versions

if TYPE_CHECKING:
    from collections.abc import Callable


def fresh(world: Any) -> Any:
    """The monitor as it is now."""
    return world.service.fleet.by_id(world.watched.id)


def send(world: Any, rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    """Three hours of version 41; three of version 42, which sees larger amounts; in the last hour of 41 some of both."""
    for first, version, shift in ((0, "41", 0.0), (180, "42", 2.0)):
        rows = [{**row, "model_version": version} for row in rows_of(first, 180, shift=shift)]
        world.send([*rows, {**rows_of(500 + first, 1)[0], "timestamp": rows[-1]["timestamp"]}], f"b{first}")
    world.send([{**row, "timestamp": "2026-01-05T02:30:00Z", "model_version": "42"} for row in rows_of(900, 20, shift=2.0)], "both")
    while world.round().turns:
        pass


def test_each_version_is_counted_by_itself(world: Any, rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    """The newest first, without rows that say none; reports are as if there were no versions."""
    world.change(version="model_version")
    send(world, rows_of)
    assert [(one.version, one.rows, one.first[11:13], one.last[11:13]) for one in versions(world.service, fresh(world))] == [
        ("42", 200, "02", "05"),
        ("41", 180, "00", "02"),
    ]
    report = world.service.board.report(world.watched.id)
    assert {one["segment"] for one in report["windows"]} == {None}
    assert not [one for one in report["findings"] if "segment" in one["what"]]


def test_one_version_is_held_against_another(small: Any, rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    """Over all their windows, in the monitor's bins: what moved is named, and what stayed is not."""
    small.change(version="model_version")
    send(small, rows_of)
    report = compare(small.service, fresh(small), "41", "42", wall_clock())
    (window,) = report.windows
    verdicts = {column.name: column.verdict.value for column in window.columns}
    assert (verdicts["amount"], report.reference.rows, window.rows) == ("drifted", 180, 200)
    assert verdicts["plan"] != "drifted"
    assert report.monitor == "churn: 42 against 41"


def test_the_api_tells_of_versions(small: Any, api: Any, admin: dict[str, str], rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    """Which there are, and the report; a version that was never seen is a 422, and none is told where no column says it."""
    place = "/v1/monitors/churn/model-versions"
    assert api.get(place, headers=admin).json() == []
    small.change(version="model_version")
    send(small, rows_of)
    assert [one["version"] for one in api.get(place, headers=admin).json()] == ["42", "41"]
    answer = api.get(f"{place}/compare", params={"reference": "41", "current": "42"}, headers=admin)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "drifted")
    answer = api.get(f"{place}/compare", params={"reference": "41", "current": "4"}, headers=admin)
    assert (answer.status_code, answer.json()["detail"]) == (422, "nothing was counted of the version '4'")


def test_a_click_holds_a_version_against_the_one_before(
    small: Any, api: Any, token: Callable[[str], str], signed_in: Any, rows_of: Callable[..., list[dict[str, Any]]]
) -> None:
    """The model's page leads to its versions, and each of them to the report."""
    small.change(version="model_version")
    send(small, rows_of)
    headers = signed_in(token("viewer"))
    assert 'href="/models/churn/versions"' in api.get("/models/churn", headers=headers).text
    page = api.get("/models/churn/versions", headers=headers).text
    place = "/models/churn/versions/compare?reference=41&amp;current=42"
    assert place in page
    answer = api.get(place.replace("&amp;", "&"), headers=headers)
    assert (answer.status_code, "churn: 42 against 41" in answer.text) == (200, True)


@pytest.mark.browser
def test_the_report_of_two_versions_is_drawn(
    browser: Any, small: Any, face: Any, token: Any, served: Any, opened: Any, rows_of: Callable[..., list[dict[str, Any]]]
) -> None:
    """Its own scripts run, and nothing else: it is known by what is in them."""
    small.change(version="model_version")
    send(small, rows_of)
    place = "/models/churn/versions/compare?reference=41&current=42"
    with served(face) as url, opened(browser, url, token("viewer"), place) as page:
        page.locator("#heatmap canvas").wait_for()


def test_the_command_tells_the_same(small: Any, rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    """A list, and a report as Markdown or JSON."""
    small.change(version="model_version")
    send(small, rows_of)
    data = ["--data", str(small.service.uploads.parent)]
    assert CliRunner().invoke(main, ["versions", "churn", *data]).output.startswith("42  200 predictions, 2026-01-05 02:00")
    assert "amount" in CliRunner().invoke(main, ["versions", "churn", "41", "42", *data]).output
    found = CliRunner().invoke(main, ["versions", "churn", "41", "42", "--json", *data]).output
    assert json.loads(found)["verdict"] == "drifted"


def test_versions_come_late_without_harm(small: Any, rows_of: Callable[..., list[dict[str, Any]]]) -> None:
    """A monitor that learns of the column later counts versions from then on; what was said before stays."""
    small.send(rows_of(0, 60), "a")
    assert small.round().judged == 1
    small.change(version="model_version")
    small.send([{**row, "model_version": "7"} for row in rows_of(60, 60)], "b")
    small.round(clock=lambda: wall_clock() + timedelta(hours=1))
    assert [one.version for one in versions(small.service, fresh(small))] == ["7"]
