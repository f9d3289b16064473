"""What is acknowledged is counted exactly once, and every window is judged, whatever dies in between: real processes, real signals."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from driftline.client import Client
from driftline.engines.count import count
from driftline.errors import OutsideError, StateError
from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.server.service import open_service
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.services.intake import Kind, sort_rows
from driftline.store.database import Database
from driftline.store.gathering import parcel_of
from driftline.store.intake import Delivery
from driftline.store.joining import ParcelSource
from driftline.store.leases import acquire
from driftline.store.ledger import LABELS, PREDICTIONS
from driftline.store.migrations import REVISIONS, upgrade
from driftline.store.pressed import unpress
from driftline.store.tables import outbox, parcels, profiles, received, verdicts, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
SRC = str(HERE.parents[1] / "src")
START = datetime(2026, 1, 5, tzinfo=UTC)
AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))


def kill(pid: int) -> None:
    """As power loss would, as far as a process can tell."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


def wait_for(done: Callable[[], object], seconds: float = 60.0) -> None:
    """Until something is so."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.01)


def torment(world: Any, url: str | None, victims: Any, place: Path, *, kills: int, seed: int) -> Path:
    """Kill a sender and two workers, again and again; the file with what was acknowledged."""
    dice = random.Random(seed)
    data, acks = str(place / "data"), place / "acks"
    shared = {"data": data, "url": url, "acks": str(acks), "told": str(place / "told")}
    world.intake.close()
    workers = [victims.start(do="work", **shared) for _ in range(2)]
    done, life = 0, 0
    while done < kills:
        sender = victims.start(do="send", life=life, again=30 if life else 0, most=1_000_000, **shared)
        time.sleep(dice.uniform(0.05, 0.6))
        if dice.random() < 0.5:
            killed = dice.randrange(2)
            kill(workers[killed])
            workers[killed] = victims.start(do="work", **shared)
            done += 1
            time.sleep(dice.uniform(0.0, 0.3))
        kill(sender)
        done, life = done + 1, life + 1
    last = victims.start(do="send", life=life, again=30, most=30, **shared)
    wait_for(lambda: not Path(f"/proc/{last}").exists())
    for worker in workers:
        kill(worker)
    return acks


def check_nothing_is_lost(world: Any, acks: Path) -> None:
    """Every row acknowledged is there once, every window holds exactly its rows, every verdict stands once."""
    service = world.service
    worker = Worker(service, AT_ONCE, wall_clock, threads=1)
    wait_for(lambda: not (done := worker.round()).busy and not done.turns)
    with service.database.reading() as tx:
        kept = [parcel_of(row) for row in tx.execute(sa.select(parcels).order_by(parcels.c.id))]
        receipts = {(row.kind, row.batch): row.rows for row in tx.execute(sa.select(received))}
        stood = tx.execute(sa.select(windows)).all()
        said = tx.execute(sa.select(verdicts.c.window_id, verdicts.c.version, verdicts.c.revision)).all()
        handed = tx.execute(sa.select(sa.func.count()).select_from(outbox).where(outbox.c.topic == "verdict")).scalar_one()
        bodies = tx.execute(sa.select(windows.c.label, profiles.c.body).join(profiles, profiles.c.window_id == windows.c.id)).all()
    acknowledged = [tuple(line.split(" ", 1)) for line in acks.read_text().splitlines()]
    assert len(set(acknowledged)) > 10
    assert set(acknowledged) <= set(receipts)
    sent, labelled = ([one for one in kept if one.kind == kind] for kind in (PREDICTIONS, LABELS))
    ids = service.rows.table(sent, ("id",)).column("id").to_pylist()
    assert len(ids) == len(set(ids)) == sum(rows for (kind, _), rows in receipts.items() if kind == PREDICTIONS)
    assert sum(one.rows for one in labelled) == sum(rows for (kind, _), rows in receipts.items() if kind == LABELS)
    batches = {tuple(ident.split("-")[:2]) for ident in ids}
    assert batches == {tuple(batch.split("-")) for kind, batch in receipts if kind == PREDICTIONS}
    assert sum(one.rows for one in stood) == len(ids)
    assert all(one.judged_revision == one.revision and not one.stale for one in stood)
    assert len(said) == len(set(said)) == handed
    learnt = service.library.learn(world.watched, wall_clock(), timedelta(0))
    whole = ParcelSource("all", service.rows, sent, labels=labelled, key="id", label="left")
    expected = count(learnt.plan, whole, learnt.monitor.windowing, learnt.monitor.hints).profiles
    found = {label: unpress(body, learnt.plan) for label, body in bodies}
    assert {window.label: profile for (_, window), profile in expected.items()} == found


@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.soak)])
def test_kills_at_random_moments(world: Any, url: str | None, victims: Any, post: Any, tmp_path: Path, kills: int) -> None:
    """Senders and workers are killed in the middle of whatever they do; batches are sent again; nothing is lost or counted twice."""
    acks = torment(world, url, victims, tmp_path, kills=kills, seed=kills)
    check_nothing_is_lost(world, acks)
    check_everything_is_told(world, post, tmp_path / "told")


def check_everything_is_told(world: Any, post: Any, told: Path) -> None:
    """Every message arrived, those of an incident in order; one that came twice came under one key, and only where its courier died."""
    courier = Courier(world.service.database, post, wall_clock, "last")
    wait_for(lambda: not courier.round().sent and not world.service.board.counts()["outbox"])
    arrived = [*told.read_text().splitlines(), *(one.key for one in post.letters)]
    with world.service.database.reading() as tx:
        written = tx.execute(sa.select(outbox.c.key).where(outbox.c.topic == "message").order_by(outbox.c.id)).scalars().all()
    assert sorted(dict.fromkeys(arrived)) == sorted(written)
    for incident in {key.rpartition(" ")[0] for key in written}:
        told = [key for key in dict.fromkeys(arrived) if key.startswith(f"{incident} ")]
        assert told == [key for key in written if key.startswith(f"{incident} ")]
    assert written


def test_two_schedulers_at_once_judge_every_window_once(world: Any, url: str | None, tmp_path: Path, rows_of: Any) -> None:
    """Two processes, started by two schedulers at the same moment, share the work or leave it to each other."""
    for hour in range(6):
        world.send(rows_of(60 * hour, 60), f"b{hour}")
    environ = {**os.environ, "PYTHONPATH": SRC}
    command = [sys.executable, "-m", "driftline", "run", "--lateness", "0", "--data", str(tmp_path / "data")]
    both = [subprocess.Popen([*command, *(["--store", url] if url else [])], env=environ, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=60) and process.returncode for process in both] == [0, 0]
    with world.service.database.reading() as tx:
        said = tx.execute(sa.select(verdicts.c.label, verdicts.c.revision).order_by(verdicts.c.label)).all()
    assert [tuple(row) for row in said] == [(f"2026-01-05 {hour:02}:00", one["revision"]) for hour, one in enumerate(by_label(world))]
    assert [one["rows"] for one in by_label(world)] == [60] * 6


def test_a_database_of_the_first_form_is_brought_to_the_newest_with_its_data(url: str | None, tmp_path: Path) -> None:
    """Windows that were judged by an older driftline are there, and can be judged again."""
    place = url or f"sqlite:///{tmp_path / 'old.db'}"
    engine = sa.create_engine(place)
    with engine.connect() as connection:
        upgrade(connection, {"0001": REVISIONS["0001"]})
    with engine.begin() as tx:
        tx.execute(sa.text("insert into monitors (name, version, created) values ('churn', 1, 0)"))
        tx.execute(
            sa.text(
                "insert into windows (monitor_id, label, cut, position, rows, revision, stale, way, changed, counted, judged_revision,"
                " judged_version) values (1, 'w', '{}', 3, 60, 2, :stale, 'x', 0, 0, 2, 1)"
            ),
            {"stale": False},
        )
    engine.dispose()
    database = Database(place)
    with database.reading() as tx:
        (row,) = tx.execute(sa.select(windows)).all()
    assert (row.label, row.rows, row.sealed) == ("w", 60, False)
    database.close()


def by_label(world: Any) -> list[dict[str, Any]]:
    """All windows, the oldest first."""
    return [one for _, one in sorted(world.windows().items())]


def test_a_database_that_is_gone_for_a_while(fragile: Any, open_world: Any, rows_of: Any) -> None:
    """What was acknowledged before is there after; what came meanwhile was refused, and is taken when it is sent again."""
    world = open_world(fragile.url())
    assert not world.send(rows_of(0, 60), "before").repeated
    fragile.stop()
    with pytest.raises(OutsideError):
        world.send(rows_of(60, 60), "meanwhile")
    with pytest.raises(OutsideError):
        world.round()
    fragile.start()
    assert world.send(rows_of(0, 60), "before").repeated
    assert not world.send(rows_of(60, 60), "meanwhile").repeated
    assert world.round().judged == 2
    assert [one["rows"] for one in by_label(world)] == [60, 60]


def test_a_disk_that_is_really_full(small_disk: Path, open_world: Any, url: str | None) -> None:
    """What is acknowledged before it is full is kept; what is not is refused, and taken once there is room again."""
    world = open_world(url, place=small_disk.name)
    filler = small_disk / "filler"
    sent = {"before": wide_rows(0), "few": wide_rows(1)[:10], "meanwhile": wide_rows(2)}
    assert not world.send(sent["before"], "before").repeated
    world.round()
    assert not world.send(sent["few"], "few").repeated
    fill(filler)
    with pytest.raises(OutsideError):
        world.send(sent["meanwhile"], "meanwhile")
    with pytest.raises(OutsideError):
        world.round()
    filler.unlink()
    assert {name: world.send(rows, name).repeated for name, rows in sent.items()} == {"before": True, "few": True, "meanwhile": False}
    world.round()
    assert [one["rows"] for one in by_label(world)] == [10_010]


def fill(place: Path) -> None:
    """Leave no room on a disk."""
    with place.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def wide_rows(n: int) -> list[dict[str, Any]]:
    """Rows of texts that do not shrink, so many that they are a file."""
    dice = random.Random(n)
    features = [{"amount": dice.random(), "plan": dice.randbytes(20).hex()} for _ in range(5_000)]
    return [{"id": f"{n}-{i}", "features": one, "timestamp": "2026-01-05T00:00:00Z"} for i, one in enumerate(features)]


def test_a_batch_sent_a_hundred_times_is_counted_once(world: Any) -> None:
    """Whoever sends it, and at whatever moment."""
    rows = [{"id": str(i), "features": {"amount": 1.0}, "timestamp": "2026-01-05T00:00:00Z"} for i in range(10)]
    receipts = [world.send(rows, "the batch") for _ in range(100)]
    assert [receipt.repeated for receipt in receipts] == [False] + [True] * 99
    assert {receipt.rows for receipt in receipts} == {10}
    world.round()
    assert world.windows()["2026-01-05 00:00"]["rows"] == 10


def test_a_poisoned_row_spoils_no_other(world: Any) -> None:
    """One row in ten thousand that cannot be read lies among the dead letters, with the reason; the others are counted."""
    rows: list[Any] = [{"id": str(i), "features": {"amount": 1.0}, "timestamp": "2026-01-05T00:00:00Z"} for i in range(10_000)]
    rows[4321] = {"id": "poison", "features": {"amount": {"nested": [1]}}}
    receipt = world.send(rows, "b")
    assert (receipt.rows, receipt.refused) == (9_999, 1)
    letters = world.service.board.dead_letters(world.watched.id, before=None, limit=9)
    assert [(one["place"], one["batch"]) for one in letters] == [(4321, "b")]
    assert "'amount' is an object" in letters[0]["reason"]
    world.round()
    assert world.windows()["2026-01-05 00:00"]["rows"] == 9_999


def test_a_clock_that_jumps_breaks_nothing(world: Any, url: str | None) -> None:
    """A worker whose clock is an hour ahead takes over a lease that is held; whoever held it can write no more."""
    world.send([{"id": "1", "features": {"amount": 1.0}, "timestamp": "2026-01-05T00:00:00Z"}], "b")
    slow = Worker(world.service, AT_ONCE, wall_clock, threads=1)
    lease = acquire(world.service.database, f"monitor {world.watched.id}", slow.owner, wall_clock())
    learnt = world.service.library.learn(world.watched, wall_clock(), timedelta(0))
    ledger, counting = slow._ledger(world.watched, learnt, lease), slow._counting(world.watched, learnt)
    ledger.gather()
    taken = ledger.uncounted()
    counted = counting.count(taken, 0)
    assert world.round(clock=lambda: wall_clock() + timedelta(hours=1)).judged == 1
    with pytest.raises(StateError, match="taken over"):
        ledger.add(taken, counted)
    assert world.windows()["2026-01-05 00:00"]["rows"] == 1
    # It is put back, and nobody waits an hour until it has caught up.
    world.send([{"id": "2", "features": {"amount": 1.0}, "timestamp": "2026-01-05T00:00:00Z"}], "c")
    assert world.service.board.wanting(AT_ONCE, wall_clock()) == [world.watched.id]
    assert world.round().judged == 1
    assert world.windows()["2026-01-05 00:00"]["rows"] == 2


@contextmanager
def served(data: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The service as a user starts it."""
    command = [sys.executable, "-m", "driftline", "serve", "--data", str(data), "--port", str(port), "--interval", "0.2", "--lateness", "0"]
    environ = {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_a_service_that_is_killed_while_a_model_logs(small: Any, tmp_path: Path) -> None:
    """The client keeps what it cannot send and sends it again: every prediction is there once, and the model never noticed."""
    token = small.service.tokens.make("churn", "sender", wall_clock(), actor="test")
    small.intake.close()
    port = 0
    dice = random.Random(3)
    log = None
    for life in range(3):
        with served(tmp_path / "data", port) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            port = int(line.rpartition(":")[2])
            if log is None:
                log = Client(f"http://127.0.0.1:{port}", token=token, spool=tmp_path / "spool", interval=0.02, batch=50).model("churn")
            for i in range(400):
                log.prediction(id=f"{life}-{i}", features={"amount": 1.0}, timestamp="2026-01-05T00:00:00Z")
                if not i % 40:
                    time.sleep(dice.uniform(0, 0.03))
            if life == 2:
                log.close()
            process.kill()
    assert log is not None
    assert (log.counts.taken, log.counts.dropped) == (1200, 0)
    kept = open_service(tmp_path / "data")
    with kept.database.reading() as tx:
        some = [parcel_of(row) for row in tx.execute(sa.select(parcels).where(parcels.c.kind == Kind.PREDICTIONS.value))]
    ids = kept.rows.table(some, ("id",)).column("id").to_pylist()
    kept.close()
    spooled = sum(int(file.stem.rpartition("-")[2]) for file in (tmp_path / "spool").rglob("*.json"))
    assert len(ids) == len(set(ids))
    assert len(ids) + spooled >= 1200


def send_an_hour(world: Any, watched: list[Any], hour: int) -> None:
    """Every monitor's rows of one hour, each in a batch."""
    for place, one in enumerate(watched):
        dice = random.Random(f"{place}-{hour}")
        rows = [
            {
                "id": f"{hour}-{i}",
                "features": {"amount": dice.gauss(0, 1), "plan": dice.choice(["free", "pro"])},
                "score": dice.random(),
                "timestamp": (START + timedelta(hours=hour, minutes=2 * i)).isoformat(),
            }
            for i in range(30)
        ]
        found = sort_rows(rows, Kind.PREDICTIONS, world.service.library.naming(one), wall_clock())
        given = Delivery(one.id, one.name, Kind.PREDICTIONS, f"h{hour}", f"h{hour}", found.rows, found.refused, wall_clock())
        world.intake.submit(given).result(60)


class Fleet:
    """Monitors of which three processes judge the hours as they come."""

    def __init__(self, world: Any, url: str, victims: Any, place: Path, monitors: int) -> None:
        self._world, self._victims = world, victims
        yaml = world.watched.yaml
        self._watched = [world.service.watch(yaml.replace("churn", f"m{i}"), "/", wall_clock(), actor="test") for i in range(monitors)]
        self._order = {"do": "work", "data": str(place / "data"), "url": url, "told": str(place / "told")}
        self._workers = [victims.start(**self._order) for _ in range(3)]
        self._dice, self.sent = random.Random(0), list[datetime]()

    def send(self) -> None:
        """Send every monitor's next hour."""
        self.sent.append(wall_clock())
        send_an_hour(self._world, self._watched, len(self.sent) - 1)

    def kill_one(self) -> None:
        """Kill a worker, and start another in its place."""
        place = self._dice.randrange(3)
        kill(self._workers[place])
        self._workers[place] = self._victims.start(**self._order)

    def judged(self) -> int:
        """How many verdicts there are."""
        with self._world.service.database.reading() as tx:
            return int(tx.execute(sa.select(sa.func.count()).select_from(verdicts)).scalar_one())

    def wait(self, hours: float, cycle: float) -> None:
        """Wait until so many hours of all monitors are judged."""
        wait_for(lambda: self.judged() >= hours * len(self._watched), cycle)

    def check(self, cycle: float) -> float:
        """Every window has been judged once, with all its rows, and none was late by more than a cycle; the seconds of the latest."""
        for worker in self._workers:
            kill(worker)
        columns = (verdicts.c.monitor_id, verdicts.c.position, verdicts.c.revision, verdicts.c.rows, verdicts.c.created)
        with self._world.service.database.reading() as tx:
            said = tx.execute(sa.select(*columns)).all()
        assert len(said) == len({(one.monitor_id, one.position) for one in said}) == len(self._watched) * len(self.sent)
        assert {(one.revision, one.rows) for one in said} == {(1, 30)}
        first = min(one.position for one in said)
        latest = max((one.created - self.sent[one.position - first]).total_seconds() for one in said)
        assert latest < cycle
        return float(latest)


@pytest.mark.slow
def test_three_workers_judge_every_window_once_and_in_its_cycle(open_world: Any, postgres: Any, victims: Any, tmp_path: Path) -> None:
    """Three processes share many monitors; one is killed in every cycle, and no window is judged twice, left out or late."""
    url = postgres.url()
    fleet = Fleet(open_world(url), url, victims, tmp_path, 10)
    for hour in range(2):
        fleet.send()
        # In the middle of the work that has just come.
        fleet.wait(hour + 0.25, 90)
        fleet.kill_one()
        fleet.wait(hour + 1, 90)
    fleet.check(90)


@pytest.mark.soak
@pytest.mark.parametrize(("monitors", "kills", "every"), [(20, 2, 5.0), (1000, 10, 60.0)])
def test_a_thousand_monitors_while_a_worker_is_killed_each_minute(
    open_world: Any, postgres: Any, victims: Any, tmp_path: Path, monitors: int, kills: int, every: float
) -> None:
    """For ten minutes one of three processes is killed each minute, and hours come as fast as they are judged.

    By itself, on a machine that does nothing else, with what it has to say:
    `python -m pytest -n0 -s -m soak tests/server/test_faults.py -k "thousand and 1000"`. It ends after the last kill and one more hour.
    """
    url = postgres.url()
    fleet, over, dead = Fleet(open_world(url), url, victims, tmp_path, monitors), threading.Event(), list[float]()

    def kill_now_and_then() -> None:
        while len(dead) < kills and not over.wait(every):
            fleet.kill_one()
            dead.append(time.monotonic())

    killer = threading.Thread(target=kill_now_and_then, daemon=True)
    killer.start()
    try:
        while killer.is_alive():
            began = time.monotonic()
            fleet.send()
            fleet.wait(len(fleet.sent), 3600)
            told = f"hour {len(fleet.sent)} of {monitors} monitors: judged in {time.monotonic() - began:.0f} s, {len(dead)} kills so far"
            print(told, flush=True)  # noqa: T201  a long round is run for what it says
    finally:
        over.set()
        killer.join()
    assert len(dead) == kills
    latest = fleet.check(3600)
    print(f"{len(fleet.sent)} hours, {kills} kills: every window judged once, the latest after {latest:.0f} s")  # noqa: T201  likewise
