"""Some windows of a report: those that were asked for by their labels, and what they alone say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, near_miss
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.verdicts.report import Report, WindowReport

LAST = "last"


def select(report: Report, labels: Sequence[str] = (), since: str | None = None) -> Report:
    """Keep the windows with these labels, and those from `since` on; everything where nothing is asked for.

    All windows were judged all the same: a slow change needs the ones before it.

    Args:
        report: what was found.
        labels: window labels; `last` is the newest window.
        since: the label of the first window to keep.

    Raises:
        ConfigError: no window has that label.
    """
    if not labels and since is None:
        return report
    order = {window.window.label: window.window.index for window in sorted(report.windows, key=lambda item: item.window.index)}
    newest = max(order.values(), default=0)
    wanted = {newest if label == LAST else _index(label, order) for label in labels}
    first = newest + 1 if since is None else _index(since, order)
    kept = [i for i, window in enumerate(report.windows) if window.window.index in wanted or window.window.index >= first]
    windows = tuple(report.windows[i] for i in kept)
    verdict = _worst(windows)
    told = [window for window in windows if window.verdict is verdict]
    return replace(
        report,
        windows=windows,
        profiles=tuple(report.profiles[i] for i in kept),
        verdict=verdict,
        reason=_reason(told, windows),
        since=report.since if verdict is Verdict.DRIFTED else None,
    )


def _index(label: str, order: dict[str, int]) -> int:
    if label in order:
        return order[label]
    near = near_miss(label, order)
    hint = near if near.startswith("did") or not order else f"the windows are {next(iter(order))} to {list(order)[-1]}"
    raise ConfigError(f"there is no window {label!r}", hint=hint)


def _worst(windows: Sequence[WindowReport]) -> Verdict:
    """Drifted before inconclusive before stable; windows without rows do not count."""
    found = {window.verdict for window in windows if window.rows}
    return next(
        (verdict for verdict in (Verdict.DRIFTED, Verdict.INCONCLUSIVE) if verdict in found),
        Verdict.STABLE if found else Verdict.INCONCLUSIVE,
    )


def _reason(told: Sequence[WindowReport], windows: Sequence[WindowReport]) -> str:
    if not told:
        return "there are no rows in these windows"
    of = f"{len(told)} of {len(windows)} windows: " if len(windows) > 1 else ""
    return f"{of}{told[-1].reason}"
