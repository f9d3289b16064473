"""The ledger: each step of the cycle is done once, by whoever holds the lease; tests/server/test_worker.py shows the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sqlalchemy as sa

from driftline.errors import StateError
from driftline.profile.bins import fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind
from driftline.services.cycle import Judged, Standing, Tallied
from driftline.services.decide import Recalled
from driftline.services.intake import Kind as Sent
from driftline.store.database import Database
from driftline.store.documents import pack, unpack
from driftline.store.intake import Delivery, Intake
from driftline.store.leases import acquire
from driftline.store.ledger import Ledger
from driftline.store.rows import Rows
from driftline.store.tables import outbox, parcels, verdicts
from driftline.verdicts.report import Verdict
from driftline.window import Cadence, Windowing, calendar_window

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.profile.profile import Profile

NOW = datetime(2026, 1, 5, 12, 30, tzinfo=UTC)
HOURS = Windowing(Cadence.HOUR)
PLAN = Plan((Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.arange(100.0))),), sample=10)
WINDOW = calendar_window(NOW, HOURS)
EMPTY: Any = SimpleNamespace(reason="a report", windows=())


def judged_at(standing: Standing) -> Judged:
    """A verdict on a window."""
    return Judged(standing, Verdict.DRIFTED, "it moved", EMPTY)


NEW = Standing(id=1, window=WINDOW, rows=1, whole=None, revision=1, stale=False, way="w1", changed=NOW, counted=NOW, judged_revision=0)


def profile(*values: float) -> Profile:
    """Some values, counted."""
    none = np.zeros(len(values), dtype=bool)
    return count(PLAN, {"x": Cells(np.array(values, dtype=float), [None] * len(values), none, none)}, len(values))


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    """Where rows come in."""
    return Intake(Database(f"sqlite:///{tmp_path / 'd.db'}"), Rows(tmp_path / "rows"))


@pytest.fixture
def ledger(intake: Intake) -> Ledger:
    """The ledger of monitor 1, held."""
    lease = acquire(intake._database, "monitor 1", "me", NOW)
    assert lease is not None
    about: dict[str, Any] = {
        "monitor": 1,
        "model": "m",
        "version": 1,
        "plan": PLAN,
        "way": "w1",
        "windowing": HOURS,
        "key": "id",
        "label": "y",
    }
    return Ledger(
        database=intake._database,
        rows=intake._rows,
        lease=lease,
        write=lambda report: {"said": report.reason},
        take_in=lambda board, windows, now: (board, ()),
        recalling=lambda *known: Recalled(),
        clock=lambda: NOW,
        **about,
    )


def send(intake: Intake, batch: str, *values: float, kind: Sent = Sent.PREDICTIONS) -> None:
    """Some rows come."""
    name = "x" if kind is Sent.PREDICTIONS else "y"
    rows = [{"id": f"i{value:g}", name: value} for value in values]
    intake.write([Delivery(1, "m", kind, batch, "d", rows, (), NOW)])


def added(ledger: Ledger, *values: float) -> Any:
    """Whatever waits is counted as these values of one window; how that window stands."""
    taken = ledger.uncounted()
    ledger.add(taken, Tallied({(None, WINDOW): profile(*values)}, {WINDOW: [(one.id, None, None) for one in taken]}))
    return ledger._standings()[0]


def test_small_parcels_are_gathered_into_a_file(ledger: Ledger, intake: Intake) -> None:
    """In the order in which they came; where they came from can still be told; gathering again changes nothing."""
    for number in range(3):
        send(intake, f"b{number}", number)
    ledger.gather()
    ledger.gather()
    one, *others = ledger.uncounted()
    assert (others, one.rows, one.body, ledger.rows.table([one]).column("x").to_pylist()) == ([], 3, None, [0, 1, 2])
    with ledger.database.reading() as tx:
        assert tuple(tx.execute(sa.select(parcels.c.first_id, parcels.c.last_id)).one()) == (1, 3)


def test_what_comes_while_it_is_gathered_waits_for_the_next_turn(ledger: Ledger, intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn comes to an end however fast rows come; labels likewise."""
    send(intake, "a", 1)
    send(intake, "b", 1, kind=Sent.LABELS)
    write = Rows.write

    def written(self: Rows, table: Any, *about: str) -> str:
        send(intake, f"more {len(list(ledger.rows.directory.rglob('*.parquet')))}", 2)
        send(intake, f"more {len(list(ledger.rows.directory.rglob('*.parquet')))}", 2, kind=Sent.LABELS)
        return write(self, table, *about)

    monkeypatch.setattr(Rows, "write", written)
    upto = ledger.gather()
    monkeypatch.undo()
    assert [one.rows for one in ledger.uncounted(upto)] == [1]
    ledger.match_labels(NOW - timedelta(days=1), upto)
    with ledger.database.reading() as tx:
        left = tx.execute(sa.select(parcels.c.kind, parcels.c.counted).where(parcels.c.body.is_not(None))).all()
    assert sorted(tuple(row) for row in left) == [("labels", None)] * 2 + [("predictions", None)] * 2


def test_counts_are_added_once(ledger: Ledger, intake: Intake) -> None:
    """What was taken and added cannot be added again, whoever tries; what comes later adds up."""
    send(intake, "a", 1, 2)
    taken = ledger.uncounted()
    standing = added(ledger, 1, 2)
    assert (standing.window, standing.rows, standing.revision, standing.stale) == (WINDOW, 2, 1, False)
    with pytest.raises(StateError, match="counted meanwhile"):
        ledger.add(taken, Tallied({(None, WINDOW): profile(1, 2)}))
    send(intake, "b", 3)
    standing = added(ledger, 3)
    assert (standing.rows, standing.revision, ledger.uncounted()) == (3, 2, [])
    assert ledger.history([standing], 0) == {(None, WINDOW): profile(1, 2, 3)}


def test_who_lost_the_lease_writes_nothing(ledger: Ledger, intake: Intake) -> None:
    """Every step fails, and leaves things as they are."""
    send(intake, "a", 1)
    taken = ledger.uncounted()
    assert acquire(ledger.database, "monitor 1", "another", NOW + timedelta(hours=1))
    for step in (ledger.gather, lambda: ledger.add(taken, Tallied({(None, WINDOW): profile(1)})), lambda: ledger.record([judged_at(NEW)])):
        with pytest.raises(StateError, match="taken over"):
            step()
    assert ledger._standings() == []
    assert [one.id for one in ledger.uncounted()] == [one.id for one in taken]


def test_labels_make_their_window_stale(ledger: Ledger, intake: Intake) -> None:
    """Then its predictions and labels are read again, and new counts take the place of the old ones."""
    send(intake, "a", 1, 2)
    added(ledger, 1, 2)
    send(intake, "l", 2, 99, kind=Sent.LABELS)
    ledger.match_labels(NOW - timedelta(days=1))
    (standing,) = ledger.stale()
    predictions, labels = ledger.parcels_of([standing])
    assert ([one.kind for one in predictions], [one.kind for one in labels]) == (["predictions"], ["labels"])
    ledger.replace([standing], Tallied({(None, WINDOW): profile(5, 6, 7), ("s", WINDOW): profile(5)}))
    assert ledger.stale() == []
    (fresh,) = ledger.unjudged()
    assert (fresh.rows, fresh.revision > standing.revision) == (3, True)
    assert ledger.history([fresh], 0) == {(None, WINDOW): profile(5, 6, 7), ("s", WINDOW): profile(5)}


def test_a_window_that_is_gone_by_another_way_of_counting_waits_for_nobody(ledger: Ledger, intake: Intake) -> None:
    """No rows, nothing to judge."""
    send(intake, "a", 1)
    standing = added(ledger, 1)
    ledger.replace([standing], Tallied({}))
    assert ledger.unjudged() == []


def test_counts_of_another_way_are_not_mixed(ledger: Ledger, intake: Intake) -> None:
    """Rows that come for a window that an earlier version counted make it stale instead; history holds one way only."""
    send(intake, "a", 1)
    added(ledger, 1)
    later = replace(ledger, version=2, way="w2")
    send(intake, "b", 2)
    standing = added(later, 2)
    assert (standing.stale, later.unjudged(), later.history([standing], 9)) == (True, [], {})


def test_a_verdict_is_kept_and_handed_on_once(ledger: Ledger, intake: Intake) -> None:
    """However often the step is done; the next revision is another."""
    send(intake, "a", 1)
    standing = added(ledger, 1)
    judged = judged_at(standing)
    for _ in range(2):
        ledger.record([judged])
    ledger.record([replace(judged, standing=replace(standing, revision=2), verdict=Verdict.STABLE)])
    with ledger.database.reading() as tx:
        assert [row.verdict for row in tx.execute(sa.select(verdicts).order_by(verdicts.c.id))] == ["drifted", "stable"]
        assert [unpack(row.report) for row in tx.execute(sa.select(verdicts))] == [{"said": "a report"}] * 2
        bodies = tx.execute(sa.select(outbox.c.body).order_by(outbox.c.id)).scalars().all()
    assert len(bodies) == 2
    assert '"verdict": "drifted", "reason": "it moved", "rows": 1' in bodies[0]
    assert unpack(pack({"a": [1, None, "ü"]})) == {"a": [1, None, "ü"]}
