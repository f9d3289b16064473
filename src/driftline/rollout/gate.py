"""The gate: whether a challenger may be released, by rules that were written down before; pass, fail, or not known yet.

Each check is a claim, "no worse than by the margin". The gate passes only if every claim is shown, so each may be tested at
the full level: a challenger that breaks one of them passes with at most that chance (Berger 1982). Showing the opposite of
one claim fails it; among segments that is corrected for their number by Benjamini and Hochberg 1995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError
from driftline.inference.significance import POWER_Z, normal_quantile
from driftline.rollout import claims, treatment
from driftline.rollout.claims import Check, Outcome
from driftline.rollout.trial import MEASURES, gain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from driftline.rollout.paired import Gain
    from driftline.rollout.treatment import Leaning
    from driftline.rollout.trial import Trial

__all__ = ["Beside", "Check", "Facts", "Gate", "GateReport", "Outcome", "Rule", "judge"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One metric and by how much the challenger may be worse in it; a margin below 0 asks it to be better by so much."""

    metric: str
    margin: float

    def __post_init__(self) -> None:
        if self.metric not in MEASURES:
            raise ConfigError(f"no metric {self.metric!r} compares two models on the same rows", hint=f"known: {', '.join(MEASURES)}")
        if not math.isfinite(self.margin):
            raise ConfigError(
                f"the margin of {self.metric} is {self.margin}", hint="say by how much the challenger may be worse, 0.01 for a point"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The rules. What is None is not asked.

    Attributes:
        primary: what the challenger is for.
        guards: what it must not spoil.
        segment_margin: by how much the primary metric may be worse in any segment.
        fewest_in_segment: a segment with fewer rows can fail the gate, but need not be shown to be good.
        calibration: largest root mean square gap, over ten groups, between the challenger's scores and what came true.
        churn: largest share of decisions that may turn.
        nulls: largest share of rows that the champion answers and the challenger does not.
        latency: seconds below which `latency_share` of its answers must come.
        latency_share: 0.95 for the 95th percentile.
        size: largest size in bytes.
        gaps: how unequally the challenger may treat the groups of each segment, by the name of the gap.
        explanation: the least rank correlation of the columns that the two models lean on.
        golden_margin: by how much the primary metric may be worse on the frozen golden set.
        fault_margin: by how much it may be worse on rows that were spoilt as they were before.
        level: the chance that a challenger which breaks a rule passes.
        asked: how often the gate may be asked about one challenger, with more rows each time; the level is divided by it.
        fewest: with fewer judged rows nothing is concluded.
    """

    primary: Rule
    guards: tuple[Rule, ...] = ()
    segment_margin: float | None = None
    fewest_in_segment: int = 500
    calibration: float | None = None
    churn: float | None = None
    nulls: float = 0.001
    latency: float | None = None
    latency_share: float = 0.95
    size: int | None = None
    gaps: Mapping[str, float] = field(default_factory=dict)
    explanation: float | None = None
    golden_margin: float = 0.01
    fault_margin: float = 0.05
    level: float = 0.05
    asked: int = 1
    fewest: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.level < 0.5 or self.asked < 1:  # noqa: PLR2004  beyond a half nothing is shown
            raise ConfigError(f"a gate with level {self.level}, asked {self.asked} times, shows nothing", hint="use 0.05, and 1 or more")

    @property
    def each(self) -> float:
        """The level of each claim, each time."""
        return self.level / self.asked

    @property
    def confidence(self) -> float:
        """Of the intervals: their lower end clears the margin just where the claim is shown."""
        return 1 - 2 * self.each


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of the challenger beside its answers.

    Attributes:
        latencies: float64[n], seconds each answer took.
        size: bytes.
        trained_until: the newest moment it learnt from.
        rows_from: the oldest moment of the trial's rows.
    """

    latencies: NDArray[np.float64] | None = None
    size: int | None = None
    trained_until: datetime | None = None
    rows_from: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Other rows than the holdout: a golden set, or rows that were spoilt on purpose.

    Attributes:
        name: what they are.
        trial: both models on them; None where they could not be asked.
        margin: by how much the primary metric may be worse.
    """

    name: str
    trial: Trial | None
    margin: float


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate says.

    Attributes:
        outcome: fail where any check fails, else inconclusive where any is, else pass.
        checks: the table.
        more: rows that would settle what is not settled; None where that is not known or not needed.
        sentence: the outcome in words.
    """

    outcome: Outcome
    checks: tuple[Check, ...]
    more: int | None
    sentence: str


def judge(
    trial: Trial, gate: Gate, facts: Facts | None = None, beside: Sequence[Beside] = (), leaning: Leaning | None = None
) -> GateReport:
    """Hold a challenger against the rules.

    Args:
        trial: both models on the holdout.
        gate: the rules.
        facts: what is known of the challenger beside its answers.
        beside: both models on other rows.
        leaning: on which columns they lean.

    Raises:
        ConfigError: a metric needs what the models do not say.
    """
    known = trial.judged()
    more_rows = (_beside(one, gate) for one in beside)
    checks = (*_of_rows(trial, known, gate), *more_rows, *_explained(leaning, gate), *_of_facts(facts or Facts(), gate))
    failed = [check for check in checks if check.outcome is Outcome.FAIL]
    open_ones = [check for check in checks if check.outcome is Outcome.INCONCLUSIVE]
    if failed:
        return GateReport(Outcome.FAIL, checks, None, f"the challenger fails: {failed[0].sentence}")
    if not open_ones:
        return GateReport(Outcome.PASS, checks, None, f"the challenger passes all {len(checks)} checks on {len(known)} rows")
    wanted = [check.more for check in open_ones]
    more = None if None in wanted else max(one for one in wanted if one is not None)
    needs = "" if more is None else f", and about {more} more rows may settle it"
    return GateReport(Outcome.INCONCLUSIVE, checks, more, f"not known yet: {open_ones[0].sentence}{needs}")


def _of_rows(trial: Trial, known: Trial, gate: Gate) -> Iterator[Check]:
    if len(known) < gate.fewest:
        yield Check(
            "rows",
            Outcome.INCONCLUSIVE,
            f"{len(known)} rows have a label and both answers, and {gate.fewest} are needed",
            more=gate.fewest - len(known),
        )
    yield claims.at_most("null outputs", *_nulls(trial), gate.nulls, gate.each)
    if len(known) < gate.fewest:
        return
    for place, rule in enumerate((gate.primary, *gate.guards)):
        found = gain(known, rule.metric, rule.margin, gate.confidence)
        yield _claimed(f"{'primary' if place == 0 else 'guard'}: {rule.metric}", found, rule.margin, gate.each)
    if gate.segment_margin is not None:
        yield from _segments(known, gate, gate.segment_margin)
    if gate.calibration is not None:
        yield claims.calibrated(known.challenger.score, known.label == 1, gate.calibration, gate.each)
    if gate.churn is not None and known.champion.decision is not None:
        turned = int((known.champion.decision != known.challenger.decision).sum())
        yield claims.at_most("churn", turned, len(known), gate.churn, gate.each)

    for kind, limit in gate.gaps.items():
        if not known.segments:
            yield Check(f"fairness: {kind}", Outcome.INCONCLUSIVE, f"fairness: {kind}: no segments say which groups there are")
        for name in known.segments:
            yield treatment.fair(known, name, kind, limit, gate.each)


def _beside(one: Beside, gate: Gate) -> Check:
    metric = gate.primary.metric
    name = f"{one.name}: {metric}"
    if one.trial is None:
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: the champion is not at hand to be asked", limit=-one.margin)
    return _claimed(name, gain(one.trial.judged(), metric, one.margin, gate.confidence), one.margin, gate.each)


def _explained(leaning: Leaning | None, gate: Gate) -> Iterator[Check]:
    if gate.explanation is None:
        return
    if leaning is None:
        said = "explanation: the champion is not at hand to be asked"
        yield Check("explanation", Outcome.INCONCLUSIVE, said, limit=gate.explanation)
        return
    yield treatment.like_minded(leaning, gate.explanation, gate.each)


def _nulls(trial: Trial) -> tuple[int, int]:
    asked = trial.champion.known
    return int((asked & ~trial.challenger.known).sum()), int(asked.sum())


def _of_facts(facts: Facts, gate: Gate) -> Iterator[Check]:
    if facts.trained_until is not None and facts.rows_from is not None:
        yield claims.unseen(facts.trained_until, facts.rows_from)
    if gate.latency is not None:
        yield claims.fast(facts.latencies, gate.latency, gate.latency_share, gate.each)
    if gate.size is not None:
        yield claims.small(facts.size, gate.size)


def _claimed(name: str, found: Gain, margin: float, level: float) -> Check:
    """The claim that the gain is above −margin, from its one-sided p-value."""
    outcome = Outcome.INCONCLUSIVE
    if found.known and found.p_worse < level:
        outcome = Outcome.PASS
    elif found.known and 1 - found.p_worse < level:
        outcome = Outcome.FAIL
    return _told(name, found, margin, outcome, level)


def _told(name: str, found: Gain, margin: float, outcome: Outcome, level: float) -> Check:
    if not found.known:
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: {found.why}", rows=found.rows, limit=-margin)
    change = f"{abs(found.value):.4g} {'better' if found.value >= 0 else 'worse'} ({found.low:+.4g} to {found.high:+.4g})"
    asked = f"{margin:.4g} worse is allowed" if margin >= 0 else f"{-margin:.4g} better is asked"
    said = {Outcome.PASS: "is shown to be good enough", Outcome.FAIL: "is shown not to be good enough"}.get(outcome, "is not settled")
    sentence = f"{name} {said}: {change} on {found.rows} rows, where {asked}"
    if outcome is not Outcome.INCONCLUSIVE:
        return Check(name, outcome, sentence, found.value, found.low, found.high, -margin, found.rows)
    equal = _for_equals(found, margin, level)
    if equal > found.rows:
        sentence += f"; one that is as good as the champion needs about {equal} rows to pass four times in five"
        more: int | None = equal - found.rows
    else:
        more = _more(found, margin, level)
    return Check(name, outcome, sentence, found.value, found.low, found.high, -margin, found.rows, more)


def _for_equals(found: Gain, margin: float, level: float) -> int:
    """Rows of this kind with which an equal challenger passes four times in five; 0 where it has to be better.

    The error tells, not the estimate: what came out by chance on rows too few says nothing of how many it takes.
    """
    if margin <= 0:
        return 0
    return math.ceil(found.rows * ((float(normal_quantile(level)) + POWER_Z) * found.error / margin) ** 2)


def _more(found: Gain, margin: float, level: float) -> int | None:
    """Rows that would settle it four times in five, were the estimate the truth; None where that is beyond a hundred times as many."""
    away = abs(found.value + margin)
    times = math.inf if away <= 0 else ((float(normal_quantile(level)) + POWER_Z) * found.error / away) ** 2
    # Where the estimate is already that far away it is so by little: a tenth more is worth a look.
    return math.ceil(found.rows * max(times - 1, 0.1)) if times < 100 else None  # noqa: PLR2004  see above


def _segments(known: Trial, gate: Gate, margin: float) -> Iterator[Check]:
    """Every segment: no worse than by the margin; small ones only must not be shown to be worse."""
    found: list[tuple[str, Gain]] = []
    for name, codes in known.segments.items():
        for code in np.unique(codes):
            part = known.take(codes == code)
            found.append((f"segment {name} = {code}", gain(part, gate.primary.metric, margin, gate.confidence)))
    harmed = claims.discoveries([1 - one.p_worse if one.known else 1.0 for _, one in found], gate.each)
    for (name, one), worse in zip(found, harmed, strict=True):
        if worse:
            yield _told(name, one, margin, Outcome.FAIL, gate.each)
        elif one.known and one.p_worse < gate.each:
            yield _told(name, one, margin, Outcome.PASS, gate.each)
        elif one.rows >= gate.fewest_in_segment:
            yield _told(name, one, margin, Outcome.INCONCLUSIVE, gate.each)
