"""From a verdict to a message: alerts, incidents and what was told, over the API and the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.services.intake import Kind
from driftline.store.leases import acquire

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def world(open_world: Callable[..., Any], url: str | None, dense_reference: Path) -> Any:
    """A world of ten rows a minute, on each kind of database."""
    return open_world(url, learnt_from=dense_reference)


@pytest.fixture
def small(open_world: Callable[..., Any], dense_reference: Path) -> Any:
    """The same, on SQLite."""
    return open_world(learnt_from=dense_reference)


def courier_of(world: Any, post: Any) -> Courier:
    """A courier."""
    return Courier(world.service.database, post, wall_clock, "test")


def test_a_fault_is_one_incident_told_when_it_begins_and_when_it_is_over(world: Any, rows_of: Any, post: Any) -> None:
    """On both databases; each message leaves once, whoever asks how often."""
    world.hours(wrong=range(2, 5), all_of=range(8))
    courier = courier_of(world, post)
    assert (courier.round().sent, courier.round().sent) == (2, 0)
    assert [one.body["news"] for one in post.letters] == ["opened", "resolved"]
    assert len({one.body["key"] for one in post.letters}) == 1
    assert post.letters[0].body["subject"].startswith("[act soon] churn: data fault in plan")
    (incident,) = world.service.incidents.incidents()
    assert (incident["number"], incident["window"]) == (1, "2026-01-05 02:00")
    assert incident["closed"] is not None
    assert world.service.incidents.alerts() == []


def test_what_fires_is_shown(api: Any, admin: dict[str, str], small: Any, rows_of: Any, post: Any) -> None:
    """Alerts, the incident they make, and the message with whoever has it."""
    small.hours(wrong=range(2, 4), all_of=range(4))
    courier_of(small, post).round()
    alerts = api.get("/v1/alerts?monitor=churn&state=firing", headers=admin).json()
    assert {"monitor": "churn", "name": "plan", "kind": "column", "tier": "retrain", "state": "firing", "incident": 1}.items() <= alerts[
        0
    ].items()
    assert api.get("/v1/alerts?state=pending", headers=admin).json() == []
    page = api.get("/v1/incidents?open=true&limit=1", headers=admin).json()
    ident = page["items"][0]["id"]
    assert page["before"] == ident
    assert api.get(f"/v1/incidents?before={ident}", headers=admin).json()["items"] == []
    one = api.get(f"/v1/incidents/{ident}", headers=admin).json()
    assert [message["receivers"][0]["done"] for message in one["messages"]] == [True]
    assert one["members"][0]["name"] == "plan"
    assert api.get("/v1/messages", headers=admin).json()["items"] == one["messages"]
    assert api.get("/v1/incidents/999", headers=admin).status_code == 404
    assert api.get("/v1/alerts?monitor=nobody", headers=admin).status_code == 404


def test_incidents_are_listed_on_the_command_line(small: Any, rows_of: Any, tmp_path: Path) -> None:
    """Those that are open, or all of them."""
    small.hours(wrong=range(2, 4), all_of=range(4))
    words = ["alerts", "list", "--data", str(tmp_path / "data")]
    said = CliRunner().invoke(main, words).output
    assert "churn  since 2026-01-05 02:00\n    [act soon] churn: data fault in plan" in said
    assert said.endswith("1 incidents are open\n")
    small.hours(wrong=range(0), all_of=range(4, 7))
    assert CliRunner().invoke(main, words).output == "0 incidents are open\n"
    (one,) = json.loads(CliRunner().invoke(main, [*words, "--all", "--monitor", "churn", "--json"]).output)
    assert (one["tier"], one["members"][0]["concern"]) == ("retrain", "data fault")


def test_a_window_that_is_judged_again_is_not_told_again(small: Any, rows_of: Any, post: Any) -> None:
    """Late rows revise a verdict that says the same."""
    small.hours(wrong=range(2, 4), all_of=range(4))
    small.send(small.broken(rows_of(600 * 3, 5, minutes=0.1)), "late")
    assert small.round().judged == 1
    courier_of(small, post).round()
    assert [one.body["news"] for one in post.letters] == ["opened"]


def test_labels_that_come_late_wake_somebody(small: Any, rows_of: Any, post: Any) -> None:
    """A model that does much worse is told once its labels have come, hours after its windows were judged."""
    for hour in range(4):
        small.send(rows_of(600 * hour, 600, minutes=0.1), f"b{hour}")
    small.round()
    courier = courier_of(small, post)
    courier.round()
    assert post.letters == []
    for hour in range(4):
        rows = rows_of(600 * hour, 600, minutes=0.1)
        wrong = [{"id": row["id"], "value": int(row["score"] < 0.5)} for row in rows]
        small.send(wrong, f"l{hour}", Kind.LABELS)
        small.round()
    courier.round()
    assert [(one.body["news"], one.body["members"][0]["concern"]) for one in post.letters] == [("opened", "performance")]


def test_one_courier_at_a_time(small: Any, rows_of: Any, post: Any) -> None:
    """While another holds the lease nothing is brought; when it has run out, whoever comes brings it."""
    small.hours(wrong=range(2, 4), all_of=range(4))
    assert acquire(small.service.database, "courier", "another", wall_clock()) is not None
    assert courier_of(small, post).round().sent == 0
    later = Courier(small.service.database, post, lambda: wall_clock() + timedelta(hours=1), "test")
    assert later.round().sent == 1


def test_alerts_are_as_the_yaml_has_them_arranged(small: Any, rows_of: Any, post: Any) -> None:
    """How long things have to last, and where to look further."""
    small.change(alerts="{fires_after: 2, link: 'https://example.com/{monitor}?w={window}'}")
    small.hours(wrong=range(1, 2), all_of=range(3))
    courier = courier_of(small, post)
    assert courier.round().sent == 0
    small.hours(wrong=range(3, 5), all_of=range(3, 5))
    assert courier.round().sent == 1
    assert post.letters[0].body["link"] == "https://example.com/churn?w=2026-01-05%2004%3A00"
    assert post.letters[0].body["figure"]


def test_what_is_silenced_is_told_when_the_silence_is_over(api: Any, admin: dict[str, str], small: Any, rows_of: Any, post: Any) -> None:
    """Made and lifted over the API; the trail says why nobody was told; what still goes on is told then, without any new row."""
    made = api.post("/v1/silences", headers=admin, json={"matchers": 'monitor="churn"', "minutes": 60, "comment": "known"})
    assert made.status_code == 201
    small.hours(wrong=range(2, 4), all_of=range(4))
    courier = courier_of(small, post)
    assert courier.round().sent == 0
    assert [one["matchers"] for one in api.get("/v1/silences", headers=admin).json()] == ['monitor="churn"']
    kept = [one for one in api.get("/v1/audit", headers=admin).json()["items"] if one["action"] == "incident.kept"]
    assert "silenced until" in kept[0]["detail"]
    small.round()
    assert courier.round().sent == 0
    assert api.delete(f"/v1/silences/{made.json()['id']}", headers=admin).status_code == 204
    assert api.delete(f"/v1/silences/{made.json()['id']}", headers=admin).status_code == 404
    assert small.round().failed == []
    assert courier.round().sent == 1
    assert post.letters[0].body["news"] == "opened"


def test_who_answers_is_not_told_again(api: Any, admin: dict[str, str], small: Any, rows_of: Any, post: Any) -> None:
    """What nobody answers is told again after a while, and no more once somebody has."""
    small.change(alerts="{repeat: 1 hour}")
    small.hours(wrong=range(2, 4), all_of=range(4))
    courier = courier_of(small, post)
    assert courier.round().sent == 1
    small.round(clock=lambda: wall_clock() + timedelta(hours=2))
    assert courier.round().sent == 1
    assert [one.body["news"] for one in post.letters] == ["opened", "repeated"]
    (ident,) = [one["id"] for one in api.get("/v1/incidents", headers=admin).json()["items"]]
    said = api.post(f"/v1/incidents/{ident}/acknowledge", headers=admin, json={"note": "on it"})
    assert said.json()["note"] == "on it"
    small.round(clock=lambda: wall_clock() + timedelta(hours=9))
    assert courier.round().sent == 0
    for hour in range(4, 7):
        small.send(rows_of(600 * hour, 600, minutes=0.1), f"b{hour}")
        small.round(clock=lambda: wall_clock() + timedelta(hours=10))
    assert courier.round().sent == 1
    assert post.letters[-1].body["news"] == "resolved"
    assert api.post(f"/v1/incidents/{ident}/acknowledge", headers=admin, json={}).status_code == 409
    assert api.post("/v1/incidents/999/acknowledge", headers=admin, json={}).status_code == 404


def test_a_viewer_may_neither_answer_nor_silence(api: Any, token_of: Callable[[str], dict[str, str]]) -> None:
    """Looking is not ordering; and a wrong silence is refused with what to do."""
    viewer, operator = token_of("viewer"), token_of("operator")
    assert api.post("/v1/silences", headers=viewer, json={"matchers": "name=a", "minutes": 5}).status_code == 403
    assert api.post("/v1/incidents/1/acknowledge", headers=viewer, json={}).status_code == 403
    wrong = api.post("/v1/silences", headers=operator, json={"matchers": "nmae=a", "minutes": 5})
    assert (wrong.status_code, wrong.json()["hint"]) == (422, "did you mean 'name'?")


def test_orders_on_the_command_line(small: Any, rows_of: Any, tmp_path: Path) -> None:
    """Show, answer, silence, list and lift."""
    small.hours(wrong=range(2, 4), all_of=range(4))
    ident = str(small.service.incidents.incidents()[0]["id"])

    def said(*words: str) -> str:
        done = CliRunner().invoke(main, ["alerts", *words, "--data", str(tmp_path / "data")])
        assert done.exit_code == 0, done.output
        return done.output

    assert "plan" in said("show", ident)
    assert json.loads(said("show", ident, "--json"))["members"][0]["name"] == "plan"
    assert said("ack", ident, "--by", "ann") == f"ann takes care of incident {ident} of churn\n"
    assert said("silence", 'name="plan"', "--for", "2 hours").startswith("silence 1 holds until")
    assert 'name="plan"' in said("silence")
    assert said("silence", "--lift", "1") == "silence 1 is over\n"
    assert said("silence") == ""
    assert json.loads(said("ack", ident, "--by", "bob", "--note", "mine", "--json"))["note"] == "mine"
    (made,) = json.loads(said("silence", "name=plan", "--comment", "known", "--json"))
    assert (made["matchers"], made["comment"]) == ("name=plan", "known")
    assert json.loads(said("silence", "--json")) == [made]
    assert json.loads(said("silence", "--lift", str(made["id"]), "--json")) == []
    wrong = CliRunner().invoke(main, ["alerts", "silence", "name=a", "--for", "soon", "--data", str(tmp_path / "data")])
    assert wrong.exit_code == 2
    assert "30 minutes" in wrong.output
