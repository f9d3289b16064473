"""Rules that a monitor's owner wrote: what they may ask of the evidence by name, and where they stand among the usual ones."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from driftline.decisions.choosing import rows_for
from driftline.decisions.decision import Action, Decision, How, When
from driftline.decisions.rule import Rule
from driftline.decisions.timing import when_to_train
from driftline.decisions.wording import sure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from driftline.decisions.evidence import Evidence, Loss
    from driftline.decisions.terms import Terms
    from driftline.decisions.written import Own

FACTS: Mapping[str, str] = {
    "on_loss": "the model does worse",
    "on_kept": "labels of the newest window show that it does as well as before",
    "on_fault": "a data fault is in the newest window",
    "on_broken": "the service or its feed is broken",
    "on_unexplained": "something changed for a reason nobody knows",
    "on_unequal": "a gap between groups of rows is beyond its limit",
    "inputs": "inputs that drift in the newest window",
    "predictions": "columns of what the model says that drift in it",
    "labels": "labels that drift, in windows in which they have all come",
    "polluted": "windows that no model should learn from",
    "windows": "windows there are",
    "age": "days since the model was trained, by what is known of it",
    "retrained": "days since the last retraining was begun",
    "retrainings": "retrainings that were begun in the budget's period",
    "hour": "hour of the day, by the windows' time zone",
    "weekday": "day of the week, Monday being 1",
}
"""Names that stand alone."""

LOSS: Mapping[str, str] = {
    "worsening": "how much worse, in the metric's units",
    "low": "the lower end of its interval",
    "high": "the upper end",
    "times": "how much worse, in times of the smallest worsening that matters",
    "rows": "labelled rows it rests on",
    "days": "days since it began",
    "estimated": "it rests on an estimate alone",
    "spoilt": "it is seen only in windows whose data is spoilt",
}
KNOWN: Mapping[str, str] = {"rows": "rows since then", "labelled": "those with a label", "rarer": "labels of the rarer class"}
WORTH: Mapping[str, str] = {
    "value": "what undoing the loss should bring",
    "low": "at least",
    "high": "at most",
    "cost": "what a retraining costs",
}
GROUPS: Mapping[str, Mapping[str, str]] = {"loss": LOSS, "known": KNOWN, "worth": WORTH}
"""Names with parts, such as `loss.times`; without a loss there are no parts of it, and what asks for them decides nothing."""

TRUTHS = frozenset({"estimated", "spoilt", *(name for name in FACTS if name.startswith("on_"))})


def facts(evidence: Evidence, terms: Terms) -> dict[str, Any]:
    """The evidence by the names that rules use; what is not known is left out."""
    now, past = evidence.now.astimezone(ZoneInfo(terms.timezone)), evidence.past
    trained = max((at for at in (past.trained, *past.retrains) if at is not None), default=None)
    found: dict[str, Any] = {
        "on_loss": evidence.loss is not None,
        "on_kept": evidence.settled is not None and evidence.settled == evidence.window,
        "on_fault": any(one.lasts for one in evidence.spoilt),
        "on_broken": bool(evidence.broken),
        "on_unexplained": bool(evidence.unexplained),
        "on_unequal": bool(evidence.unequal),
        "inputs": len(evidence.inputs),
        "predictions": len(evidence.predictions),
        "labels": len(evidence.labels),
        "polluted": len(evidence.polluted),
        "windows": len(evidence.windows),
        "age": _days(trained, evidence.now),
        "retrained": _days(past.retrains[-1] if past.retrains else None, evidence.now),
        "retrainings": sum(evidence.now - terms.period < at <= evidence.now for at in past.retrains),
        "hour": now.hour,
        "weekday": now.isoweekday(),
        "known": {"rows": evidence.known.rows, "labelled": evidence.known.labelled, "rarer": evidence.known.rarer},
        "loss": None if evidence.loss is None else _loss(evidence.loss, evidence),
        "worth": None if evidence.worth is None else _present(asdict(evidence.worth), WORTH),
    }
    return {name: value for name, value in found.items() if value is not None}


def arranged(usual: Sequence[Rule], own: Sequence[Own]) -> tuple[Rule, ...]:
    """The usual rules with the owner's among them: in the place of one of the same name, before the one they name, else before all."""
    rules, first = list(usual), 0
    for one in own:
        names = [rule.name for rule in rules]
        here = names.index(one.name) if one.name in names else None
        if one.when is None:
            if here is not None:
                del rules[here]
                first -= here < first
            continue
        made = Rule(one.name, _says(one), _Asked(one))
        if here is not None:
            rules[here] = made
        elif one.before in names:
            rules.insert(names.index(one.before), made)
        else:
            rules.insert(first, made)
            first += 1
    return tuple(rules)


class _Asked:
    """The decision of a rule that was written, where it applies."""

    def __init__(self, own: Own) -> None:
        self._own = own

    def __call__(self, evidence: Evidence, terms: Terms) -> Decision | None:
        own = self._own
        if own.when is None or own.action is None or not own.when.holds(facts(evidence, terms), _no_column):
            return None
        loss, trains = evidence.loss, own.action is Action.RETRAIN
        since = loss.since if loss else None
        return Decision(
            action=own.action,
            rule="",
            reason=own.say or f"the rule {own.name!r} says so: {own.when.text}",
            because=(f"{own.when.text} holds", *([loss.sentence] if loss else [])),
            against=(evidence.healthy,) if evidence.healthy and own.action is not Action.HOLD else (),
            when=when_to_train(evidence, terms) if trains else When(),
            how=rows_for(evidence, loss, terms) if trains else How(since=since, keep_out=evidence.polluted, sentence=own.say),
            gain=evidence.worth,
            confidence=sure(loss) if loss else 1.0,
            since=since,
        )


def _says(own: Own) -> str:
    text = own.when.text if own.when is not None else ""
    action = own.action.value if own.action is not None else ""
    return f"Where {text}: {action}{f' ({own.say})' if own.say else ''}."


def _no_column(name: str) -> None:
    del name


def _loss(loss: Loss, evidence: Evidence) -> dict[str, Any]:
    times = loss.worsening / loss.floor if loss.floor else None
    return _present({**asdict(loss), "times": times, "days": _days(evidence.known.began, evidence.now)}, LOSS)


def _present(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {name: values[name] for name in names if values[name] is not None}


def _days(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else (now - since) / timedelta(days=1)
