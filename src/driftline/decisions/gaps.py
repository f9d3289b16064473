"""Gaps between groups that have a limit: what each was last told to be, and which are beyond what is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from driftline.verdicts.report import MetricReport, WindowReport


def last_told(windows: Sequence[WindowReport], spoilt: Collection[str]) -> dict[str, MetricReport]:
    """By gap, the newest report that says something; labels come late, and a spoilt window says nothing of how a model treats people.

    Args:
        windows: of all rows, in order.
        spoilt: labels of windows that do not count.
    """
    found: dict[str, MetricReport] = {}
    for window in windows:
        if window.window.label not in spoilt:
            found |= {one.metric: one for one in window.fairness if one.verdict is not Verdict.INCONCLUSIVE}
    return found


def beyond(told: dict[str, MetricReport]) -> tuple[MetricReport, ...]:
    """Those that are beyond their limits."""
    return tuple(one for one in told.values() if one.verdict is Verdict.DRIFTED)


def unequal(told: dict[str, MetricReport]) -> str:
    """What is said of the first of them, and how many more there are; empty where there is none."""
    found = beyond(told)
    if not found:
        return ""
    more = f"; so {'is' if len(found) == 2 else 'are'} {len(found) - 1} more" if len(found) > 1 else ""  # noqa: PLR2004  one besides
    return f"{found[0].reason}, beyond its limit since {found[0].since}{more}"
