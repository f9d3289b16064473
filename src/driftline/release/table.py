"""What the gate said of a challenger, as a table in Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from driftline.release.proof import Proof


def table(proof: Proof) -> str:
    """The gate's table in Markdown, which people can read as it is."""
    against = f"version {proof.champion}" if proof.champion else "the answers on record"
    head = f"# {proof.model}: version {proof.challenger} against {against}\n\n**{proof.report.outcome.value}**: {proof.report.sentence}."
    lines = ["| check | outcome | measured | interval | limit | rows |", "|---|---|--:|--:|--:|--:|"]
    for check in proof.report.checks:
        span = f"{_number(check.low)} to {_number(check.high)}" if math.isfinite(check.low) else ""
        cells = [check.name, check.outcome.value, _number(check.value), span, _number(check.limit), str(check.rows or "")]
        lines.append(f"| {' | '.join(cells)} |")
    tail = [f"{proof.rows} rows with labels from {proof.span[0]} to {proof.span[1]}."]
    if proof.report.more:
        tail.append(f"About {proof.report.more} more rows may settle it.")
    if proof.value is not None and proof.value.known:
        tail.append(
            f"Its decisions are worth {proof.value.value:+.4g} {proof.currency} a row ({proof.value.low:+.4g} to {proof.value.high:+.4g})."
        )
    if proof.overridden:
        tail.append(f"Overridden by {proof.overridden[0]}: {proof.overridden[1]}.")
    # A metric's row shows the challenger less the champion, above 0 where it is better: words leave no doubt of it.
    words = [f"- {check.sentence}" for check in proof.report.checks]
    return "\n".join([head, "", *lines, "", *words, "", *tail]) + "\n"


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""
