"""What has to be told now, for whoever checks now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from driftline.alerting.arrangement import Arrangement
from driftline.alerting.attention import Manner
from driftline.alerting.catching import catch_up
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conftest import Scene

    from driftline.alerting.incident import Talk

NOW = datetime(2026, 4, 1, tzinfo=UTC)
BAD, GOOD = Verdict.DRIFTED, Verdict.STABLE


def report(scene: Scene, *verdicts: Verdict, first: int = 0) -> Any:
    """A report of days on which a column was broken or was not."""
    windows = tuple(scene.window(first + day, scene.column("a", one, Concern.FAULT)) for day, one in enumerate(verdicts))
    return SimpleNamespace(monitor="m", windows=windows, created=NOW)


def told(found: Any, talks: Mapping[str, Talk], by: Arrangement | None = None, now: datetime = NOW) -> tuple[list[str], Mapping[str, Talk]]:
    """What is told, and what is remembered."""
    caught = catch_up(found, by or Arrangement(), talks, now)
    return [f"{one.news} {one.key}" for one in caught.announcements], caught.talks


def test_each_thing_is_told_once(scene: Scene) -> None:
    """However often somebody checks; its end too."""
    opened, talks = told(report(scene, GOOD, BAD), {})
    assert opened == ["opened m/2026-03-02"]
    again, talks = told(report(scene, GOOD, BAD, BAD), talks)
    assert again == []
    over, talks = told(report(scene, GOOD, BAD, BAD, GOOD, GOOD), talks)
    assert over == ["resolved m/2026-03-02"]
    assert told(report(scene, GOOD, BAD, BAD, GOOD, GOOD, GOOD), talks)[0] == []


def test_the_past_is_told_to_nobody(scene: Scene) -> None:
    """The first check of a long history tells of what is wrong now, and not of what once was."""
    assert told(report(scene, BAD, GOOD, GOOD, GOOD, BAD), {})[0] == ["opened m/2026-03-05"]


def test_a_report_that_begins_later_knows_the_same_incident(scene: Scene) -> None:
    """An incident is known by its window, not by its place in the report."""
    _, talks = told(report(scene, BAD, GOOD, GOOD, BAD), {})
    assert told(report(scene, GOOD, BAD, BAD, first=2), talks)[0] == []


def test_ids_tell_messages_apart(scene: Scene) -> None:
    """Sent again, a message has the id that it had; the next has another."""
    found = report(scene, BAD)
    first, second = (catch_up(found, Arrangement(), {}, NOW) for _ in range(2))
    assert [one.id for one in first.announcements] == [one.id for one in second.announcements] == ["m/2026-03-01/1"]
    over = catch_up(report(scene, BAD, GOOD, GOOD), Arrangement(), first.talks, NOW)
    assert [one.id for one in over.announcements] == ["m/2026-03-01/2"]


def test_what_nobody_answers_is_told_again(scene: Scene) -> None:
    """After as long as was asked for."""
    by = Arrangement(manner=Manner(repeat=timedelta(days=1)))
    _, talks = told(report(scene, BAD), {}, by)
    assert told(report(scene, BAD), talks, by, NOW + timedelta(hours=23))[0] == []
    assert told(report(scene, BAD), talks, by, NOW + timedelta(hours=24))[0] == ["repeated m/2026-03-01"]


def test_the_figure_and_the_link_are_of_the_newest_window(scene: Scene) -> None:
    """Whoever looks sees how it is now."""
    (one,) = catch_up(report(scene, GOOD, BAD, BAD), Arrangement(), {}, NOW, "http://x/{}".format).announcements
    assert one.link == "http://x/2026-03-03"
    assert [point.drifted for point in one.figure] == [False, True, True]
