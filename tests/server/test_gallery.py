from __future__ import annotations

from datetime import timedelta
from typing import Any

from driftline.server.face import wall_clock
from driftline.server.gallery import Gallery
from driftline.services.cycle import Pace


def test_a_round_leaves_nothing_behind(world: Any, rows_of: Any) -> None:
    """What was judged can be seen at once, on each kind of database; a revision is seen in the place of what it revises."""
    world.send(rows_of(0, 600), "a")
    world.round()
    (one,) = world.service.gallery.fleet()
    assert one.standing["window"] == world.service.board.windows(world.watched.id, before=None, limit=1)[0]["label"]
    assert world.service.gallery.catch_up(wall_clock()) == 0
    before = world.service.gallery.history("churn", world.watched.id, 100)
    world.send(rows_of(540, 60), "b")
    world.round()
    after = world.service.gallery.history("churn", world.watched.id, 100)
    assert [len(found.windows) for found in (before, after)] == [10, 10]
    assert after.last["parts"][0]["rows"] > before.last["parts"][0]["rows"]


def test_what_a_dead_worker_left_is_cut_by_the_next(small: Any, rows_of: Any, monkeypatch: Any) -> None:
    """A worker that dies between judging and cutting leaves nothing unseen once another has started."""
    small.send(rows_of(0, 300), "a")
    monkeypatch.setattr(Gallery, "catch_up", lambda *_: 0)
    small.round()
    assert small.service.gallery.fleet()[0].standing is None
    monkeypatch.undo()
    small.round()
    assert small.service.gallery.fleet()[0].standing is not None


def test_what_has_come_of_a_model_that_waits_is_counted(small: Any, rows_of: Any) -> None:
    """Windows with rows of which nothing was said yet; none of a model that was judged, or of others."""
    gallery, ident = small.service.gallery, small.watched.id
    assert gallery.came([ident]) == {}
    small.send(rows_of(0, 600), "a")
    small.round(Pace(settle=timedelta(0), lateness=timedelta(days=9999), patience=timedelta(0)))
    assert gallery.came([ident]) == {ident: (10, 600)}
    assert gallery.came([]) == gallery.came([ident + 1]) == {}
