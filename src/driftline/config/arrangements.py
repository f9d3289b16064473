"""What a document says about alerts, in the domain's terms, and everything that is wrong with its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.alerting.alert import Patience
from driftline.alerting.arrangement import Arrangement
from driftline.alerting.evidence import unknown
from driftline.alerting.rules import Rule, RuleBook
from driftline.alerting.signals import Tier
from driftline.errors import ConfigError
from driftline.expressions import ask, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.config.alerts import Alerts
    from driftline.config.document import Document

    Path = tuple[str | int, ...]

TIERS = {"digest": Tier.DIGEST, "look": Tier.LOOK, "retrain": Tier.RETRAIN, "page": Tier.PAGE}
TRIGGER = "retrain now"
"""What the rule is called that `trigger` makes."""


def arrangement(document: Document) -> Arrangement:
    """Who is told of what, and when."""
    said = document.alerts
    if said is None:
        return Arrangement()
    return Arrangement(
        patience=Patience(fires_after=said.fires_after, resolves_after=said.resolves_after),
        book=RuleBook(tuple(_rules(said)), said.defaults),
    )


def wrong_rules(document: Document) -> Iterator[tuple[Path, str, str]]:
    """Everything that is wrong with the rules: where, what, and what to do."""
    reported = document.statistics or []
    for path, text in _texts(document.alerts):
        yield from ((path, error.fact, error.hint) for error in wrong_with(text, reported))
    if document.alerts and not document.alerts.defaults and not document.alerts.rules and document.alerts.trigger is None:
        yield ("alerts", "defaults"), "without defaults and without rules nobody is ever told of anything", "write a rule, or leave it out"


def wrong_with(text: str, reported: Sequence[str]) -> Iterator[ConfigError]:
    """What is wrong with a rule: with its form, else with its names, else with what it compares.

    Args:
        text: the expression.
        reported: statistics that are reported beside the judged ones.
    """
    try:
        expression = read(text)
    except ConfigError as error:
        yield error
        return
    wrong = [ConfigError(found[0], hint=found[1]) for name in sorted(expression.names) if (found := unknown(name, reported))]
    yield from wrong
    if not wrong:
        try:
            ask(expression)
        except ConfigError as error:
            yield error


def columns_in_rules(document: Document) -> Iterator[tuple[Path, str]]:
    """Every column that a rule names, and where."""
    for path, text in _texts(document.alerts):
        yield from ((path, name[1]) for name in sorted(read(text).names) if name[0] == "feature")


def _texts(said: Alerts | None) -> Iterator[tuple[Path, str]]:
    if said is None:
        return
    for name, rule in (said.rules or {}).items():
        if isinstance(rule, str):
            yield ("alerts", "rules", name), rule
        else:
            yield ("alerts", "rules", name, "when"), rule.when
    if said.trigger is not None:
        yield ("alerts", "trigger"), said.trigger


def _rules(said: Alerts) -> Iterator[Rule]:
    for name, rule in (said.rules or {}).items():
        if isinstance(rule, str):
            yield Rule(name, Tier.LOOK, read(rule))
        else:
            yield Rule(name, TIERS[rule.tier], read(rule.when), rule.for_, rule.say or "")
    if said.trigger is not None:
        yield Rule(TRIGGER, Tier.RETRAIN, read(said.trigger), say="Retrain the model.")
