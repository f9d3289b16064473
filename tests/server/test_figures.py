"""Business figures of the service's monitors."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from driftline.server.figures import FRESH

if TYPE_CHECKING:
    from pathlib import Path


def test_a_series_is_read_again_when_it_is_old(small: Any, rows_of: Any, face: Any, tmp_path: Path) -> None:
    """What was read is remembered for ten minutes; then it is read anew, and what cannot be read says why."""
    small.send(rows_of(0, 120), "a")
    small.round()
    place = tmp_path / "kpi.csv"
    place.write_text("at,rate\n2026-01-05T00:30:00+00:00,1.5\n")
    yaml = f"{small.watched.yaml}performance:\n  kpis:\n    - {{name: sales, from: {place}, time: at, value: rate}}\n"
    watched = face.service.watch(yaml, small.watched.directory, face.clock(), actor="test")
    seen, now = face.service.gallery.history("churn", watched.id, 10), face.clock()
    (first,) = face.service.figures.of(watched, seen, now)
    assert first.values == (1.5, None)
    place.unlink()
    assert face.service.figures.of(watched, seen, now + FRESH) == (first,)
    (later,) = face.service.figures.of(watched, seen, now + FRESH + timedelta(seconds=1))
    assert later.values == (None, None)
    assert later.sentence.startswith("sales cannot be read:")
