"""Incidents: alerts that belong together, so that forty columns broken by one table are one message."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.alerting.alert import Firing, Heard, Inactive, Patience, Reason, hear
from driftline.alerting.priority import Cost, cost
from driftline.alerting.rules import RuleBook
from driftline.alerting.signals import Signal, Tier
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from driftline.alerting.alert import State
    from driftline.verdicts.report import WindowReport

TOGETHER = 2
"""A fault that begins so many windows later broke with the others still: small columns take a window or two to be sure of."""

INCIDENT = "incident-"
"""How the key of an incident begins; its number ends it."""


class News(StrEnum):
    """What is told of an incident."""

    OPENED = "opened"
    WORSE = "worse"
    REPEATED = "repeated"
    UNANSWERED = "unanswered"
    RESOLVED = "resolved"
    REVISED = "revised"


@dataclass(frozen=True, slots=True)
class Talk:
    """What has been told of an incident.

    Attributes:
        tier: the most urgent that was told.
        since: when it was first told as urgent as that; None while nobody knows.
        at: when it was last told.
        times: how many messages have left.
        escalated: others were told, because nobody answered.
        over: its end was told, or nobody has to hear of it.
    """

    tier: Tier = Tier.DIGEST
    since: datetime | None = None
    at: datetime | None = None
    times: int = 0
    escalated: bool = False
    over: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts that began together, or that one of them explains.

    Attributes:
        number: 1, 2, … in the order in which they were opened.
        opened: when.
        window: label of the window that opened it.
        tier: the most urgent it has been.
        members: by key, the newest signal of every alert that belongs to it.
        firing: keys of those that still fire.
        closed: when the last of them was over; None while one fires.
        talk: what has been told of it.
        cost: what it costs, the most it has been.
        began: place of the window that opened it, in the order of windows; None where that is not known any more.
    """

    number: int
    opened: datetime
    window: str
    tier: Tier
    members: Mapping[tuple[str, str, str], Signal]
    firing: frozenset[tuple[str, str, str]]
    closed: datetime | None = None
    talk: Talk = field(default_factory=Talk)
    cost: Cost = field(default_factory=Cost)
    began: int | None = None

    @property
    def ranked(self) -> list[Signal]:
        """Its signals, the most telling first: what is broken, then how well the model does, then what it says, then what it is fed.

        Among those, that on which the model leans most, however far it moved.
        """
        order = list(Concern)
        return sorted(self.members.values(), key=lambda one: (-one.tier, order.index(one.concern), -one.importance, -one.weight, one.name))


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that has to leave: what is new of which incident. The key is the same for all messages of one incident.

    Attributes:
        window: label of the window that brought it, or, where only time has passed, of the one that opened the incident.
        why: why it is told.
    """

    incident: Incident
    news: News
    window: str
    why: str = ""

    @property
    def key(self) -> str:
        """By this receivers know messages of the same incident."""
        return f"{INCIDENT}{self.incident.number}"


@dataclass(frozen=True, slots=True)
class Board:
    """All that is known: the state of every alert, what each heard last, and the incidents."""

    alerts: Mapping[tuple[str, str, str], State] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    heard: Mapping[tuple[str, str, str], Heard] = field(default_factory=dict)

    @property
    def open(self) -> tuple[Incident, ...]:
        """Incidents that are not over."""
        return tuple(one for one in self.incidents if one.closed is None)


def by_cost(incidents: Iterable[Incident]) -> list[Incident]:
    """Incidents, that first which is most urgent, then that which costs most, then the oldest."""
    return sorted(incidents, key=lambda one: (-one.tier, not one.cost.money, -one.cost.per_day, one.number))


def take_in(
    board: Board, windows: Sequence[WindowReport], now: datetime, patience: Patience, book: RuleBook | None = None
) -> tuple[Board, tuple[Notice, ...]]:
    """Take in the reports of one window (one for each segment), and say what has to be told.

    A window that was judged again may be taken in again: only what it says otherwise than before counts.

    Args:
        board: what was known.
        windows: the window's report for all rows, then for each segment.
        now: the end of the window.
        patience: how long things have to last.
        book: what is looked for; what every verdict says for None.
    """
    book = book or RuleBook()
    alerts, heard = dict(board.alerts), dict(board.heard)
    fired: list[Signal] = []
    revised: set[tuple[str, str, str]] = set()
    seen: dict[tuple[str, str, str], Signal] = {}
    for window in windows:
        for signal in book.signals(window, windows):
            before = alerts.get(signal.key, Inactive())
            own = patience if signal.lasts is None else replace(patience, fires_after=signal.lasts)
            told = Heard(window.window.index, signal.verdict)
            alerts[signal.key], last, reason = hear(before, heard.get(signal.key), told, now, own)
            if last is not None:
                heard[signal.key] = last
            if signal.verdict is Verdict.DRIFTED and last is not None and last.index == told.index:
                seen[signal.key] = signal
            if reason is Reason.FIRED:
                fired.append(signal)
            elif reason is Reason.REVISED:
                revised.add(signal.key)
    firing = frozenset(key for key, state in alerts.items() if isinstance(state, Firing))
    return _grouped(Board(alerts, board.incidents, heard), windows[0], now, (fired, seen, revised), firing)


def _grouped(
    board: Board,
    window: WindowReport,
    now: datetime,
    heard: tuple[Sequence[Signal], Mapping[tuple[str, str, str], Signal], set[tuple[str, str, str]]],
    firing: frozenset[tuple[str, str, str]],
) -> tuple[Board, tuple[Notice, ...]]:
    """New alerts join an incident that is open or open one; incidents of which nothing fires any more are over."""
    fired, seen, revised = heard
    price = cost(window)
    incidents, notices = list(board.incidents), []
    for place, one in enumerate(incidents):
        if one.closed is not None:
            continue
        joined = {signal.key: signal for signal in fired if _belongs(signal, one, window.window.index)}
        fired = [signal for signal in fired if signal.key not in joined]
        members = {**one.members, **{key: _worse(one.members[key], seen[key]) for key in one.members if key in seen}, **joined}
        left = frozenset(members) & firing
        tier = max([one.tier, *(signal.tier for signal in members.values())])
        paid = price if left and (price.per_day >= one.cost.per_day or not one.cost.effect) else one.cost
        incidents[place] = replace(one, members=members, firing=left, tier=tier, closed=None if left else now, cost=paid)
        if tier > one.tier:
            notices.append(Notice(incidents[place], News.WORSE, window.window.label))
        elif not left and one.tier > Tier.DIGEST:
            notices.append(Notice(incidents[place], News.REVISED if one.firing <= revised else News.RESOLVED, window.window.label))
    if fired:
        members = {signal.key: signal for signal in fired}
        tier = max(signal.tier for signal in fired)
        number = max((one.number for one in incidents), default=0) + 1
        began = window.window.index
        incidents.append(Incident(number, now, window.window.label, tier, members, frozenset(members), cost=price, began=began))
        if tier > Tier.DIGEST:
            notices.append(Notice(incidents[-1], News.OPENED, window.window.label))
    return Board(board.alerts, tuple(incidents), board.heard), tuple(notices)


def _worse(before: Signal, now: Signal) -> Signal:
    """What is told of an alert: the newest, unless it was worse before; its end is told in the words of its beginning."""
    order = list(Concern)
    return now if (now.tier, -order.index(now.concern)) >= (before.tier, -order.index(before.concern)) else before


def _belongs(signal: Signal, incident: Incident, window: int) -> bool:
    """Whether a new alert is part of an open incident.

    A column that moves while a fault or another movement is open is a part of it; a model that does worse is
    news of its own, unless a fault explains it: repairing the fault is what helps then. A fault is part of
    what broke with it; what breaks later is another's to repair, and has to be told.
    """
    if signal.key in incident.members:
        return True
    fault = any(one.concern is Concern.FAULT for one in incident.members.values())
    if signal.concern is Concern.PERFORMANCE:
        return fault or any(one.concern is Concern.PERFORMANCE for one in incident.members.values())
    if signal.concern is Concern.FAULT:
        return fault and (incident.began is None or window - incident.began <= TOGETHER)
    return True
