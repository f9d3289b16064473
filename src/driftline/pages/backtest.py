"""The newest backtest on the page of a model's decisions: what each policy would have cost, as a table and as a figure."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from driftline.decisions.policies import NEVER, ORACLE, OURS
from driftline.reports.wording import clean, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.store.backtests import Kept

Told = dict[str, "Any"]

WIDE, HIGH, EDGE, FOOT = 820, 260, 64, 22
"""The figure's size and the room for its axes, in the units of its view box."""

POINTS = 400
"""A line is drawn with no more points than a screen can show."""

KINDS: Mapping[str, str] = {OURS: "ours", ORACLE: "oracle", NEVER: "never"}
"""Policies whose lines are drawn otherwise than the rest."""

ORDER = ("other", "ours", "never", "oracle")
"""Which lines are drawn first."""


def told(kept: Kept | None) -> Told | None:
    """A backtest as the page shows it; None where there is none."""
    if kept is None:
        return None
    said = kept.said
    period = said["period"]
    return {
        "unit": clean(said["unit"]),
        "span": f"{clean(said['windows'][0])} to {clean(said['windows'][-1])}",
        "many": len(said["windows"]),
        "recommendation": clean(said["recommendation"], 400),
        "aged": f"by age alone a retraining every {number(period)} windows would cost least" if period is not None else "",
        "policies": [_line(one) for one in said["policies"]],
        "notes": [clean(one, 400) for one in (said["rows"], said["curve"], *said["assumed"]) if one],
        "actor": clean(kept.actor),
        "came": kept.came,
        "figure": _figure(said["policies"]),
    }


def spent(kept: Kept) -> Iterator[list[Any]]:
    """What each policy had cost by the end of each window."""
    yield ["window", "policy", "cumulative cost"]
    for one in kept.said["policies"]:
        yield from ([window, one["name"], cost] for window, cost in zip(kept.said["windows"], accumulate(one["spent"]), strict=True))


def _line(one: Mapping[str, Any]) -> Told:
    apart = one["dearer_by"]
    ours = one["name"] == OURS
    return {
        "name": clean(one["name"]),
        "kind": KINDS.get(one["name"], "other"),
        "cost": number(one["cost"]),
        "retrains": len(one["retrains"]),
        "regret": number(one["regret"]),
        "dearer": "" if ours else f"{number(apart['value'])} ({number(apart['low'])} to {number(apart['high'])})",
    }


def _figure(policies: Sequence[Mapping[str, Any]]) -> Told | None:
    """Paths of what each policy had cost by the end of each window; None where there is no line to draw."""
    walks: list[tuple[str, list[float]]] = [(one["name"], list(accumulate(one["spent"], initial=0.0))) for one in policies]
    low, high = min(min(walk) for _, walk in walks), max(max(walk) for _, walk in walks)
    # Sums of what was sent may leave the range of floats.
    if not 0 < high - low < float("inf"):
        return None

    def up(value: float) -> float:
        return 12 + (HIGH - FOOT - 12) * (high - value) / (high - low)

    def path(walk: Sequence[float]) -> str:
        last = len(walk) - 1
        shown = sorted({*range(0, last, max(last // POINTS, 1)), last})
        return "M" + " L".join(f"{EDGE + (WIDE - EDGE - 8) * at / last:.1f} {up(walk[at]):.1f}" for at in shown)

    lines = [{"name": clean(name), "kind": KINDS.get(name, "other"), "path": path(walk)} for name, walk in walks]
    # What is dotted and dashed lies over the thick line, so that both are seen where they meet.
    lines.sort(key=lambda one: ORDER.index(one["kind"]))
    ticks = [(f"{up(value):.1f}", number(value)) for value in (low, (low + high) / 2, high)]
    return {"lines": lines, "ticks": ticks, "wide": WIDE, "high": HIGH, "edge": EDGE, "foot": HIGH - FOOT}
