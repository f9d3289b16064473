"""The ledger of one monitor: what the cycle reads and writes, each step a transaction that fails where the lease is lost."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, not_, select, true

from driftline.alerting.attention import Manner
from driftline.alerting.quiet import Quiet
from driftline.errors import StateError
from driftline.services.cycle import Standing
from driftline.services.handoff import Attending, hand_off, nowhere, remind
from driftline.services.intake import Kind
from driftline.services.upstream import alone
from driftline.store.boards import read_board, write_board
from driftline.store.causes import read_upstream, write_causes
from driftline.store.decisions import write_decisions
from driftline.store.documents import pack
from driftline.store.gathering import compact, first_of, parcel_of, put_together, read_parcels, small_run
from driftline.store.labels import early, link, match, settle
from driftline.store.lateness import any_ripe, keep_came, keep_ripens, read_delays, ripen
from driftline.store.layout import cut_of, window_to_dict
from driftline.store.letters import note
from driftline.store.orders import read_orders
from driftline.store.pressed import press, unpress
from driftline.store.tables import outbox, parcels, profiles, verdicts, window_parcels, windows
from driftline.window import Cadence, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from driftline.alerting.incident import Board
    from driftline.decisions.course import Decided
    from driftline.performance.maturity import Delays
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.services.cycle import Judged, Key, Tallied
    from driftline.services.decide import Recalled
    from driftline.services.handoff import TakeIn
    from driftline.services.upstream import Upstream
    from driftline.store.database import Database
    from driftline.store.leases import Lease
    from driftline.store.rows import Parcel, Rows
    from driftline.verdicts.report import Report
    from driftline.window import Windowing

ROWS_AT_ONCE = 100_000
"""Parcels of so many rows are gathered, and counted, together."""

MOST_PARCELS = 5_000
PREDICTIONS, LABELS = Kind.PREDICTIONS.value, Kind.LABELS.value


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a window that rows are added to."""

    id: int
    way: str
    sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What `driftline.services.cycle.Desk` asks for.

    Attributes:
        monitor: the monitor's number.
        model: its name, by which files are laid.
        version: the version of its YAML whose turn it is.
        plan: the bins of that version.
        way: the fingerprint of how it counts: in which bins, segments and windows. Counts of one way add.
        windowing: how that version cuts windows.
        key: the column that holds ids.
        label: the column that holds labels.
        beside: the column whose values are counted by themselves and not judged; None for none.
        write: a report as JSON.
        take_in: steps the alerts by what was said of a window.
        recalling: what is known of a monitor beside a report, as `driftline.store.recall.Recall` knows it.
        link: where to look further, by a window's label.
        manner: how often somebody is told.
        quiet: what keeps messages back, beside silences.
        alike: whether another monitor, by its name, tells the same people by the same channels.
        clock: the time of what is written.
    """

    database: Database
    rows: Rows
    lease: Lease
    monitor: int
    model: str
    version: int
    plan: Plan
    way: str
    windowing: Windowing
    key: str
    label: str
    write: Callable[[Report], Mapping[str, Any]]
    take_in: TakeIn
    clock: Callable[[], datetime]
    recalling: Callable[[int, Report, Sequence[Standing], Plan, str], Recalled]
    beside: str | None = None
    link: Callable[[str], str] = nowhere
    manner: Manner = field(default_factory=Manner)
    quiet: Quiet = field(default_factory=Quiet)
    alike: Callable[[str], bool] = alone

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.database.writing() as tx:
            self.lease.fence(tx)
            yield tx

    def gather(self) -> int:
        """Bring parcels that lie in the database together in files; the number of the last that is there now.

        Only what is there at the beginning: where rows come all the time there is always one more.
        """
        last = self._last()
        for kind in (PREDICTIONS, LABELS):
            self._put_together(kind)
            while ids := self._first(kind, parcels.c.body.is_not(None), parcels.c.id <= last):
                table = compact(self.database, self.rows, ids)
                place = self.rows.write(table, self.model, kind, self.clock().date().isoformat())
                with self._writing() as tx:
                    gone = tx.execute(parcels.delete().where(parcels.c.id.in_(ids))).rowcount
                    if gone != len(ids):
                        raise StateError(f"{len(ids) - gone} parcels of {self.model!r} are gone", hint="another worker has gathered them")
                    about = {"monitor_id": self.monitor, "kind": kind, "day": self.clock().date().isoformat(), "at": self.clock()}
                    waiting = table.num_rows if kind == LABELS else 0
                    ends = {"first_id": min(ids), "last_id": max(ids)}
                    tx.execute(parcels.insert().values(**about, **ends, rows=table.num_rows, place=place, waiting=waiting))
        return self._last()

    def _put_together(self, kind: str) -> None:
        """Bring files together that are small and many: where rows are counted as soon as they come, each round leaves one."""
        # Windows of n rows know their rows by their places in a parcel.
        run = [] if self.windowing.cadence is Cadence.ROWS else small_run(self.database, self.monitor, kind)
        if run:
            place = self.rows.write(compact(self.database, self.rows, [row.id for row in run]), self.model, kind, run[0].day)
            with self._writing() as tx:
                # Their files go when strays are swept: somebody may be reading them.
                put_together(tx, run, place)

    def _last(self) -> int:
        with self.database.reading() as tx:
            return tx.execute(select(func.max(parcels.c.id)).where(parcels.c.monitor_id == self.monitor)).scalar_one() or 0

    def uncounted(self, upto: int | None = None) -> list[Parcel]:
        """Some of the predictions that have not been counted, the oldest first: all that are there, or the files up to a number."""
        files = () if upto is None else (parcels.c.body.is_(None), parcels.c.id <= upto)
        return read_parcels(self.database, self._first(PREDICTIONS, *files))

    def _first(self, kind: str, *where: Any) -> list[int]:
        """The first parcels that have not been counted, as many as are taken at once."""
        wanted = (parcels.c.monitor_id == self.monitor, parcels.c.kind == kind, parcels.c.counted.is_(None), *where)
        with self.database.reading() as tx:
            sizes = tx.execute(select(parcels.c.id, parcels.c.rows).where(*wanted).order_by(parcels.c.id).limit(MOST_PARCELS)).all()
        return first_of(sizes, ROWS_AT_ONCE)

    def position(self) -> int:
        """How many rows have been counted before: those of the last window, and all that fit into the windows before it."""
        if self.windowing.cadence is not Cadence.ROWS:
            return 0
        mine = (windows.c.monitor_id == self.monitor, windows.c.whole.is_not(None))
        with self.database.reading() as tx:
            last = tx.execute(select(windows).where(*mine).order_by(windows.c.position.desc()).limit(1)).one_or_none()
        return 0 if last is None else int(last.position * last.whole + last.rows)

    def add(self, taken: Sequence[Parcel], tallied: Tallied) -> None:
        """Add counts to their windows, mark parcels as counted, and note the windows whose labels came before them."""
        waiting = early(self.database, self.rows, self.monitor, self.key, taken)
        now, ids = self.clock(), [parcel.id for parcel in taken]
        with self._writing() as tx:
            fresh = (parcels.c.id.in_(ids), parcels.c.counted.is_(None))
            if tx.execute(parcels.update().where(*fresh).values(counted=now)).rowcount != len(ids):
                raise StateError(f"parcels of {self.model!r} have been counted meanwhile", hint="another worker did it")
            found = {window: self._window(tx, window, now) for window in dict.fromkeys(window for _, window in tallied.profiles)}
            for (segment, window), profile in tallied.profiles.items():
                if found[window].way == self.way:
                    self._add_profile(tx, found[window].id, segment, profile)
            for window, places in tallied.places.items():
                link(self.database, tx, found[window].id, places)
            for label, matched in waiting.items():
                for one in found.values():
                    link(self.database, tx, one.id, [(label, None, None)])
                tx.execute(parcels.update().where(parcels.c.id == label).values(waiting=parcels.c.waiting - matched))
            for window, one in found.items():
                counted = tallied.profiles[None, window].rows
                # A sealed window cannot be counted again: it takes in what adds up, and nothing else.
                stale = not one.sealed and (bool(waiting) or one.way != self.way)
                changed = {"rows": windows.c.rows + counted, "revision": windows.c.revision + 1, "changed": now}
                if (outcome := tallied.profiles[None, window].outcome) is not None and outcome.labelled:
                    # Labels that came with their predictions tell nothing of how late others come.
                    keep_came(self.database, tx, self.monitor, one.id, None)
                if not one.sealed or one.way == self.way:
                    tx.execute(windows.update().where(windows.c.id == one.id).values(**changed, **({"stale": True} if stale else {})))
            note(self.database, tx, self.monitor, tallied.findings, now)

    def _window(self, tx: Connection, window: Window, now: datetime) -> Known:
        """A window's number, the way it was counted, and whether it is sealed; made where it is new."""
        columns = (windows.c.id, windows.c.way, windows.c.sealed)
        row = tx.execute(select(*columns).where(windows.c.monitor_id == self.monitor, windows.c.label == window.label)).one_or_none()
        if row is not None:
            return Known(row.id, row.way, row.sealed)
        by_rows = self.windowing.cadence is Cadence.ROWS
        values = {
            "label": window.label,
            "cut": json.dumps(window_to_dict(window)),
            "position": window.index,
            "ends": window.end if isinstance(window.end, datetime) else None,
            "whole": self.windowing.rows if by_rows else None,
            "way": self.way,
            "changed": now,
            "counted": now,
        }
        zero = {"rows": 0, "revision": 0, "stale": False, "judged_revision": 0, "judged_version": 0}
        made = tx.execute(windows.insert().values(monitor_id=self.monitor, **values, **zero)).inserted_primary_key
        ident = int(made[0]) if made else 0
        if self.windowing.cadence is Cadence.COLUMN:
            # Values are in the order in which the stream brought them.
            tx.execute(windows.update().where(windows.c.id == ident).values(position=ident))
        return Known(ident, self.way, sealed=False)

    def _add_profile(self, tx: Connection, ident: int, segment: str | None, profile: Profile) -> None:
        where = (profiles.c.window_id == ident, profiles.c.way == self.way, profiles.c.segment == (segment or ""))
        before = tx.execute(select(profiles.c.body).where(*where)).scalar_one_or_none()
        total = profile if before is None else unpress(before, self.plan) + profile
        self._put_profile(tx, ident, segment, total)

    def _put_profile(self, tx: Connection, ident: int, segment: str | None, profile: Profile) -> None:
        values = {"rows": profile.rows, "body": press(profile)}
        key = {"window_id": ident, "way": self.way, "segment": segment or ""}
        statement = self.database.insert(profiles).values(**key, **values)
        tx.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))

    def match_labels(self, since: datetime, upto: int | None = None) -> None:
        """Find the windows that new labels belong to, of parcels up to a number."""
        while (found := match(self.database, self.rows, self.monitor, self.key, since, upto)).labels:
            with self._writing() as tx:
                settle(self.database, tx, found, self.clock())

    def stale(self) -> list[Standing]:
        """Windows that must be counted again."""
        return self._standings(windows.c.stale.is_(True))

    def unjudged(self) -> list[Standing]:
        """Windows whose counts have changed since they were judged, in the bins of this version."""
        return self._standings(windows.c.revision > windows.c.judged_revision, windows.c.way == self.way)

    def _standings(self, *where: Any) -> list[Standing]:
        wanted = select(windows).where(windows.c.monitor_id == self.monitor, *where).order_by(windows.c.position, windows.c.id)
        with self.database.reading() as tx:
            return [standing_of(row) for row in tx.execute(wanted)]

    def parcels_of(self, standings: Sequence[Standing]) -> tuple[list[Parcel], list[Parcel]]:
        """The predictions and the labels of some windows, in the order in which they came."""
        wanted = (
            select(parcels, window_parcels.c.first, window_parcels.c.length, windows.c.label)
            .join(window_parcels, window_parcels.c.parcel_id == parcels.c.id)
            .join(windows, windows.c.id == window_parcels.c.window_id)
            .where(windows.c.id.in_([standing.id for standing in standings]))
            .order_by(parcels.c.id)
        )
        found: dict[tuple[int, str], Parcel] = {}
        with self.database.reading() as tx:
            for row in tx.execute(wanted):
                # A whole parcel is read once, whatever windows lie in it; a run of rows is one window's.
                whose = row.label if row.first is not None else ""
                found[row.id, whose] = replace(parcel_of(row), first=row.first, length=row.length, window=whose or None)
        every = list(found.values())
        return [one for one in every if one.kind == PREDICTIONS], [one for one in every if one.kind == LABELS]

    def replace(self, standings: Sequence[Standing], tallied: Tallied) -> None:
        """Put new counts in the place of the windows' old ones."""
        now, whose = self.clock(), {standing.window: standing.id for standing in standings}
        with self._writing() as tx:
            tx.execute(profiles.delete().where(profiles.c.window_id.in_(whose.values()), profiles.c.way == self.way))
            for (segment, window), profile in tallied.profiles.items():
                self._put_profile(tx, whose[window], segment, profile)
            for window, ident in whose.items():
                counted = tallied.profiles.get((None, window))
                done: dict[str, Any] = {"stale": False, "way": self.way, "counted": now, "rows": counted.rows if counted else 0}
                if counted is None:  # Under this version the window has no rows, and there is nothing to say of it.
                    done["judged_revision"] = windows.c.revision + 1
                tx.execute(windows.update().where(windows.c.id == ident).values(**done, revision=windows.c.revision + 1))
            for window, came in tallied.came.items():
                keep_came(self.database, tx, self.monitor, whose[window], came)
            note(self.database, tx, self.monitor, tallied.findings, now)

    def ripen(self, now: datetime) -> None:
        """Have windows judged again that have come of age."""
        with self.database.reading() as tx:
            if not any_ripe(tx, self.monitor, now):
                return
        with self._writing() as tx:
            ripen(tx, self.monitor, now)

    def delays(self, now: datetime) -> Delays | None:
        """How late labels come."""
        with self.database.reading() as tx:
            return read_delays(tx, self.monitor, self.way, now)

    def history(self, due: Sequence[Standing], most: int) -> dict[Key, Profile]:
        """The counts of the windows that are due, and of those before them in the same bins."""
        last = max(standing.window.index for standing in due)
        earlier = (windows.c.monitor_id == self.monitor, windows.c.way == self.way, windows.c.position <= last)
        usable = (*earlier, windows.c.stale.is_(False), windows.c.judged.is_not(None))
        newest = select(windows.c.id).where(*usable).order_by(windows.c.position.desc()).limit(most)
        chosen = {standing.id for standing in due}
        with self.database.reading() as tx:
            chosen |= set(tx.execute(newest).scalars())
            wanted = (
                select(profiles.c.segment, profiles.c.body, windows.c.cut, windows.c.position)
                .join(windows, windows.c.id == profiles.c.window_id)
                .where(windows.c.id.in_(chosen), profiles.c.way == self.way)
                .where(true() if self.beside is None else not_(profiles.c.segment.startswith(f"{self.beside}=", autoescape=True)))
            )
            found = tx.execute(wanted).all()
        return {(row.segment or None, cut_of(row)): unpress(row.body, self.plan) for row in found}

    def recall(self, report: Report, due: Sequence[Standing]) -> Recalled:
        """What is known beside a report of the windows that are due and of those before them."""
        return self.recalling(self.monitor, report, due, self.plan, self.way)

    def record(self, judged: Sequence[Judged], decided: Sequence[Decided] = ()) -> None:
        """Keep verdicts and decisions, each once, and hand them on in the same transaction: to the outbox, and to the alerts."""
        if not judged:
            return
        # All that takes time comes before the transaction, which keeps other writers waiting; the lease keeps the board as it was read.
        reports = [pack(self.write(one.report)) for one in judged]
        now = self.clock()
        board, attend, upstream = self._attending(judged, now)
        handed = hand_off(self.model, board, judged, self.take_in, self.link, attend, decided)
        with self._writing() as tx:
            for one, report in zip(judged, reports, strict=True):
                self._record(tx, one, report, now)
            write_decisions(self.database, tx, self.monitor, self.model, self.version, decided, now)
            write_board(self.database, tx, self.monitor, self.model, handed, now)
            write_causes(self.database, tx, self.monitor, handed, upstream, self.link, now)

    def remind(self) -> int:
        """Let time pass for the incidents that are open; how many messages that makes."""
        now = self.clock()
        board, attend, _ = self._attending((), now)
        handed = remind(self.model, board, attend, self.link)
        if handed.told:
            with self._writing() as tx:
                write_board(self.database, tx, self.monitor, self.model, handed, now)
        return len(handed.told)

    def _attending(self, judged: Sequence[Judged], now: datetime) -> tuple[Board, Attending, Upstream]:
        """What is known of alerts, who is to be told when, and what other models' incidents have in common with these."""
        with self.database.reading() as tx:
            board, orders = read_board(tx, self.monitor), read_orders(tx, self.monitor)
            upstream = read_upstream(tx, self.monitor, self.model, judged, self.alike)
        return board, Attending(self.model, self.manner, orders.quiet(self.quiet), orders.answers, now, upstream.told), upstream

    def _record(self, tx: Connection, one: Judged, report: bytes, now: datetime) -> None:
        standing = one.standing
        about = {"version": self.version, "revision": standing.revision}
        said = {"verdict": one.verdict.value, "reason": one.reason, "rows": standing.rows}
        where = {"monitor_id": self.monitor, "window_id": standing.id, "label": standing.window.label, "position": standing.window.index}
        labelled = any(metric.value is not None for window in one.report.windows for metric in window.performance)
        statement = self.database.insert(verdicts).values(**where, **about, **said, created=now, report=report, labelled=labelled)
        tx.execute(statement.on_conflict_do_nothing())
        body = json.dumps({"monitor": self.model, "window": standing.window.label, **about, **said}, ensure_ascii=False)
        key = f"verdict {standing.id} {self.version} {standing.revision}"
        handed = self.database.insert(outbox).values(topic="verdict", key=key, body=body, created=now)
        tx.execute(handed.on_conflict_do_nothing())
        done = {"judged": now, "judged_revision": standing.revision, "judged_version": self.version}
        done |= {"verdict": one.verdict.value, "reason": one.reason}
        tx.execute(windows.update().where(windows.c.id == standing.id).values(**done))
        if one.ripens is not None:
            keep_ripens(self.database, tx, self.monitor, standing.id, one.ripens)


def standing_of(row: Any) -> Standing:
    """A window as its row in the database has it."""
    names = ("id", "rows", "whole", "revision", "stale", "way", "changed", "counted", "judged_revision", "judged")
    return Standing(window=cut_of(row), **{name: getattr(row, name) for name in names})
