"""What a document may not say although each of its parts may: roles that clash, windows that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.config.arrangements import wrong_rules
from driftline.config.channels import wrong_channels
from driftline.config.collecting import wrong_collecting
from driftline.config.domain import named_roles, windowing
from driftline.config.environment import missing, written_password
from driftline.config.keeping import wrong_keeping
from driftline.config.places import texts_of
from driftline.config.releasing import Mlflow
from driftline.config.ruling import wrong_ruling
from driftline.engines.amounts import amount
from driftline.engines.conditions import condition
from driftline.errors import ConfigError, near_miss
from driftline.schema import Role
from driftline.window import Cadence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from driftline.config.document import Document

    Contradiction = tuple[tuple[str | int, ...], str, str]
    """Where it is said, what is wrong, what to do."""

NEEDS = {"same hour": {Cadence.HOUR}, "same weekday": {Cadence.HOUR, Cadence.DAY}}
"""Windows without which a comparison has no meaning."""


def contradictions(document: Document, environ: Mapping[str, str]) -> Iterator[Contradiction]:
    """Find everything in the document that cannot hold together."""
    yield from _roles(document)
    yield from _windows(document)
    yield from _segments(document)
    yield from _worth(document)
    yield from _labels(document)
    yield from _groups(document)
    yield from wrong_rules(document)
    yield from wrong_ruling(document.decisions.rules if document.decisions else None)
    yield from _training(document, environ)
    yield from wrong_channels(document)
    yield from wrong_keeping(document.keep, _uses(document))
    yield from wrong_collecting(document.collect)
    for key in ("reference", "current"):
        for below, text in texts_of(getattr(document, key)):
            yield from _references((key, *below), text, environ)
    for key in ("predictions", "labels"):
        for below, text in texts_of(getattr(document.collect, key, None)):
            yield from _references(("collect", key, *below), text, environ)
    for number, kpi in enumerate((document.performance.kpis if document.performance else None) or ()):
        for below, text in texts_of(kpi.from_):
            yield from _references(("performance", "kpis", number, "from", *below), text, environ)
    for below, text in texts_of(document.labels.from_ if document.labels else None):
        yield from _references(("labels", "from", *below), text, environ)


def _labels(document: Document) -> Iterator[Contradiction]:
    columns = document.columns
    if columns and columns.label_time and columns.label is None:
        yield ("columns", "label_time"), "it is not said which column holds the label", "write columns: {label: …}"
    if document.labels is None:
        return
    for key, what in (("id", "an id joins labels to predictions"), ("label", "a label needs a name")):
        if columns is None or getattr(columns, key) is None:
            yield ("labels",), f"{what}, and columns.{key} is not said", f"write columns: {{{key}: …}}"
    if document.labels.time and columns and columns.label_time:
        yield ("labels", "time"), "since when labels are known is said twice", "leave out columns.label_time"


def _groups(document: Document) -> Iterator[Contradiction]:
    said = document.performance
    if said and said.fairness and not any(isinstance(one, str) for one in document.segments or ()):
        yield (
            ("performance", "fairness"),
            "gaps are between the values of a column under segments, and none is named",
            "write segments: [country]",
        )


def _training(document: Document, environ: Mapping[str, str]) -> Iterator[Contradiction]:
    said = document.training
    if said is None:
        return
    if said.command and said.call:
        yield ("training",), "both a command and a call are given", "write one of them"
    if said.call and ":" not in said.call:
        yield ("training", "call"), f"{said.call!r} names no function", "write module:function"
    for key in ("timeout", "holdout"):
        if "window" in (getattr(said, key) or ""):
            yield ("training", key), f"{getattr(said, key)!r} is no time", "say it in minutes, hours or days"
    if isinstance(said.registry, Mlflow):
        yield from _references(("training", "registry", "mlflow"), said.registry.mlflow, environ)


def _roles(document: Document) -> Iterator[Contradiction]:
    if document.columns is None:
        return
    given: dict[str, str] = {}
    for path, name, role in named_roles(document.columns):
        if name in given:
            fact = (
                f"the column {name!r} is already the {given[name]}" if given[name] != role.value else f"the column {name!r} is named twice"
            )
            yield path, fact, "give each column one role"
        given.setdefault(name, role.value)
    for i, name in enumerate(document.columns.features or []):
        if name in given:
            yield ("columns", "features", i), f"the feature {name!r} is already the {given[name]}", "give each column one role"
        given.setdefault(name, "feature")


def _uses(document: Document) -> dict[str, str]:
    """What columns are for that have to be as they came."""
    uses = {name: "segment" for name in document.segments or [] if isinstance(name, str)}
    if document.columns is None:
        return uses
    uses |= dict.fromkeys(document.columns.features or [], "feature")
    return uses | {name: role.value for _, name, role in named_roles(document.columns) if role is not Role.IGNORED}


def _windows(document: Document) -> Iterator[Contradiction]:
    cadence = windowing(document).cadence
    said = document.compare_with
    if isinstance(said, str) and cadence not in NEEDS.get(said, {cadence}):
        wanted = " or ".join(sorted(NEEDS[said]))
        yield ("compare_with",), f"{said!r} needs windows of one {wanted}, not of one {cadence.value}", f"write window: {min(NEEDS[said])}"
    if cadence is Cadence.WHOLE and said not in {None, "reference"} and document.window is not None:
        yield ("compare_with",), "the whole has no window before it", "cut windows, such as window: day, or compare with the reference"


def _segments(document: Document) -> Iterator[Contradiction]:
    seen: set[str] = set()
    for i, segment in enumerate(document.segments or []):
        for name in [segment] if isinstance(segment, str) else segment:
            path = ("segments", i) if isinstance(segment, str) else ("segments", i, name)
            if name in seen:
                yield path, f"the segment {name!r} is named twice", "give each segment a name of its own"
            seen.add(name)
            if isinstance(segment, dict):
                yield from _condition(path, segment[name])


def _condition(path: tuple[str | int, ...], text: str) -> Iterator[Contradiction]:
    try:
        condition(text)
    except ConfigError as error:
        yield path, error.fact, error.hint


def _worth(document: Document) -> Iterator[Contradiction]:
    said = document.performance.value if document.performance else None
    if said is None or not said.expression:
        return
    if said.model_fields_set & {"true_positive", "false_positive", "true_negative", "false_negative"}:
        hint = "leave the expression out, or the amounts of the four outcomes"
        yield ("performance", "value"), "what a row is worth is said twice", hint
    try:
        amount(said.expression)
    except ConfigError as error:
        yield ("performance", "value", "expression"), error.fact, error.hint


def _references(path: tuple[str | int, ...], text: str, environ: Mapping[str, str]) -> Iterator[Contradiction]:
    for name in missing(text, environ):
        near = near_miss(name, environ)
        hint = near if near.startswith("did") else f"set it, or say what to take instead: ${{{name}:-…}}"
        yield path, f"the environment has no variable {name!r}", hint
    if written_password(text):
        yield path, "a password is written out", "put it in the environment and write ${NAME} in its place"
