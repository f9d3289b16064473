"""How soon known shifts are found on a user's own past: as lines, and as plain JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from driftline.reports.wording import percent, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.decisions.detection import Detection

SCHEMA = 1


def lines(detection: Detection) -> Iterator[str]:
    """A line for each shift, in the order in which they were tried, and what they come to."""
    yield f"{'shift':24}{'rows':>6}{'tries':>7}{'at once':>9}{'half by':>9}{'missed':>8}  {'(95%)':<14}{'named':>6}"
    for one in detection.found:
        half = "never" if one.delay is None else f"+{one.delay}"
        low, high = (percent(round(bound, 2)) for bound in one.interval)
        sure = f"({low} to {high})"
        named = "" if one.named is None else percent(one.named)
        counts = f"{one.tries:>7}{percent(one.at_once):>9}{half:>9}{percent(one.missed):>8}"
        yield f"{one.name:24}{percent(one.share):>6}{counts}  {sure:<14}{named:>6}".rstrip()
    yield (
        f"{plural(len(detection.trials), 'shift')} put in, each looked for in {plural(detection.horizon, 'window')}: "
        f"{percent(detection.missed)} were missed; +1 is the window after the first with it"
    )
    yield f"as the past is, {detection.alarms} of its {plural(detection.windows, 'window')} drifted"


def to_dict(detection: Detection) -> dict[str, Any]:
    """The same as plain JSON, with every trial."""
    return {"schema": SCHEMA, **asdict(detection), "missed": detection.missed}
