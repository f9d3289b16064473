"""The cycle: new rows are counted, windows that are late enough are judged, late labels revise them; any step may be done again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from driftline.services.check import Counted, check
from driftline.services.diagnose import diagnose
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from driftline.decisions.course import Decided
    from driftline.monitor import Monitor
    from driftline.performance.maturity import Delays
    from driftline.profile.profile import Profile
    from driftline.services.decide import Recalled
    from driftline.verdicts.report import Finding, Report, WindowReport
    from driftline.window import Window

    Key = tuple[str | None, Window]

    Decide = Callable[[Report, Recalled, Collection[Window]], Sequence[Decided]]
    """`driftline.services.decide.decide_due`, by the terms of a monitor."""

P = TypeVar("P")
"""Some rows that lie together; what they are, the store knows."""

R_contra = TypeVar("R_contra", contravariant=True)
"""The same, for those who only read them."""

TOGETHER = 32
"""So many windows are counted again at once."""

SHOWN = 30
"""So many windows are shown in the figure of a message."""

AHEAD = timedelta(minutes=5)
"""So far the clocks of machines may lie apart; what lies further ahead was written by one that has been put back since."""

AGAIN, GIVEN_UP = timedelta(days=1), timedelta(days=90)
"""A window whose labels are late, nobody knows how late, is looked at so often, and until it is so old."""

WEIGHT = {Verdict.STABLE: 0, Verdict.INCONCLUSIVE: 1, Verdict.DRIFTED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to wait for what.

    Attributes:
        settle: small parcels of rows are gathered so long before they are counted.
        lateness: rows of a window may come so long after its end.
        patience: a window is counted again and judged again at most so often; when it is judged first, it is counted again before.
        horizon: labels are looked for among predictions that came so long ago.
        history: so many windows are judged together with the newest.
    """

    settle: timedelta = timedelta(seconds=60)
    lateness: timedelta = timedelta(minutes=10)
    patience: timedelta = timedelta(minutes=10)
    horizon: timedelta = timedelta(days=90)
    history: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a window stands.

    Attributes:
        id: by which the store knows it.
        window: its bounds and its label.
        rows: how many rows have been counted.
        whole: how many make it complete, where windows are runs of rows.
        revision: grows with every change of its counts.
        stale: it must be counted again from its rows.
        way: the fingerprint of how it was counted.
        changed: when rows or labels came last.
        counted: when it was last counted again from its rows, or first counted.
        judged_revision: the revision that was judged last; 0 where none was.
    """

    id: int
    window: Window
    rows: int
    whole: int | None
    revision: int
    stale: bool
    way: str
    changed: datetime
    counted: datetime
    judged_revision: int
    judged: datetime | None = None


class Wait(StrEnum):
    """Why a window is judged now, or is not."""

    DUE = "due"
    JUDGED = "judged already"
    STALE = "to be counted again first"
    OPEN = "rows may still come"
    PATIENCE = "was judged a moment ago"


@dataclass(frozen=True, slots=True)
class Tallied:
    """What some rows counted to.

    Attributes:
        profiles: by segment and window.
        places: for each window the rows it was counted from: a parcel's id, and first row and length where not the whole parcel.
        findings: what counting found.
        came: how late each window's labels came, by sort and delay (`driftline.performance.early`); None where that tells nothing.
    """

    profiles: Mapping[Key, Profile]
    places: Mapping[Window, Sequence[tuple[int, int | None, int | None]]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    came: Mapping[Window, NDArray[np.int64] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one window.

    Attributes:
        standing: how it stands.
        verdict: its verdict over all segments.
        report: about it alone.
        history: reports of all rows of the windows before it and of itself, the newest last, for figures.
        ripens: when it is to be judged again, although nothing may come; None where its labels are all there, or are not waited for.
    """

    standing: Standing
    verdict: Verdict
    reason: str
    report: Report
    history: tuple[WindowReport, ...] = ()
    ripens: datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a turn of the cycle did."""

    counted: int = 0
    recounted: int = 0
    judged: tuple[Judged, ...] = ()


class Desk(Protocol[P]):
    """One monitor's share of the store, held by a lease. Each call is one transaction, and fails where the lease is lost."""

    def gather(self) -> int:
        """Bring small parcels together; the number of the last one that is there then. What comes later is the next turn's."""

    def uncounted(self, upto: int) -> Sequence[P]:
        """Some of the predictions that have not been counted, of what was gathered; none when all are."""

    def position(self) -> int:
        """How many rows have been counted before, for windows that are runs of rows."""

    def add(self, parcels: Sequence[P], tallied: Tallied) -> None:
        """Add counts to their windows, and mark the parcels as counted."""

    def match_labels(self, since: datetime, upto: int) -> None:
        """Find the windows that new labels belong to, of what was gathered; those become stale."""

    def stale(self) -> Sequence[Standing]:
        """Windows that must be counted again."""

    def parcels_of(self, standings: Sequence[Standing]) -> tuple[Sequence[P], Sequence[P]]:
        """The predictions and the labels of some windows."""

    def replace(self, standings: Sequence[Standing], tallied: Tallied) -> None:
        """Put new counts in the place of the windows' old ones."""

    def ripen(self, now: datetime) -> None:
        """Have windows judged again that have come of age since they were judged."""

    def delays(self, now: datetime) -> Delays | None:
        """How late labels come, as far as windows have told; None where nobody knows."""

    def unjudged(self) -> Sequence[Standing]:
        """Windows whose counts have changed since they were judged."""

    def history(self, due: Sequence[Standing], most: int) -> Mapping[Key, Profile]:
        """The counts of the windows that are due, and of those before them."""

    def recall(self, report: Report, due: Sequence[Standing]) -> Recalled:
        """What is known beside a report of the windows that are due and of those before them."""

    def record(self, judged: Sequence[Judged], decided: Sequence[Decided]) -> None:
        """Keep verdicts and decisions, and hand them on."""


class Counter(Protocol[R_contra]):
    """Counts rows in the bins of one version of a monitor."""

    @property
    def monitor(self) -> Monitor:
        """The monitor of that version."""

    @property
    def reference(self) -> Counted:
        """What its reference counted to."""

    def count(self, parcels: Sequence[R_contra], position: int) -> Tallied:
        """Count parcels, of which `position` rows came before."""

    def recount(self, windows: Sequence[Window], parcels: Sequence[R_contra], labels: Sequence[R_contra]) -> Tallied:
        """Count some windows, joined with their labels; other windows' rows are passed over."""


def undecided(report: Report, recalled: Recalled, fresh: Collection[Window]) -> Sequence[Decided]:  # noqa: ARG001  as `Decide` has it
    """No decision."""
    return ()


def turn(desk: Desk[P], counter: Counter[P], pace: Pace, now: datetime, decide: Decide = undecided) -> Done:
    """One turn of the cycle for one monitor. Whatever interrupts it, the next turn goes on where it was."""
    counted = recounted = 0
    upto = desk.gather()
    while parcels := desk.uncounted(upto):
        desk.add(parcels, counter.count(parcels, desk.position()))
        counted += len(parcels)
    desk.match_labels(now - pace.horizon, upto)
    stale = [one for one in desk.stale() if is_again(one, pace, now)]
    for first in range(0, len(stale), TOGETHER):
        # Windows that follow each other lie in the same parcels, which are read once for all of them.
        some = stale[first : first + TOGETHER]
        desk.replace(some, counter.recount([one.window for one in some], *desk.parcels_of(some)))
        recounted += len(some)
    desk.ripen(now)
    due = [standing for standing in desk.unjudged() if waits(standing, pace, now) is Wait.DUE]
    if not due:
        return Done(counted, recounted)
    report = judge_due(counter.reference, desk.history(due, pace.history), due, counter.monitor, now, desk.delays(now))
    judged = apart(report, due)
    fresh = {one.standing.window for one in judged if one.standing.judged is None}
    desk.record(judged, decide(report, desk.recall(report, due), fresh) if judged else ())
    return Done(counted, recounted, tuple(judged))


def is_again(standing: Standing, pace: Pace, now: datetime) -> bool:
    """Whether a stale window is counted again now: that was done long enough ago, or it is to be judged for the first time."""
    first = standing.judged is None and waits(replace(standing, stale=False), pace, now) is Wait.DUE
    return first or not lately(standing.counted, pace.patience, now)


def waits(standing: Standing, pace: Pace, now: datetime) -> Wait:
    """Whether a window is to be judged now, and if not, why not."""
    if standing.revision <= standing.judged_revision:
        return Wait.JUDGED
    if standing.stale:
        return Wait.STALE
    if standing.judged is not None and lately(standing.judged, pace.patience, now):
        return Wait.PATIENCE
    end = standing.window.end
    if isinstance(end, datetime):
        return Wait.DUE if end + pace.lateness <= now else Wait.OPEN
    if standing.whole is not None:
        return Wait.DUE if standing.rows >= standing.whole else Wait.OPEN
    # A window named by a value, or the whole, ends nowhere: it is judged when nothing has come for a while.
    return Wait.DUE if standing.changed + pace.lateness <= now else Wait.OPEN


def lately(then: datetime, patience: timedelta, now: datetime) -> bool:
    """Whether something was done so lately that it is not done again, by a clock that may have jumped since."""
    return -AHEAD <= now - then < patience


def judge_due(
    reference: Counted,
    profiles: Mapping[Key, Profile],
    due: Sequence[Standing],
    monitor: Monitor,
    now: datetime,
    delays: Delays | None = None,
) -> Report:
    """Judge windows together with those before them; only those that are due are explained.

    Args:
        reference: what the reference counted to.
        profiles: counts of the windows that are due and of earlier ones.
        due: how those that are due stand.
        monitor: what is promised.
        now: the time the report carries.
        delays: how late labels come.
    """
    current = Counted(profiles)
    report = check(reference, current, monitor, now, delays)
    asked = {standing.window for standing in due}
    return diagnose(reference, current, report, asked, monitor.policy.attribution, monitor.policy.together)


def apart(report: Report, due: Sequence[Standing]) -> list[Judged]:
    """What a report says of each window that is due, by itself."""
    said: dict[Window, list[int]] = {}
    for place, window in enumerate(report.windows):
        said.setdefault(window.window, []).append(place)
    return [_judged(standing, report, said[standing.window]) for standing in due if standing.window in said]


def _judged(standing: Standing, report: Report, places: Sequence[int]) -> Judged:
    windows: tuple[WindowReport, ...] = tuple(report.windows[place] for place in places)
    # All rows come first; a segment that is worse than they are speaks for the window.
    worst = max(windows, key=lambda one: WEIGHT[one.verdict])
    chosen = windows[0] if windows[0].verdict is worst.verdict else worst
    reason = chosen.reason if chosen.segment is None else f"{chosen.segment}: {chosen.reason}"
    since = report.since if chosen.verdict is Verdict.DRIFTED else None
    profiles = tuple(report.profiles[place] for place in places)
    alone = replace(report, windows=windows, profiles=profiles, verdict=chosen.verdict, reason=reason, since=since)
    history = [window for window in report.windows if window.segment is None and window.window <= standing.window]
    return Judged(standing, chosen.verdict, reason, alone, tuple(history[-SHOWN:]), ripens_at(windows[0], report.created))


def ripens_at(window: WindowReport, now: datetime) -> datetime | None:
    """When a window whose labels are still to come is looked at again: when they are due, or every day until they are given up."""
    labels, end = window.labels, window.window.end
    if labels is None or not labels.provisional or not isinstance(end, datetime):
        return None
    if labels.mature_on is not None and labels.mature_on > now:
        return labels.mature_on
    return now + AGAIN if labels.labelled and now < end + GIVEN_UP else None
