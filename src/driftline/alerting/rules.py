"""Rules: what is wrong, as a condition over the evidence of a window, and how urgent it is then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from driftline.alerting.evidence import evidence, feature, segment
from driftline.alerting.signals import Signal, Tier, signals
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from driftline.verdicts.report import WindowReport
    from driftline.window import Window

    Look = Callable[[str], Mapping[str, Any] | None]


class Condition(Protocol):
    """An expression that was read and found sound."""

    @property
    def text(self) -> str:
        """As it was written."""
        ...

    @property
    def names(self) -> frozenset[tuple[str, ...]]:
        """The evidence it reads, part by part."""
        ...

    def holds(self, evidence: Mapping[str, Any], feature: Look, segment: Look, /) -> bool | None:
        """Whether it holds; None where what decides is not known."""
        ...


DEFAULTS: Mapping[Tier, str] = {
    Tier.PAGE: "on_feed_dead or (on_accuracy_drop or on_error_spike) and loss >= 3.0",
    Tier.RETRAIN: "on_fault or on_accuracy_drop or on_error_spike",
    Tier.LOOK: "(on_prediction_drift or on_label_drift) and not on_accuracy_kept",
    Tier.DIGEST: "on_drift",
}
"""The tiers as rules. They say of a window what `signals` says of each column and metric; a test shows that they agree."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: what people call it.
        tier: how urgent it is if it holds.
        condition: when that is.
        lasts: in so many windows, one after another, it has to hold.
        say: what to do then; empty for what the evidence suggests.
    """

    name: str
    tier: Tier
    condition: Condition
    lasts: int = 1
    say: str = ""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What is looked for: what somebody wrote, and, unless told otherwise, what every verdict says.

    Attributes:
        rules: those that somebody wrote.
        defaults: whether verdicts speak by themselves too.
    """

    rules: tuple[Rule, ...] = ()
    defaults: bool = True

    def signals(self, window: WindowReport, beside: Sequence[WindowReport] = ()) -> Iterator[Signal]:
        """Everything that is said of a window. Rules are asked once, of all rows; they may ask of segments.

        Args:
            window: of all rows, or of a segment.
            beside: the segments of the same time.
        """
        if self.defaults:
            yield from signals(window)
        if self.rules and window.segment is None:
            yield from said(window, self.rules, beside)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have done over some windows.

    Attributes:
        held: windows in which it held.
        unknown: windows in which what decides was not known.
        fired: how often it would have fired, each time for some windows.
        first: label of the first window in which it held; None where there is none.
        last: of the last.
    """

    rule: Rule
    windows: int
    held: int
    unknown: int
    fired: int
    first: str | None
    last: str | None


def said(window: WindowReport, rules: Iterable[Rule], beside: Sequence[WindowReport] = ()) -> Iterator[Signal]:
    """What rules say of a window and its segments: one signal each."""
    holds = _asked(window, beside)
    for rule in rules:
        yield _signal(rule, window, holds(rule))


def tried(windows: Sequence[WindowReport], rules: Iterable[Rule]) -> list[Tried]:
    """Run rules over history.

    Args:
        windows: reports of all rows and of segments.
        rules: which.
    """
    beside: dict[Window, list[WindowReport]] = {}
    for one in windows:
        beside.setdefault(one.window, []).append(one)
    whole = sorted((one for one in windows if one.segment is None), key=lambda one: one.window)
    asked = [_asked(one, beside[one.window]) for one in whole]
    return [_tried(rule, [one.window.label for one in whole], [holds(rule) for holds in asked]) for rule in rules]


def _tried(rule: Rule, names: Sequence[str], held: Sequence[bool | None]) -> Tried:
    labels = [label for label, holds in zip(names, held, strict=True) if holds]
    run, fired = 0, 0
    for holds in held:
        # What cannot be told neither ends a run nor makes it longer.
        run = run + 1 if holds else run if holds is None else 0
        fired += bool(holds) and run == rule.lasts
    counts = Counter(held)
    return Tried(rule, len(held), counts[True], counts[None], fired, labels[0] if labels else None, labels[-1] if labels else None)


def _asked(window: WindowReport, beside: Sequence[WindowReport]) -> Callable[[Rule], bool | None]:
    """Asks rules of one window: what it says is found out once."""
    known = evidence(window)
    return lambda rule: rule.condition.holds(known, lambda name: feature(window, name), lambda name: segment(beside, name))


def _signal(rule: Rule, window: WindowReport, holds: bool | None) -> Signal:  # noqa: FBT001  three values, not a switch
    verdict = Verdict.INCONCLUSIVE if holds is None else Verdict.DRIFTED if holds else Verdict.STABLE
    sentence = f"the rule {rule.name!r} holds: {rule.condition.text}"
    return Signal(
        key=(window.segment or "", "rule", rule.name),
        concern=concern(rule),
        name=rule.name,
        tier=rule.tier,
        verdict=verdict,
        weight=0.0,
        since=window.window.label if holds else None,
        sentence=sentence,
        todo=rule.say,
        lasts=rule.lasts,
    )


def concern(rule: Rule) -> Concern:
    """What a rule is about: the model's performance where it reads of it, faults where it reads of those, else what goes in."""
    roots = {path[2] if path[0] == "segment" else path[0] for path in rule.condition.names}
    if roots & {"performance", "operations", "loss", "on_accuracy_drop", "on_error_spike"}:
        return Concern.PERFORMANCE
    return Concern.FAULT if roots & {"on_fault", "on_feed_dead"} else Concern.INPUT
