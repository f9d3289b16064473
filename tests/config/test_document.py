"""The document's shape: what the JSON Schema says and what the models take are the same."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from driftline.config import document
from driftline.config.complaints import complaints_of
from driftline.config.document import SECTIONS, Document
from driftline.config.parse import flow, parse
from driftline.config.published import json_schema
from driftline.verdicts.policy import DEFAULT_FLOORS

NAMES = st.sampled_from(["a", "amount", "zip code", "*", "2020", "null"])
NAME_LISTS = st.lists(NAMES, min_size=1, max_size=3)
NUMBERS = st.sampled_from([0.0, 0.1, 1, 2.5, 10])
SHARES = st.sampled_from([0, 0.25, 1])
STATISTICS = st.sampled_from(["psi", "ks", "wasserstein"])
PERIODS = st.sampled_from(["30 days", "1 hour", "12 windows", "2 weeks", "1 year"])


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, or nothing where a key was left empty."""
    return st.none() | values


def group(
    required: dict[str, st.SearchStrategy[Any]] | None = None, **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """A group of keys."""
    return st.fixed_dictionaries(required or {}, optional={key: maybe(value) for key, value in optional.items()})


PLACES = NAMES | NAME_LISTS | group({"path": NAMES | NAME_LISTS}) | group({"database": NAMES, "query": NAMES})
DOCUMENTS = st.fixed_dictionaries(
    {"reference": PLACES},
    optional={
        "schema": st.sampled_from([1, 1.0]),
        "monitor": NAMES,
        "task": st.sampled_from(["binary", "multiclass", "regression", "ranking", "text", "none"]),
        "current": maybe(PLACES),
        "columns": maybe(
            group(
                timestamp=NAMES, id=NAMES, prediction=NAMES | NAME_LISTS, score=NAMES | NAME_LISTS, label=NAMES, features=NAME_LISTS,
                ignore=st.lists(NAMES, max_size=2), kinds=st.dictionaries(NAMES, st.sampled_from(["number", "text"]), max_size=2),
                importance=st.dictionaries(NAMES, SHARES, max_size=2),
            )
        ),
        "segments": maybe(st.lists(NAMES | st.dictionaries(NAMES, NAMES, min_size=1, max_size=2), max_size=3)),
        "window": maybe(
            st.sampled_from(["hour", "day", "week", "month", "whole"])
            | group({"rows": st.sampled_from([1, 1000, 7.0])})
            | group({"column": NAMES})
            | st.fixed_dictionaries({"every": st.sampled_from(["hour", "day"])}, optional={"timezone": st.just("Europe/Berlin")})
        ),
        "false_alarms": maybe(
            st.sampled_from(["1 in 30 days", "0.5 in 2 weeks", ".25 in 1 window"])
            | st.fixed_dictionaries({"at_most": st.sampled_from([1, 0.5]), "in": PERIODS})
        ),
        "compare_with": maybe(st.sampled_from(["reference", "previous", "same weekday", "same hour"]) | group({"trailing": st.just(7)})),
        "floors": maybe(
            group(
                **dict.fromkeys(("shift", "psi", "null"), NUMBERS),
                columns=st.dictionaries(NAMES, st.dictionaries(st.sampled_from(list(DEFAULT_FLOORS)), NUMBERS, max_size=2), max_size=2),
            )
        ),
        "thresholds": maybe(
            st.dictionaries(
                NAMES,
                st.dictionaries(
                    STATISTICS,
                    NUMBERS | group({"standard_deviations": st.just(3)}) | group({"quantile": st.just(0.99)}),
                    max_size=2,
                ),
                max_size=2,
            )
        ),
        "statistics": maybe(st.lists(STATISTICS, max_size=2)),
        "confidence": maybe(st.sampled_from([0.5, 0.9])),
        "performance": maybe(group({"metric": NAMES})),
    },
)  # fmt: skip
"""Documents that are right."""

WRONG = st.sampled_from(
    [None, True, False, 0, -1, 1, 2, 1.5, "", "x", "day", "psi", [], ["x"], [1], {}, {"x": 1}, {"rows": 0}, {"every": "day", "rows": 2}]
)


FOREIGN = re.compile(r"pydantic|\binput|\bvalid |\bdict|\btuple|<\w+>|\[key\]|discriminator|literal", re.IGNORECASE)
"""Words that only somebody who knows the program understands."""


@cache
def validator() -> Draft202012Validator:
    """What an editor does."""
    return Draft202012Validator(json_schema())


def accepted(data: Any) -> bool:
    """Whether the models take it."""
    try:
        Document.model_validate(data)
    except ValidationError as error:
        # Names that must exist elsewhere are beyond a schema, which does know the effects that have a floor.
        return all(item["type"] == "unknown_name" and item["loc"][0] != "floors" for item in error.errors())
    return True


def paths(data: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [above, *(path for key, value in steps for path in paths(value, (*above, key)))]


def changed(data: Any, path: tuple[Any, ...], how: str, wrong: Any) -> Any:
    """A copy with the value at a path replaced, dropped, renamed, or given a neighbour."""
    copied = copy.deepcopy(data)
    holder, last = copied, path[-1]
    for step in path[:-1]:
        holder = holder[step]
    if how == "drop":
        holder.pop(last)
    elif how == "add":
        holder.update({"extra": wrong}) if isinstance(holder, dict) else holder.append(wrong)
    elif how == "rename" and isinstance(holder, dict):
        holder[f"{last}s"] = holder.pop(last)
    else:
        holder[last] = wrong
    return copied


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """Documents with one or two things changed."""
    data = draw(DOCUMENTS)
    for _ in range(draw(st.integers(1, 2))):
        places = paths(data)[1:]
        if places:
            how = draw(st.sampled_from(["replace", "drop", "rename", "add"]))
            data = changed(data, draw(st.sampled_from(places)), how, draw(WRONG))
    return data


@given(DOCUMENTS)
def test_what_is_right_is_right_to_both(data: dict[str, Any]) -> None:
    """A document that is right passes the JSON Schema and the models."""
    assert validator().is_valid(data)
    assert accepted(data)


@given(mutations())
def test_schema_and_models_agree_on_what_is_wrong(data: Any) -> None:
    """An editor that knows the schema underlines exactly what `config check` refuses."""
    assert validator().is_valid(data) == accepted(data)


@given(mutations())
def test_every_refusal_is_told_in_plain_words(data: Any) -> None:
    """Whatever is wrong, there is a position, a fact without the validator's own words, and nothing of Python."""
    parsed = parse(flow(data), "driftline.yaml")
    try:
        Document.model_validate(parsed.data)
    except ValidationError as error:
        for complaint in complaints_of(error, parsed):
            assert complaint.line >= 1
            assert complaint.column >= 1
            assert not FOREIGN.search(f"{complaint.fact} {complaint.hint}")


def test_every_judged_statistic_has_a_floor_setting() -> None:
    """The floors that can be set are those that verdicts use."""
    assert set(document.Floors.model_fields) - {"columns"} == set(DEFAULT_FLOORS)


def test_every_group_of_keys_is_known_to_the_messages() -> None:
    """A misspelled key in any group gets the names of that group."""
    models = {model for model in vars(document).values() if isinstance(model, type) and issubclass(model, BaseModel)}
    assert models - {BaseModel, Document} == set(SECTIONS.values())


def test_every_setting_has_a_meaning_and_an_example() -> None:
    """Editors, `explain` and the documentation all show the same description; each example is itself right."""
    for model in (Document, *SECTIONS.values()):
        for name, field in model.model_fields.items():
            assert field.description, name
            assert field.examples, name
    examples = {field.alias or name: field.examples[0] for name, field in Document.model_fields.items() if field.examples}
    assert accepted(examples)
