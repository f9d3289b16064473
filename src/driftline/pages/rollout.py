"""The page of a rollout: champion beside challenger, the traffic, what each aim has shown, and how near the test is to its boundary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from driftline.reports.wording import clean, number, percent
from driftline.rollout.bounds import bounds, endless
from driftline.rollout.evidence import Evidence
from driftline.rollout.rollout import Paused, Promoted, Running, weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.release.filed import Filed
    from driftline.rollout.evidence import Arm
    from driftline.rollout.plan import Aim
    from driftline.rollout.rollout import Seen

Told = dict[str, "Any"]

WIDE, HIGH, EDGE = 640.0, 220.0, 34.0
"""A figure's size and the room for its axes, in the units of its view box."""

AHEAD = 12
"""The boundary is drawn for so many looks that are still to come."""

TOP = 5.0
"""Standard errors that a figure shows at least."""

ACTIONS: Mapping[str, str] = {
    "promote": "Let the challenger answer everything, at once",
    "pause": "Keep the weights as they are",
    "resume": "Go on after the pause",
    "abort": "Let the champion answer everything; nothing was shown against the challenger",
    "roll back": "Take the challenger back",
}


OVER: Mapping[str, str] = {"Promoted": "promoted", "RolledBack": "rolled back", "Aborted": "given up"}
"""How a rollout ended, in words."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One aim: what earlier steps of the same kind have shown, and the evidence as it grew in this step, the newest last."""

    aim: Aim
    past: Evidence
    grown: tuple[Evidence, ...]
    looks: tuple[float, ...]


def rollout(filed: Filed, seen: Sequence[Seen]) -> Told:
    """What the page says.

    Args:
        filed: the rollout as it is stored.
        seen: what the step has shown after the first of its records, after more, and after all of them; nothing where none can be read.
    """
    parts, steps = weights(filed.state, filed.plan), filed.plan.steps
    place = filed.step
    name = steps[place].name if 0 <= place < len(steps) else "promoted" if place >= 0 else "over"
    return {
        "name": name,
        "state": type(filed.state).__name__,
        "said": clean(filed.reason.value),
        "trouble": clean(" ".join(filter(None, (filed.trouble, filed.unrouted)))),
        "challenger": clean(filed.challenger),
        "since": filed.since,
        "until": filed.state.until if isinstance(filed.state, Running) else None,
        "traffic": _traffic(parts.challenger, mirrored=parts.mirrored),
        "steps": [_step(at, place, step) for at, step in enumerate(steps)],
        "arms": [_arm(title, arm) for title, arm in (("Champion", seen[-1].champion), ("Challenger", seen[-1].challenger))] if seen else [],
        "limits": {name: percent(getattr(filed.plan.limits, name)) for name in ("errors", "nulls", "slow")},
        "aims": [_aim(filed, walk) for walk in _walks(filed, seen)],
        "actions": [(action, ACTIONS[action]) for action in _allowed(filed)],
        "events": [_event(one) for one in filed.history],
    }


def walked(filed: Filed, seen: Sequence[Seen]) -> Iterator[list[Any]]:
    """The numbers of the figures: of each aim how the evidence walked, and the boundary, both in standard errors."""
    yield ["aim", "series", "share of the information", "standard errors"]
    for walk in _walks(filed, seen):
        wanted, known = filed.plan.information(walk.aim), [one for one in walk.grown if one.information]
        for one in known:
            yield [walk.aim.metric, "challenger's gain", one.information / wanted, one.z()]
        for share, bound in _boundary(filed, walk, known[-1].information / wanted) if known else ():
            yield [walk.aim.metric, "boundary", share, -bound]


def standing(filed: Filed) -> str:
    """Where a rollout stands, in a few words."""
    match filed.state:
        case Running() | Paused():
            at = filed.plan.steps[filed.step].name
            said = f"paused at {at}" if isinstance(filed.state, Paused) else at
        case other:
            said = OVER.get(type(other).__name__, "")
    return clean(f"{said}: version {filed.challenger}", 60)


def _allowed(filed: Filed) -> list[str]:
    match filed.state:
        case Running():
            return ["promote", "pause", "roll back", "abort"]
        case Paused():
            return ["promote", "resume", "roll back", "abort"]
        case Promoted():
            return ["roll back"]
    return []


def _traffic(part: float, *, mirrored: bool) -> Told:
    return {"challenger": percent(part), "champion": percent(1 - part), "wide": round(part * 100, 2), "mirrored": mirrored}


def _step(at: int, place: int, step: Any) -> Told:
    state = "now" if at == place else "done" if place > at else "to come"
    return {"name": step.name, "weight": percent(step.weight), "state": state, "samples": f"{step.samples:,}"}


def _event(told: Mapping[str, Any]) -> Told:
    return {**told, "said": clean(told["said"]), "by": clean(told.get("by", "")), "why": clean(told.get("why", ""))}


def _arm(title: str, arm: Arm) -> Told:
    rates = {name: percent(getattr(arm, name) / arm.requests) if arm.requests else "–" for name in ("errors", "nulls", "slow")}
    return {"title": title, "requests": f"{arm.requests:,}", **rates}


def _walks(filed: Filed, seen: Sequence[Seen]) -> list[Walk]:
    at = filed.state.at if isinstance(filed.state, Paused) else filed.state
    if not isinstance(at, Running) or not seen:
        return []
    clock = filed.plan.clock(at.step)
    known = next((one for one in at.ledgers if one.clock == clock), None)
    found = []
    for place, aim in enumerate(filed.plan.aims):
        past = known.past[place] if known else Evidence()
        grown = tuple(past + one.aims[place] for one in seen if len(one.aims) > place)
        found.append(Walk(aim, past, grown, known.looks[place] if known else ()))
    return found


def _aim(filed: Filed, walk: Walk) -> Told:
    """An aim in words and as a figure: how far it is from the boundary at which the challenger is taken back."""
    now, wanted = walk.grown[-1] if walk.grown else Evidence(), filed.plan.information(walk.aim)
    told: Told = {"metric": clean(walk.aim.metric), "margin": number(walk.aim.margin), "rows": f"{now.rows:,}", "figure": None}
    if not now.information:
        return {**told, "sentence": "no labels have come yet: nothing can be said"}
    half = 1.96 / math.sqrt(now.information)
    interval = f"{number(now.gain)} ({number(now.gain - half)} to {number(now.gain + half)})"
    edges = _boundary(filed, walk, now.information / wanted)
    edge = next((bound for fraction, bound in edges if fraction >= now.information / wanted), edges[-1][1])
    known = f"{percent(min(now.information / wanted, 1.0))} of what is wanted is known"
    far = f"it is taken back at {number(-edge)} standard errors, and stands at {number(now.z())}"
    return {**told, "sentence": f"the challenger's gain is {interval}; {far}; {known}", "figure": _figure(walk, edges, wanted)}


def _boundary(filed: Filed, walk: Walk, fraction: float) -> list[tuple[float, float]]:
    """The test's boundary in standard errors at the looks that were taken, at a look now, and at those that would follow."""
    last = walk.looks[-1] if walk.looks else 0.0
    now = (fraction,) if fraction > last + 1e-9 else ()
    begins = max(last, *now, 0.02) if now or last else 0.02
    end = max(1.0, begins * 1.25)
    ahead = tuple(begins + (end - begins) * at / AHEAD for at in range(1, AHEAD + 1)) if end > begins else ()
    fractions = (*walk.looks, *now, *ahead)
    return list(zip(fractions, bounds(fractions, filed.plan.harm_level(walk.aim), endless), strict=True))


def _ticks(right: float) -> list[float]:
    """Round shares along the axis.

    >>> _ticks(1.0), _ticks(3.2)
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 1.0, 2.0, 3.0])
    """
    apart = next((one for one in (0.25, 0.5, 1.0, 2.0, 5.0, 10.0) if right / one <= 5), right)  # noqa: PLR2004  so many fit
    return [apart * at for at in range(int(right / apart + 1e-9) + 1)]


def _figure(walk: Walk, edges: Sequence[tuple[float, float]], wanted: float) -> Told:
    """Paths of a figure: along it the share of what is wanted that is known, up and down standard errors of the gain."""
    points = [(one.information / wanted, one.z()) for one in walk.grown if one.information]
    right = max(1.0, edges[-1][0])
    tall = max([TOP, edges[-1][1] + 1, *(min(abs(z), 12.0) for _, z in points)]) * 1.05

    def place(at: float, z: float) -> str:
        x = EDGE + (WIDE - EDGE - 8) * min(at, right) / right
        y = HIGH / 2 - (HIGH / 2 - 16) * max(min(z, tall), -tall) / tall
        return f"{x:.1f} {y:.1f}"

    lower = " L".join(place(at, -edge) for at, edge in edges)
    walked = " L".join(place(at, z) for at, z in ((0.0, 0.0), *points))
    ticks = [(place(0, z).split()[1], f"{z:+g}" if z else "0") for z in (-4.0, -2.0, 0.0, 2.0, 4.0) if abs(z) <= tall]
    return {
        "boundary": f"M{lower}",
        "danger": f"M{lower} L{place(edges[-1][0], -tall)} L{place(edges[0][0], -tall)} Z",
        "walk": f"M{walked}",
        "now": place(*points[-1]).split() if points else None,
        "zero": place(0, 0).split()[1],
        "ticks": ticks,
        "shares": [(place(at, 0).split()[0], percent(at)) for at in _ticks(right)],
        "wide": WIDE,
        "high": HIGH,
        "edge": EDGE,
    }
