"""An announcement: one message with all that a channel may want to show of it, as plain values that travel as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from driftline.alerting.message import compose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from driftline.alerting.incident import Notice
    from driftline.alerting.message import Counsel
    from driftline.alerting.signals import Signal
    from driftline.verdicts.report import WindowReport

SCHEMA = 1
TIERS = ("digest", "look", "retrain", "page")
"""What the tiers are called where machines read them, by their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One window of a figure: its label, the number there where it is known, and whether that window drifted."""

    label: str
    value: float | None
    drifted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What leaves.

    Attributes:
        key: the incident's; whoever gets two messages with one key knows that they are about the same thing.
        id: this message's; whoever gets it twice may drop the second.
        monitor: what is watched.
        news: `opened`, `worse`, `resolved` and so on.
        tier: `digest`, `look`, `retrain` or `page`.
        subject: one line.
        body: a few sentences.
        window: the window that brought the news.
        since: the window in which it began, as far as is known.
        names: columns and metrics, the most telling first.
        about: what the figure shows; empty without a figure.
        figure: the windows before, the newest last.
        link: where to look further; empty where there is no such place.
        escalated: nobody had answered, so that others were told.
        answer: the incident's page, where it is taken up or kept back; empty where there is no service.
    """

    key: str
    id: str
    monitor: str
    news: str
    tier: str
    subject: str
    body: str
    window: str
    since: str
    names: tuple[str, ...] = ()
    about: str = ""
    figure: tuple[Point, ...] = ()
    link: str = ""
    escalated: bool = False
    answer: str = ""

    @property
    def doors(self) -> tuple[tuple[str, str], ...]:
        """What a reader may open, by name: where to look further, and, while it goes on, where it is taken up or kept back."""
        look = (("Look", self.link),) if self.link else ()
        if self.over or not self.answer:
            return look
        return (*look, ("Acknowledge", f"{self.answer}#take"), ("Silence", f"{self.answer}#silence"))

    @property
    def over(self) -> bool:
        """Whether it says that something is over."""
        return self.news in {"resolved", "revised"}


def announce(
    monitor: str, notice: Notice, history: Iterable[WindowReport] = (), link: str = "", counsel: Counsel | None = None
) -> Announcement:
    """Say a notice, with the figure of what tells most.

    Args:
        monitor: what is watched.
        notice: what is new of which incident.
        history: reports of all rows, the oldest first, for the figure.
        link: where to look further.
        counsel: why, and what was decided.
    """
    message, incident = compose(monitor, notice, counsel), notice.incident
    lead, key = incident.ranked[0], f"{monitor}/{notice.key}"
    about, figure = figure_of(lead, history)
    return Announcement(
        key=key,
        id=f"{key}/{incident.talk.times}",
        monitor=monitor,
        news=notice.news.value,
        tier=TIERS[incident.tier],
        subject=message.subject,
        body=message.body,
        window=notice.window,
        since=lead.since or incident.window,
        names=tuple(dict.fromkeys(one.name for one in incident.ranked)),
        about=about,
        figure=figure,
        link=link,
        escalated=incident.talk.escalated,
    )


def example(monitor: str, window: str) -> Announcement:
    """An announcement that only shows how one arrives."""
    return Announcement(
        key=f"{monitor}/example",
        id=f"{monitor}/example/opened/{window}",
        monitor=monitor,
        news="opened",
        tier="look",
        subject=f"[example] {monitor}: this is how a message of driftline arrives",
        body="Nothing has happened. Somebody asked driftline to show that this channel works. Nothing has to be done.",
        window=window,
        since=window,
        names=("amount",),
        about="an example",
        figure=tuple(Point(label=str(n), value=1.0 + n % 3 + 6.0 * (n > 20), drifted=n > 20) for n in range(24)),  # noqa: PLR2004  made up
    )


def to_dict(announcement: Announcement) -> dict[str, Any]:
    """An announcement as JSON has it."""
    plain = {one.name: getattr(announcement, one.name) for one in fields(Announcement)}
    return {"schema": SCHEMA, **plain, "figure": tuple(asdict(point) for point in announcement.figure)}


def from_dict(found: Mapping[str, Any]) -> Announcement:
    """Read what `to_dict` wrote; what a later version added is passed over."""
    known = {one.name for one in fields(Announcement)}
    given = {name: value for name, value in found.items() if name in known}
    points = tuple(Point(label=one["label"], value=one["value"], drifted=one["drifted"]) for one in given.pop("figure", ()))
    return Announcement(**{**given, "names": tuple(given.get("names", ())), "figure": points})


def figure_of(lead: Signal, history: Iterable[WindowReport]) -> tuple[str, tuple[Point, ...]]:
    """The number that tells most, window by window."""
    about, points = "", []
    for window in history:
        found = _metric(lead, window) or _column(lead, window)
        if found is not None:
            about = found[0]
            points.append(found[1])
    return about, tuple(points)


def _metric(lead: Signal, window: WindowReport) -> tuple[str, Point] | None:
    for one in (*window.performance, *window.operations, *window.fairness):
        if lead.key[1:] == ("performance", one.metric):
            return one.title, Point(label=window.window.label, value=one.value, drifted=one.verdict.value == "drifted")
    return None


def _column(lead: Signal, window: WindowReport) -> tuple[str, Point] | None:
    column = next((one for one in window.columns if lead.key[1:] == ("column", one.name)), None)
    if column is None:
        return None
    # How far it is from the reference, in times of what matters: one scale for whatever happens to the column.
    return f"drift of {column.name}", Point(label=window.window.label, value=column.weight, drifted=column.verdict.value == "drifted")
