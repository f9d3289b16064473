"""The page of a model's decisions: what was decided, why, what else was considered, what came of it, and the policy in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline import handbook
from driftline.decisions.decision import Action
from driftline.decisions.rules import REST, policy_of
from driftline.reports.counsel import advice, in_depth
from driftline.reports.wording import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.decisions.terms import Terms

Told = dict[str, "Any"]

STATES: Mapping[str, str] = {
    "noted": "nobody is asked",
    "waits": "it goes ahead by itself at that time",
    "open": "a person has to agree",
    "automatic": "it went ahead by itself",
    "approved": "approved",
    "overridden": "overridden",
    "replaced": "a newer decision took its place",
    "past": "taken when a later window was there already",
}
"""What became of a decision, in words."""

MARKS: Mapping[str, str] = {"hold": "stable", "look": "inconclusive", "fix data": "drifted", "recalibrate": "inconclusive"}
"""How an action is marked: by what a verdict of the same weight has."""


def line(kept: Mapping[str, Any], place: str) -> Told:
    """A decision in a line, wherever decisions are listed.

    Args:
        kept: as the store lists it.
        place: the address of its monitor's decisions.
    """
    return {
        **kept,
        "link": f"{place}?decision={kept['id']}",
        "mark": MARKS.get(kept["action"], "drifted"),
        "reason": clean(kept["reason"], 400),
        "headline": _headline(clean(kept["reason"], 400)),
        "said": STATES[kept["state"]],
        "actor": clean(kept["actor"] or ""),
        "note": clean(kept["note"] or ""),
    }


def runs(lines: Sequence[Told], chosen: int | None) -> list[Told]:
    """Decisions after one another that say the same and that nobody was or is asked about, as one line each; the chosen one stands alone.

    Args:
        lines: as `line` makes them, the newest first.
        chosen: the number of the decision that the page shows.
    """
    found: list[Told] = []
    for one in lines:
        last = found[-1] if found else None
        if last is not None and _alike(last, one) and chosen not in (last["id"], one["id"]):
            found[-1] = {**last, "first": one["window"], "many": last["many"] + 1}
        else:
            found.append({**one, "first": one["window"], "many": 1})
    return found


def _alike(one: Told, other: Told) -> bool:
    quiet = {"noted", "past", "replaced"}
    same = all(one[name] == other[name] for name in ("action", "headline", "state"))
    return same and one["state"] in quiet and not (one["note"] or other["note"])


def _headline(reason: str) -> str:
    """The reason without its numbers, which stand below it.

    >>> _headline("the model does worse since May, and no fault explains it: the AUC is 0.8 (0.7 to 0.9)")
    'The model does worse since May, and no fault explains it'
    """
    short = reason.partition(": ")[0]
    return short[:1].upper() + short[1:]


def depth(made: Decided) -> list[tuple[str, tuple[str, ...]]]:
    """Everything about a decision, under headings."""
    return [(heading, tuple(clean(one) for one in sentences)) for heading, sentences in in_depth(made.decision, made.evidence) if sentences]


def considered(made: Decided, terms: Terms) -> Iterator[Told]:
    """Every rule in the order in which it was asked: which decided, what the others would have said, which did not apply."""
    taken = False
    for rule in (*policy_of(terms), REST):
        found = rule.asks(made.evidence, terms)
        own = rule.name == made.decision.rule
        taken = taken or own
        said = "" if found is None else clean(advice(found), 400)
        outcome = "decided" if own else "did not apply" if found is None else "would have said" if taken else "spoke"
        yield {"name": rule.name, "says": rule.says, "outcome": outcome, "said": said}


def policy(specification: Specification) -> Sequence[Told]:
    """The policy in words, as `driftline policy` writes it."""
    return [
        {"title": one.title, "lines": [clean(said) for said in one.lines], "table": [[clean(cell) for cell in row] for row in one.table]}
        for one in handbook.policy(specification).sections
    ]


def training(kept: Mapping[str, Any] | None) -> Told | None:
    """What a decision led to, step by step."""
    if kept is None:
        return None
    proof = kept["proof"] or {}
    return {
        **kept,
        "sentence": clean(kept["sentence"], 500),
        "actor": clean(kept["actor"]),
        "excluded": [clean(one) for one in kept["request"]["excluded"]],
        "checks": [_check(one) for one in proof.get("checks", ())],
        "gate": clean(proof.get("sentence", ""), 400),
        "events": [_event(one) for one in (kept["rollout"] or {}).get("history", ())],
        "can_stop": kept["state"] in {"waiting", "training"} and not kept["stopping"],
    }


def _check(told: Mapping[str, Any]) -> Told:
    return {"name": clean(told["name"]), "outcome": told["outcome"], "sentence": clean(told["sentence"], 300)}


def _event(told: Mapping[str, Any]) -> Told:
    by = f" ({told['by']}{': ' + told['why'] if told.get('why') else ''})" if told.get("by") else ""
    return {"at": told["at"], "state": told["state"], "step": told["step"], "said": clean(f"{told['said']}{by}")}


def choices(action: str) -> list[str]:
    """What a person may decide in the place of an action."""
    return [one.value for one in Action if one.value != action]
