"""One broken column that several models read is one incident, over the real service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from driftline.server.courier import Courier
from driftline.server.face import wall_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("churn", "upsell", "winback")
CHANNEL = "alerts: {{channels: {{team: {{kind: webhook, url: https://{host}.example.com/hook}}}}}}\n"


@pytest.fixture
def world(open_world: Callable[..., Any], dense_reference: Path) -> Any:
    """Ten rows a minute."""
    return open_world(learnt_from=dense_reference)


def watch(world: Any, names: dict[str, str]) -> dict[str, Any]:
    """Models that tell the people of some host."""
    text = "task: binary\nreference: {at}\ncolumns: {{id: id, timestamp: ts, score: score, label: left}}\nwindow: hour\n" + CHANNEL
    return {
        name: world.service.watch(f"monitor: {name}\n" + text.format(at=world.reference, host=host), "/", wall_clock(), actor="test")
        for name, host in names.items()
    }


def hours(world: Any, watched: dict[str, Any], rows_of: Any, wrong: range, every: range) -> None:
    """Some hours come to every model, of which some are broken in all of them, each judged when it is over."""
    for hour in every:
        rows = rows_of(600 * hour, 600, minutes=0.1)
        for one in watched.values():
            world.watched = one
            world.send(world.broken(rows) if hour in wrong else rows, f"b{hour}")
        world.round()


def letters(world: Any, post: Any) -> list[dict[str, Any]]:
    """What has left since the last time."""
    before = len(post.letters)
    Courier(world.service.database, post, wall_clock, "test").round()
    return [one.body for one in post.letters[before:]]


def test_a_column_that_breaks_in_three_models_is_told_once(world: Any, rows_of: Any, post: Any) -> None:
    """The first is told of, and again when it is two models; the third and its end are told with it, and pages name all of them."""
    watched = watch(world, dict.fromkeys(NAMES, "team"))
    hours(world, watched, rows_of, range(1, 2), range(2))
    told = letters(world, post)
    assert [(one["news"], one["monitor"]) for one in told] == [("opened", "churn"), ("worse", "churn")]
    assert told[1]["subject"] == "[act soon] churn and 1 more model: null burst in plan"
    assert told[0]["key"] == told[1]["key"]
    page = world.service.incidents.incidents(open_only=True)
    assert len(page) == 3
    for one in page:
        common = world.service.incidents.incident(one["id"])["shared"]
        assert (common["columns"], sorted(common["monitors"])) == (["plan"], sorted(NAMES))
    hours(world, watched, rows_of, range(0), range(2, 4))
    assert [(one["news"], one["monitor"]) for one in letters(world, post)] == [("resolved", "churn")]


def test_people_of_another_channel_hear_of_it_themselves(world: Any, rows_of: Any, post: Any) -> None:
    """Whoever would not get the first model's message gets one of their own."""
    watched = watch(world, {"churn": "team", "upsell": "others"})
    hours(world, watched, rows_of, range(1, 2), range(2))
    assert {one["monitor"] for one in letters(world, post) if one["news"] == "opened"} == {"churn", "upsell"}
