"""Before a rollout starts: what each of its steps can see, reckoned from the rows of the proof."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from driftline.rollout.plan import Mode
from driftline.rollout.size import Traffic, foresee
from driftline.rollout.split import Part, split_evidence
from driftline.rollout.trial import gain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from driftline.rollout.plan import Plan
    from driftline.rollout.trial import Trial

LOOKS = 12
"""A step is reckoned to be looked at so often; more looks cost hardly more."""


def prospects(trial: Trial, plan: Plan, span: tuple[str, str]) -> dict[str, dict[str, float]]:
    """For each aim: labelled rows an hour, and the variance of one row's evidence on the same rows and on split traffic.

    Args:
        trial: champion and challenger on the rows of the proof.
        plan: the rollout that may follow.
        span: when those rows were asked, from and to.
    """
    known = trial.judged()
    hours = (datetime.fromisoformat(span[1]) - datetime.fromisoformat(span[0])) / timedelta(hours=1) if all(span) else 0.0
    found: dict[str, dict[str, float]] = {}
    for aim in plan.aims:
        paired = gain(known, aim.metric)
        split = split_evidence(aim.metric, Part(known.label, known.champion), Part(known.label, known.challenger))
        if hours > 0 and paired.known and paired.error > 0 and split.information > 0:
            # With all rows in both parts the split gain has twice the variance of one row, over the rows.
            variances = {"paired": paired.error**2 * len(known), "split": len(known) / split.information / 2}
            found[aim.metric] = {"per_hour": len(known) / hours, **variances}
    return found


def foresight(plan: Plan, known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What each step can see of each aim, in a sentence; nothing of an aim of which nothing is known.

    Args:
        plan: the rollout.
        known: as `prospects` gives it.
    """
    for step in plan.steps:
        for aim in plan.aims:
            if aim.metric not in known:
                continue
            about, paired = known[aim.metric], step.mode is Mode.SHADOW
            traffic = Traffic(per_hour=about["per_hour"], variance=about["paired" if paired else "split"], paired=paired)
            seen = foresee(traffic, step.weight, step.duration, aim.margin, plan.harm_level(aim), looks=LOOKS)
            yield f"{step.name}, {aim.metric}: {seen.sentence}"
