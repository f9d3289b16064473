"""What a document says about alerts, in the domain's terms, and everything that is wrong with its rules."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING

from driftline.alerting.alert import Patience
from driftline.alerting.arrangement import Arrangement
from driftline.alerting.attention import Manner
from driftline.alerting.evidence import unknown
from driftline.alerting.matchers import matchers
from driftline.alerting.quiet import WEEK, Inhibition, Maintenance, Quiet
from driftline.alerting.rules import Rule, RuleBook
from driftline.alerting.signals import Tier
from driftline.config.deciding import UNITS
from driftline.config.forms import SPAN
from driftline.errors import ConfigError
from driftline.expressions import ask, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from driftline.config.alerts import Alerts, WrittenMaintenance
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
        manner=Manner(span(said.repeat) if said.repeat else None, span(said.escalate_after) if said.escalate_after else None),
        quiet=Quiet(
            maintenance=tuple(_maintenance(one) for one in said.maintenance or []),
            inhibitions=tuple(Inhibition(matchers(one.source), matchers(one.target)) for one in said.inhibit or []),
        ),
    )


def span(said: str) -> timedelta:
    """A length of time in words.

    Raises:
        ConfigError: it is none.

    >>> span("30 minutes").total_seconds()
    1800.0
    """
    if not re.fullmatch(SPAN, said):
        raise ConfigError(f"{said!r} is not a length of time", hint="write a number and a unit: 30 minutes, 2 hours, 1 day")
    count, unit = said.split(" ")
    return int(count) * UNITS[unit.removesuffix("s")]


def _maintenance(said: WrittenMaintenance) -> Maintenance:
    days = frozenset(WEEK.index(day) for day in said.days or WEEK)
    begins, ends = (time.fromisoformat(at) for at in (said.from_, said.to))
    return Maintenance(days=days, begins=begins, ends=ends, timezone=said.timezone)


def wrong_rules(document: Document) -> Iterator[tuple[Path, str, str]]:
    """Everything that is wrong with the rules: where, what, and what to do."""
    reported, cuts = document.statistics or [], _cuts(document)
    for path, text in _texts(document.alerts):
        yield from ((path, error.fact, error.hint) for error in wrong_with(text, reported, cuts))
    for place, one in enumerate((document.alerts and document.alerts.inhibit) or []):
        for key, text in (("source", one.source), ("target", one.target)):
            try:
                matchers(text)
            except ConfigError as error:
                yield ("alerts", "inhibit", place, key), error.fact, error.hint
    if document.alerts and not document.alerts.defaults and not document.alerts.rules and document.alerts.trigger is None:
        yield ("alerts", "defaults"), "without defaults and without rules nobody is ever told of anything", "write a rule, or leave it out"


def _cuts(document: Document) -> list[str]:
    """What windows are cut by into segments, as rules' names are checked against it."""
    return [name for one in document.segments or [] for name in ([f"{one}="] if isinstance(one, str) else one)]


def wrong_with(text: str, reported: Sequence[str], cuts: Sequence[str] = ()) -> Iterator[ConfigError]:
    """What is wrong with a rule: with its form, else with its names, else with what it compares.

    Args:
        text: the expression.
        reported: statistics that are reported beside the judged ones.
        cuts: what windows are cut by into segments: conditions' names, and columns' names with an equals sign.
    """
    try:
        expression = read(text)
    except ConfigError as error:
        yield error
        return
    wrong = [ConfigError(found[0], hint=found[1]) for name in sorted(expression.names) if (found := unknown(name, reported, cuts))]
    yield from wrong
    if not wrong:
        try:
            ask(expression)
        except ConfigError as error:
            yield error


def columns_in_rules(document: Document) -> Iterator[tuple[Path, str]]:
    """Every column that a rule names, and where."""
    for path, text in _texts(document.alerts):
        for name in sorted(read(text).names):
            about = name[2:] if name[0] == "segment" else name
            if about[0] == "feature":
                yield path, about[1]


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
