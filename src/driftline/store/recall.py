"""Recall: what was said of windows before, as far as a decision needs it, each report unpacked once."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from driftline.decisions.evidence import Past
from driftline.services.decide import Recalled
from driftline.store.decided import trainings
from driftline.store.documents import unpack
from driftline.store.layout import cut_of
from driftline.store.pressed import unpress
from driftline.store.tables import profiles, verdicts, windows
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.services.cycle import Standing
    from driftline.store.database import Database
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report, WindowReport
    from driftline.window import Window

    Read = Callable[[Mapping[str, Any], Window], WindowReport]
    """`driftline.reports.reading.window_of`."""

REMEMBERED = 20_000
"""Of so many windows it is remembered why they drifted."""

LATER = 200
"""So many windows after those that are due are looked at."""

SAME = and_(
    verdicts.c.window_id == windows.c.id,
    verdicts.c.version == windows.c.judged_version,
    verdicts.c.revision == windows.c.judged_revision,
)
"""The newest verdict of a window."""


class Recall:
    """Remembers for all monitors of a process.

    Args:
        database: where verdicts lie.
        read: a window of a report's JSON.
    """

    def __init__(self, database: Database, read: Read) -> None:
        self._database = database
        self._read = read
        self._known: OrderedDict[tuple[int, int, int], tuple[Diagnosis, ...]] = OrderedDict()
        self._lock = Lock()

    def recall(self, monitor: int, report: Report, due: Sequence[Standing], plan: Plan, way: str) -> Recalled:
        """What is known beside a report.

        Args:
            monitor: the monitor's number.
            report: of the windows that are due and of those before them.
            due: how those that are due stand: what was said of them before does not count.
            plan: the bins of the counts.
            way: the fingerprint of how they were counted.
        """
        fresh = {standing.window.label for standing in due}
        asked = [
            window.window
            for window in report.windows
            if window.segment is None and window.verdict is Verdict.DRIFTED and window.window.label not in fresh
        ]
        last = max((standing.window.index for standing in due), default=0)
        with self._database.reading() as tx:
            told = self._diagnoses(tx, monitor, {window.label: window for window in asked})
            return Recalled(told, self._later(tx, monitor, last, plan, way), past(tx, monitor))

    def _diagnoses(self, tx: Connection, monitor: int, asked: Mapping[str, Window]) -> dict[Window, tuple[Diagnosis, ...]]:
        names = (windows.c.id, windows.c.label, verdicts.c.version, verdicts.c.revision)
        wanted = select(*names).join(verdicts, SAME).where(windows.c.monitor_id == monitor, windows.c.verdict == Verdict.DRIFTED.value)
        rows = [row for row in tx.execute(wanted) if row.label in asked]
        return {asked[row.label]: self._told(tx, (row.id, row.version, row.revision), asked[row.label]) for row in rows}

    def _told(self, tx: Connection, key: tuple[int, int, int], window: Window) -> tuple[Diagnosis, ...]:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        where = (verdicts.c.window_id == key[0], verdicts.c.version == key[1], verdicts.c.revision == key[2])
        told = _whole(unpack(tx.execute(select(verdicts.c.report).where(*where)).scalar_one()))
        # Of the columns nothing is needed here, and reading them takes most of the time.
        found = () if told is None else tuple(self._read({**told, "columns": ()}, window).diagnosis)
        with self._lock:
            self._known[key] = found
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _later(self, tx: Connection, monitor: int, last: int, plan: Plan, way: str) -> tuple[tuple[WindowReport, Profile], ...]:
        """Windows that were judged before and come after a place, in order."""
        counted = and_(profiles.c.window_id == windows.c.id, profiles.c.way == way, profiles.c.segment == "")
        wanted = (
            select(windows.c.cut, windows.c.position, verdicts.c.report, profiles.c.body)
            .join(verdicts, SAME)
            .join(profiles, counted)
            .where(windows.c.monitor_id == monitor, windows.c.position > last)
        )
        found = []
        for row in tx.execute(wanted.order_by(windows.c.position).limit(LATER)):
            told = _whole(unpack(row.report))
            if told is not None:
                found.append((self._read(told, cut_of(row)), unpress(row.body, plan)))
        return tuple(found)


def past(tx: Connection, monitor: int) -> Past:
    """What was done about a monitor's model before."""
    rows = tx.execute(select(trainings).where(trainings.c.monitor_id == monitor).order_by(trainings.c.began, trainings.c.id)).all()
    served = [row for row in rows if row.deployed is not None]
    return Past(
        trained=served[-1].began if served else None,
        retrains=tuple(row.began for row in rows),
        answered=tuple(row.since for row in rows),
        deployed=served[-1].deployed if served else None,
        previous=bool(served),
    )


def _whole(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a report says of all rows."""
    told: Iterable[Mapping[str, Any]] = report["windows"]
    return next((one for one in told if one["segment"] is None), None)
