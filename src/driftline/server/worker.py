"""A worker: takes monitors that have work waiting, one lease at a time, and turns the cycle for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from driftline.alerting.incident import take_in
from driftline.config.channels import filled
from driftline.errors import DriftlineError, OutsideError, StateError
from driftline.reports.document import to_dict
from driftline.server.collecting import SETTLED, Collector
from driftline.server.counting import Counting
from driftline.server.deciding import Deciding
from driftline.server.erasing import erasing
from driftline.server.logs import LOG
from driftline.server.outlets import heard_alike
from driftline.server.rota import Turns, keep_turn, turns
from driftline.services.cycle import Done, turn
from driftline.store.erasure import clear_letters
from driftline.store.leases import LASTS, acquire, held
from driftline.store.ledger import Ledger
from driftline.store.owners import new_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from driftline.alerting.arrangement import Arrangement
    from driftline.alerting.incident import Board, Notice
    from driftline.config.scheduling import Schedule
    from driftline.monitor import Monitor
    from driftline.server.learning import Learnt
    from driftline.server.service import Service
    from driftline.server.traces import Tracer
    from driftline.services.cycle import Pace
    from driftline.store.fleet import Watched
    from driftline.store.leases import Lease
    from driftline.verdicts.report import WindowReport

STRAY_AFTER = timedelta(hours=1)
"""A file that no transaction has recorded for so long was left by a process that died."""

SWEEP = timedelta(hours=1)
LETTERS_KEPT = timedelta(days=90)
REMIND = timedelta(seconds=30)


@dataclass(slots=True)
class Round:
    """What one round over all monitors did."""

    turns: int = 0
    counted: int = 0
    judged: int = 0
    busy: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, done: Done) -> None:
        """Count what a turn did."""
        self.turns += 1
        self.counted += done.counted
        self.judged += len(done.judged)


@dataclass(frozen=True, slots=True)
class Stepping:
    """Steps alerts as a monitor's YAML has it arranged."""

    arrangement: Arrangement

    def __call__(self, board: Board, windows: Sequence[WindowReport], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
        """Take in the reports of one window."""
        return take_in(board, windows, now, self.arrangement.patience, self.arrangement.book)


def beside(monitor: Monitor) -> str | None:
    """The column whose values are counted and not judged: the model's version, unless it is a segment."""
    return None if monitor.hints.version in monitor.hints.segments else monitor.hints.version


def changes_with_time(arrangement: Arrangement) -> bool:
    """Whether anything may have to be told although nothing is new."""
    manner, quiet = arrangement.manner, arrangement.quiet
    return bool(manner.repeat or manner.escalate or quiet.maintenance or quiet.inhibitions)


class Worker:
    """Turns the cycle. Any number of them may work on one database.

    Args:
        service: the store, and what was learnt.
        pace: how long to wait for what.
        clock: the time.
        threads: how many to count with; all there are for None.
        lasts: a worker that has not been heard of for so long is taken over; one that is known to be dead, at once.
        tracer: makes a span of each turn and of its steps; None for none.
        scheduled: keep to the schedules that monitors have; otherwise somebody else decides when, and all have their turn.
    """

    def __init__(
        self,
        service: Service,
        pace: Pace,
        clock: Callable[[], datetime],
        *,
        threads: int | None = None,
        lasts: timedelta = LASTS,
        scheduled: bool = True,
        tracer: Tracer | None = None,
    ) -> None:
        self._service = service
        self._pace = pace
        self._clock = clock
        self._threads = threads
        self._lasts = lasts
        self._scheduled = scheduled
        self._tracer = tracer
        self._swept: datetime | None = None
        self._fresh = True
        self._reminded: datetime | None = None
        self.owner = owner = new_owner("worker")
        self._collector = Collector(service=service, clock=clock, owner=owner, settled=min(SETTLED, pace.settle))

    def round(self, *, stopped: Callable[[], bool] = bool) -> Round:
        """Fetch rows, then one turn for each monitor that has work waiting; a monitor that fails keeps no other from its turn."""
        done = Round()
        if self._fresh:
            # What was judged before this driftline showed pages, or by a worker that died before it cut its glances.
            self._fresh = False
            self._show(None)
        planned = turns(self._service, self._clock()) if self._scheduled else Turns()
        self._collector.round(planned.resting)
        wanting = self._service.board.wanting(self._pace, self._clock())
        for ident in [*planned.due, *(one for one in wanting if one not in planned.due and one not in planned.resting)]:
            if stopped():
                break
            try:
                self._one(ident, done, planned.due.get(ident))
            except StateError as error:
                # The lease was lost: somebody else goes on.
                LOG.warning("turn lost", extra={"monitor": ident, "why": error.fact})
                done.busy += 1
            except OutsideError:
                raise
            except DriftlineError as error:
                LOG.error("turn failed", extra={"monitor": ident, "why": str(error)})
                done.failed.append(f"{ident}: {error.fact}")
            except Exception as error:  # noqa: BLE001  a mistake of ours about one monitor must not keep the others from their turns
                LOG.exception("a mistake in driftline itself", extra={"monitor": ident})
                done.failed.append(f"{ident}: this is a mistake in driftline itself: {type(error).__name__}: {error}")
        for ident in self._service.decisions.begin_due(self._clock()):
            LOG.info("begins after its hour", extra={"decision": ident})
        self._remind(done)
        self._sweep()
        return done

    def _remind(self, done: Round) -> None:
        """Now and then, let time pass for incidents that are open: they may be told again, or when nothing keeps them back any more."""
        now = self._clock()
        if self._reminded is not None and now - self._reminded < REMIND:
            return
        self._reminded = now
        for ident in self._service.incidents.watched():
            try:
                self._let_time_pass(ident, now)
            except OutsideError:
                raise
            except DriftlineError as error:
                LOG.error("reminder failed", extra={"monitor": ident, "why": str(error)})
                done.failed.append(f"{ident}: {error.fact}")

    def _let_time_pass(self, ident: int, now: datetime) -> None:
        service = self._service
        watched = service.fleet.by_id(ident)
        learnt = service.library.learn(watched, now, self._pace.patience)
        if learnt is None or not (changes_with_time(learnt.alerts) or service.orders.read(ident).silences):
            return
        lease = acquire(service.database, f"monitor {ident}", self.owner, now, self._lasts)
        if lease is not None:
            with held(service.database, lease, self._clock, self._lasts):
                self._ledger(watched, learnt, lease).remind()

    def _one(self, ident: int, done: Round, schedule: Schedule | None) -> None:
        service, now = self._service, self._clock()
        lease = acquire(service.database, f"monitor {ident}", self.owner, now, self._lasts)
        if lease is None:
            done.busy += 1
            return
        with held(service.database, lease, self._clock, self._lasts):
            watched = service.fleet.by_id(ident)
            learnt = service.library.learn(watched, now, self._pace.patience)
            if learnt is None:
                done.failed.append(f"{watched.name}: {service.fleet.by_id(ident).problem}")
                return
            # Who comes so seldom takes all there is.
            pace = self._pace if schedule is None else replace(self._pace, settle=timedelta(0))
            result = self._turn(
                watched, self._ledger(watched, learnt, lease), self._counting(watched, learnt), pace, Deciding(learnt.monitor)
            )
            if schedule is not None:
                keep_turn(service, ident, schedule, now)
        done.add(result)
        if result.judged:
            self._show(ident)
        for judged in result.judged:
            about = {"monitor": watched.name, "window": judged.standing.window.label, "verdict": judged.verdict.value}
            LOG.info("judged", extra={**about, "revision": judged.standing.revision, "reason": judged.reason})

    def _turn(self, watched: Watched, ledger: Ledger, counting: Counting, pace: Pace, deciding: Deciding) -> Done:
        now = self._clock()
        if self._tracer is None:
            return turn(ledger, counting, pace, now, deciding)
        with self._tracer.span("turn of the cycle", monitor=watched.name, version=watched.version):
            return turn(self._tracer.steps(ledger, "ledger"), self._tracer.steps(counting, "counting"), pace, now, deciding)

    def _ledger(self, watched: Watched, learnt: Learnt, lease: Lease) -> Ledger:
        names = self._service.library.naming(watched)
        return Ledger(
            database=self._service.database,
            rows=self._service.rows,
            lease=lease,
            monitor=watched.id,
            model=watched.name,
            version=watched.version,
            plan=learnt.plan,
            way=learnt.way,
            windowing=learnt.monitor.windowing,
            key=names.id,
            label=names.label,
            beside=beside(learnt.monitor),
            write=to_dict,
            take_in=Stepping(learnt.alerts),
            recalling=self._service.recall.recall,
            link=partial(filled, learnt.link, watched.name),
            manner=learnt.alerts.manner,
            quiet=learnt.alerts.quiet,
            alike=partial(heard_alike, self._service, watched),
            clock=self._clock,
        )

    def _counting(self, watched: Watched, learnt: Learnt) -> Counting:
        names = self._service.library.naming(watched)
        return Counting(
            monitor=learnt.monitor,
            plan=learnt.plan,
            reference=learnt.reference,
            rows=self._service.rows,
            key=names.id,
            label=names.label,
            threads=self._threads,
        )

    def _retire(self, now: datetime) -> None:
        """Erase rows and verdicts that are older than their monitors keep them."""
        service, gone = self._service, 0
        for watched in service.fleet.mentioning("keep"):
            try:
                keeping = service.library.keeping(watched)
                if keeping.rows or keeping.verdicts:
                    with erasing(service, watched, self.owner, self._clock, timedelta(0)) as erasure:
                        if keeping.rows:
                            gone += erasure.older(now - keeping.rows).rows
                        if keeping.verdicts:
                            erasure.verdicts_older(now - keeping.verdicts)
            except OutsideError:
                raise
            except DriftlineError as error:
                LOG.warning("old rows wait", extra={"monitor": watched.name, "why": error.fact})
        if gone:
            service.database.scrub()

    def _show(self, ident: int | None) -> None:
        """Let pages show what was judged. What they cannot show must not keep anything from being judged."""
        try:
            self._service.gallery.catch_up(self._clock(), ident)
        except OutsideError:
            raise
        except Exception:  # noqa: BLE001  a page that is behind is better than a monitor that is
            LOG.exception("a mistake in driftline itself: pages are behind", extra={"monitor": ident})

    def _sweep(self) -> None:
        """Now and then, remove files that no transaction has recorded."""
        now = self._clock()
        if self._swept is not None and now - self._swept < SWEEP:
            return
        self._swept = now
        self._retire(now)
        clear_letters(self._service.database, now - LETTERS_KEPT)
        # Files first: one that is recorded while we look is then known.
        strays = self._service.rows.strays(frozenset(), now - STRAY_AFTER)
        if strays:
            known = self._service.board.places()
            self._service.rows.remove(place for place in strays if place not in known)
