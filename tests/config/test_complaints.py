"""What is wrong, in plain words, with line, column and remedy."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core._pydantic_core import list_all_errors

from driftline.config.complaints import complaints_of, describe, refuse, say
from driftline.config.document import Document
from driftline.config.parse import Complaint, parse

RIGHT = "reference: train.parquet\n"


def complaints(text: str) -> list[Complaint]:
    """Everything that is wrong with a text that is YAML."""
    parsed = parse(text, "driftline.yaml")
    with pytest.raises(ValidationError) as caught:
        Document.model_validate(parsed.data)
    return complaints_of(caught.value, parsed)


@pytest.mark.parametrize(
    ("text", "line", "column", "fact", "hint"),
    [
        ("colums: {}", 2, 1, "there is no key 'colums'", "did you mean 'columns'?"),
        ("columns:\n  timestmp: ts", 3, 3, "there is no key 'timestmp' under 'columns'", "did you mean 'timestamp'?"),
        ("timestamp: ts", 2, 1, "there is no key 'timestamp'", "'timestamp' belongs under 'columns'"),
        (
            "columns:\n  segments: [a]",
            3,
            3,
            "there is no key 'segments' under 'columns'",
            "'segments' belongs at the left margin, not under 'columns'",
        ),
        ("schema: 2", 2, 9, "'schema' should be 1, not the number 2", "for example: schema: 1"),
        ("schema: true", 2, 9, "'schema' should be 1, not true", "for example: schema: 1"),
        ("monitor: 3", 2, 10, "'monitor' should be a text, not the number 3", "put it in quotes: '3'"),
        ("monitor: ''", 2, 10, "'monitor' should be a text that is not empty, not ''", "for example: monitor: payments-fraud"),
        ("monitor: true", 2, 10, "'monitor' should be a text, not true", "put it in quotes: 'true'"),
        (
            "task: binry",
            2,
            7,
            "'task' should be 'binary', 'multiclass', 'regression', 'ranking', 'text' or 'none', not 'binry'",
            "did you mean 'binary'?",
        ),
        ("current: [a, 1]", 2, 14, "item 2 of 'current' should be a text, not the number 1", "put it in quotes: '1'"),
        (
            "current: []",
            2,
            10,
            "'current' should be something that is not empty, not an empty list",
            "for example: current: data/*.parquet",
        ),
        (
            "current: 7",
            2,
            10,
            "'current' should be a path, a list of paths, or a database and a query, not the number 7",
            "for example: current: data/*.parquet",
        ),
        ("current: {database: x}", 2, 10, "'query' is missing under 'current'", "add it: query: select * from scores"),
        ("current: {}", 2, 10, "'path' is missing under 'current'", "add it: path: data/*.parquet"),
        ("columns: [ts]", 2, 10, "'columns' should be a group of keys, not a list", "for example: columns: {timestamp: ts}"),
        (
            "columns:\n  features: ts",
            3,
            13,
            "'features' under 'columns' should be a list, not 'ts'",
            "for example: features: [amount, country]",
        ),
        (
            "columns:\n  kinds: {a: numbr}",
            3,
            14,
            "'a' under 'columns.kinds' should be 'number', 'category', 'boolean', 'timestamp' or 'text', not 'numbr'",
            "did you mean 'number'?",
        ),
        (
            "columns:\n  kinds: {'': text}",
            3,
            11,
            "the key '' under 'columns.kinds' should be a text that is not empty, not ''",
            "for example: kinds: {zip: category}",
        ),
        (
            "columns:\n  importance: {a: 1.5}",
            3,
            19,
            "'a' under 'columns.importance' should be at most 1, not the number 1.5",
            "for example: importance: {amount: 0.4}",
        ),
        (
            "segments: [{}]",
            2,
            12,
            "item 1 of 'segments' should be something that is not empty, not an empty group",
            "for example: segments: [country, {large: amount > 1000}]",
        ),
        (
            "segments: [1]",
            2,
            12,
            "item 1 of 'segments' should be a column, or a name with its condition: {large: amount > 1000}, not the number 1",
            "for example: segments: [country, {large: amount > 1000}]",
        ),
        ("window: dya", 2, 9, "'window' should be 'hour', 'day', 'week', 'month' or 'whole', not 'dya'", "did you mean 'day'?"),
        ("window: {evry: day}", 2, 10, "there is no key 'evry' under 'window'", "did you mean 'every'?"),
        ("window: {rows: 0}", 2, 16, "'rows' under 'window' should be greater than 0, not the number 0", "for example: rows: 1000"),
        ("window: {rows: 1.5}", 2, 16, "'rows' under 'window' should be a whole number, not the number 1.5", "for example: rows: 1000"),
        ("window: {rows: many}", 2, 16, "'rows' under 'window' should be a whole number, not 'many'", "for example: rows: 1000"),
        (
            "window: {every: day, timezone: Europe/Berln}",
            2,
            32,
            "there is no time zone called 'Europe/Berln' under 'window'",
            "did you mean 'Europe/Berlin'?",
        ),
        (
            "window: [day]",
            2,
            9,
            (
                "'window' should be hour, day, week, month, whole, or one of the groups {rows: …}, {column: …}, {every: …, timezone: …}, "
                "not a list"
            ),
            "for example: window: day",
        ),
        ("false_alarms: often", 2, 15, "'false_alarms' should be a number in a length of time, not 'often'", "write 1 in 30 days"),
        (
            "false_alarms: {at_most: 1, in: 30}",
            2,
            32,
            "'in' under 'false_alarms' should be a text, not the number 30",
            "put it in quotes: '30'",
        ),
        (
            "false_alarms: {at_most: 1, in: soon}",
            2,
            32,
            "'in' under 'false_alarms' should be a length of time, not 'soon'",
            "write a number and a unit: 30 days, 12 hours, 30 windows",
        ),
        (
            "false_alarms: {at_most: 0, in: 3 days}",
            2,
            25,
            "'at_most' under 'false_alarms' should be greater than 0, not the number 0",
            "for example: at_most: 1",
        ),
        (
            "compare_with: yesterday",
            2,
            15,
            "'compare_with' should be 'reference', 'previous', 'same weekday' or 'same hour', not 'yesterday'",
            "for example: compare_with: reference",
        ),
        ("floors: {shift: -1}", 2, 17, "'shift' under 'floors' should be at least 0, not the number -1", "for example: shift: 0.1"),
        (
            "floors: {shift: 1e999}",
            2,
            17,
            "'shift' under 'floors' should be a finite number, not the number inf",
            "for example: shift: 0.1",
        ),
        (
            "floors: {columns: {a: {shft: 1}}}",
            2,
            24,
            "there is no judged statistic called 'shft' under 'floors.columns.a'",
            "did you mean 'shift'?",
        ),
        ("thresholds: {a: {pssi: 1}}", 2, 18, "there is no statistic called 'pssi' under 'thresholds.a'", "did you mean 'psi'?"),
        (
            "thresholds: {a: {psi: high}}",
            2,
            23,
            "'psi' under 'thresholds.a' should be a number, {standard_deviations: 3} or {quantile: 0.99}, not 'high'",
            "for example: thresholds: {amount: {psi: 0.2}}",
        ),
        (
            "thresholds: {a: {psi: {quantile: 2}}}",
            2,
            34,
            "'quantile' under 'thresholds.a.psi' should be less than 1, not the number 2",
            "for example: quantile: 0.99",
        ),
        ("statistics: [kss]", 2, 14, "there is no statistic called 'kss' under 'statistics'", "did you mean 'ks'?"),
        ("confidence: 0.2", 2, 13, "'confidence' should be at least 0.5, not the number 0.2", "for example: confidence: 0.9"),
        ("performance: {metrics: auc}", 2, 15, "there is no key 'metrics' under 'performance'", "did you mean 'metric'?"),
    ],
)
def test_each_mistake_is_pointed_at(text: str, line: int, column: int, fact: str, hint: str) -> None:
    """Every mistake has its line and column, a fact that quotes it, and one remedy."""
    assert complaints(RIGHT + text) == [Complaint(line, column, fact, hint)]


def test_a_misspelled_key_explains_the_missing_one() -> None:
    """`referenc` is told once, not also as a missing reference."""
    assert [item.hint for item in complaints("referenc: train.parquet")] == ["did you mean 'reference'?"]


def test_what_is_missing_is_missing() -> None:
    """A key that nothing explains is told, with an example."""
    assert complaints("monitor: x") == [Complaint(1, 1, "'reference' is missing", "add it: reference: train.parquet")]


def test_a_list_is_not_a_document() -> None:
    """The file itself can be of the wrong form."""
    assert complaints("[1]")[0].fact == "the file should be a group of keys, not a list"


@pytest.mark.parametrize("error", list_all_errors(), ids=lambda error: error["type"])
def test_every_kind_of_error_has_plain_words(error: Any) -> None:
    """Whatever the validator may find one day, the message is a fact in plain words that names the place."""
    item = {
        "type": error["type"],
        "loc": ("monitor",),
        "msg": error["example_message_python"],
        "input": 3,
        "ctx": error["example_context"] or {},
    }
    fact, _ = say(item)  # type: ignore[arg-type]
    assert fact.startswith(("'monitor'", "there is no key 'monitor'"))
    assert not re.search(r"\bInput|pydantic", fact)


def test_all_mistakes_of_a_file_are_one_error() -> None:
    """They come in the order of the lines, each with its remedy; the last one's is the error's."""
    parsed = parse("a: 1\nb: 2", "f.yaml")
    error = refuse(parsed, [Complaint(2, 1, "second", "do b"), Complaint(1, 1, "first"), Complaint(2, 1, "second", "do b")])
    assert str(error) == "f.yaml has 2 mistakes\nf.yaml:1:1: first\nf.yaml:2:1: second\nHint: do b"
    assert error.hint == "do b"


def test_a_single_mistake_has_no_heading() -> None:
    """One mistake is one line and its remedy; without a position there is none to show."""
    assert str(refuse(parse("", "f.yaml"), [Complaint(0, 0, "empty", "fill it")])) == "f.yaml: empty\nHint: fill it"


def test_a_password_is_not_repeated() -> None:
    """A value that is quoted may be a URL with a password in it, and may be long."""
    assert describe("postgresql://ann:secret@db/x") == "'…@db/x'"
    assert len(describe("x" * 1000)) < 100
