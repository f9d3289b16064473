"""Measures what the gate and a whole rollout promise: wrong rollbacks, wrong promotions, and the rows that either takes.

The rollout is the ramp that `Plan.ramp` makes, watched each minute. Recall of the champion is 80%, one request in twenty is
positive, and every label comes at once. One line of JSON for each number; the table goes to the standard error stream.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.special import ndtri

from driftline.rollout.evidence import Arm, Evidence, of_gain, of_shares
from driftline.rollout.gate import Gate, Outcome, Rule, judge
from driftline.rollout.paired import discordant_gain
from driftline.rollout.plan import Aim, Mode, Plan
from driftline.rollout.rollout import Paused, Promoted, Reason, RolledBack, Running, Seen, begin, step
from driftline.rollout.size import Traffic, rows_needed
from driftline.rollout.trial import Answers, Trial

START = datetime(2026, 1, 1, tzinfo=UTC)
RECALL, POSITIVE, MARGIN, TURNED = 0.8, 0.05, 0.02, 0.06
"""The champion's recall, the share of positives, the harm that matters, and the positives on which only one model is right."""

SEED = 20261121


@dataclass(frozen=True, slots=True)
class Run:
    """How one rollout ended, in which step, after how many positive rows, and after how many of them on split traffic."""

    end: str
    place: int
    rows: int
    split: int


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=1000, help="rollouts of each kind, and trials of the gate")
    parser.add_argument("--per-hour", type=int, default=400_000, help="requests an hour")
    options = parser.parse_args()
    of_rollouts(options.repeats, options.per_hour)
    of_gate(options.repeats)


def of_rollouts(repeats: int, per_hour: int) -> None:
    """Equal, better and worse challengers, with and without a shadow before the canary."""
    told: dict[tuple[str, float], Counter[str]] = {}
    print(
        f"{'steps':>14} {'recall':>7} {'promoted':>9} {'rolled back':>12} {'waits':>6} {'median rows':>12} {'fixed test':>11}",
        file=sys.stderr,
    )
    whole = Plan.ramp((Aim("recall", MARGIN),))
    for name, plan in (("shadow, canary", whole), ("canary only", Plan(steps=whole.steps[1:], aims=whole.aims))):
        for harm in (-0.02, 0.0, 0.02, 0.05, 0.1):
            dice = np.random.default_rng([SEED, round(1000 * harm) + 500])
            # What nothing is promised for is looked at a tenth as often.
            rounds = repeats if harm in {0.0, 0.05} else max(repeats // 10, 1)
            runs = [simulate(plan, harm, per_hour, dice) for _ in range(rounds)]
            ends = told[name, harm] = Counter(run.end for run in runs)
            rows = [run.split if name == "canary only" else run.rows for run in runs if run.end == "rolled back"]
            median = f"{np.median(rows):.0f}" if len(rows) > rounds / 2 else "-"
            shares = " ".join(f"{ends[end] / rounds:>{width}.1%}" for end, width in (("promoted", 9), ("rolled back", 12), ("waits", 6)))
            print(f"{name:>14} {-harm:>+7.0%} {shares} {median:>12} {fixed(harm, name):>11}", file=sys.stderr, flush=True)
    for name in ("shadow, canary", "canary only"):
        tell(f"no worse, wrongly rolled back: {name}", 100 * told[name, 0.0]["rolled back"] / repeats, "%", 5)
        tell(f"5 points of recall worse, promoted: {name}", told[name, 0.05]["promoted"], "rollouts", 0)


def fixed(harm: float, name: str) -> str:
    """Positive rows of a test with one look that sees the harm four times in five: paired, or at a weight of 5%."""
    if harm <= 0:
        return "-"
    paired = Traffic(per_hour=1, variance=TURNED + harm - harm**2, paired=True)
    split = Traffic(per_hour=1, variance=(RECALL - harm / 2) * (1 - RECALL + harm / 2))
    return str(rows_needed(harm, split if name == "canary only" else paired, 0.05))


def simulate(plan: Plan, harm: float, per_hour: int, dice: np.random.Generator) -> Run:
    """One rollout, looked at each minute, until it is over or waits for a person."""
    (state, _), minute, rows, split, place = begin(plan, START), 0, 0, 0, -1
    counts = np.zeros(8)
    while isinstance(state, Running):
        if state.step != place:
            place, counts = state.step, np.zeros(8)
        minute += 1
        more = arrivals(plan, place, harm, per_hour / 60, dice)
        counts += more
        rows += int(more[2] + more[3])
        split += int(more[2] + more[3]) if plan.steps[place].mode is Mode.CANARY else 0
        state, _ = step(state, observed(plan, place, counts), START + timedelta(minutes=minute), plan)
    match state:
        case Promoted():
            return Run("promoted", place, rows, split)
        case RolledBack(reason=Reason.HARM):
            return Run("rolled back", place, rows, split)
        case Paused():
            return Run("waits", place, rows, split)
        case _:
            return Run("rolled back", place, rows, split)


def arrivals(plan: Plan, place: int, harm: float, requests: float, dice: np.random.Generator) -> np.ndarray:
    """A minute's counts: requests, positives and hits of both (champion first), failures of both; in a shadow, discordant rows."""
    now = plan.steps[place]
    asked = dice.poisson(requests)
    if now.mode is Mode.SHADOW:
        positive = dice.binomial(asked, POSITIVE)
        better = TURNED / 2 - harm / 2 + abs(harm) / 2
        worse = better + harm
        odd = dice.multinomial(positive, [better, worse, 1 - better - worse])
        return np.array([asked, asked, positive, 0, odd[0], odd[1], *dice.binomial(asked, 0.002, 2)])
    mine = dice.binomial(asked, now.weight)
    theirs = asked - mine
    positives = dice.binomial([theirs, mine], POSITIVE)
    hits = dice.binomial(positives, [RECALL, RECALL - harm])
    return np.array([theirs, mine, *positives, *hits, *dice.binomial([theirs, mine], 0.002)])


def observed(plan: Plan, place: int, counts: np.ndarray) -> Seen:
    """What the rollout is told of these counts."""
    theirs, mine, positives, own, a, b, failed, my_failed = (int(one) for one in counts)
    if plan.steps[place].mode is Mode.SHADOW:
        aim = of_gain(discordant_gain(a, b, positives))
    else:
        aim = of_shares((a, positives), (b, own)) if min(positives, own) >= 1 else Evidence()
    return Seen(place, Arm(theirs, errors=failed), Arm(mine, errors=my_failed), (aim,))


def of_gate(repeats: int) -> None:
    """How often the gate passes challengers on 5,000 rows with a margin of one point of AUC."""
    gate = Gate(primary=Rule("roc_auc", 0.01))
    for positive in (0.05, 0.1, 0.3):
        for alike in (0.9, 0.95, 0.98):
            for worse, wanted in ((0.0, 80.0), (0.02, 5.0)):
                dice = np.random.default_rng([SEED, round(1000 * alike), round(100 * positive), round(100 * worse)])
                passed = sum(judge(trial(dice, 5000, worse, alike, positive), gate).outcome is Outcome.PASS for _ in range(repeats))
                what = f"gate passes {100 * worse:g} points of AUC worse, 5,000 rows, {positive:.0%} positive, noise {alike:.0%} shared"
                tell(what, 100 * passed / repeats, "%", wanted)


def trial(dice: np.random.Generator, rows: int, worse: float, alike: float, positive: float) -> Trial:
    """Two normal rankings that share so much of their noise; the champion's AUC is 0.90."""
    label = dice.random(rows) < positive
    shared, *own = dice.normal(size=(3, rows))
    scores = [
        np.sqrt(alike) * shared + np.sqrt(1 - alike) * noise + label * ndtri(auc) * np.sqrt(2)
        for noise, auc in zip(own, (0.9, 0.9 - worse), strict=True)
    ]
    return Trial(label.astype(np.float64), Answers(scores[0]), Answers(scores[1]))


def tell(what: str, measured: float, unit: str, wanted: float) -> None:
    """One line."""
    print(json.dumps({"what": what, "measured": measured, "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
