from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.performance.concept import Change as Split
from driftline.profile.plan import Plan
from driftline.profile.profile import Profile
from driftline.reports.document import SCHEMA, schema, to_dict
from driftline.schema import Kind, Role
from driftline.verdicts.diagnosis import Change, Diagnosis, Part
from driftline.verdicts.report import (
    Cause,
    ColumnReport,
    Concern,
    Estimate,
    Finding,
    KpiReport,
    LabelReport,
    MetricReport,
    Report,
    Score,
    Slice,
    TrackRecord,
    Verdict,
    WindowReport,
)
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = Profile.empty(Plan(()))
numbers = st.floats(allow_nan=True, allow_infinity=True)
maybe = st.none() | numbers
counts = st.integers(0, 10**12) | st.integers(0, 10**12).map(np.int64)
scores = st.builds(
    Score,
    statistic=st.text(),
    value=numbers | numbers.map(np.float64),
    threshold=maybe,
    p_value=st.none() | st.floats(0, 1) | st.just(float("nan")),
    effect=maybe,
    interval=st.none() | st.tuples(numbers, numbers),
    floor=maybe,
    detectable=maybe,
    verdict=st.none() | st.sampled_from(Verdict),
)
columns = st.builds(
    ColumnReport,
    name=st.text(),
    kind=st.sampled_from(Kind),
    role=st.sampled_from(Role),
    verdict=st.sampled_from(Verdict),
    cause=st.sampled_from(Cause),
    concern=st.sampled_from(Concern),
    reason=st.text(),
    seen=st.booleans() | st.booleans().map(np.bool_),
    since=st.none() | st.text(),
    worst=st.none() | st.text(),
    weight=numbers,
    importance=maybe,
    rows_needed=st.none() | counts,
    scores=st.lists(scores, max_size=2).map(tuple),
)
pairs = st.none() | st.tuples(numbers, numbers)
estimates = st.builds(
    Estimate,
    value=numbers,
    interval=pairs,
    method=st.text(),
    trusted=st.booleans() | st.booleans().map(np.bool_),
    why=st.text(),
    worse=st.booleans() | st.booleans().map(np.bool_),
    record=st.none() | st.builds(TrackRecord, windows=counts, error=numbers, held=counts),
    labels_needed=st.none() | counts,
)
splits = st.builds(
    Split,
    observed=numbers,
    inputs=numbers,
    inputs_error=numbers,
    relation=numbers,
    relation_error=numbers,
    p_value=st.floats(0, 1) | st.just(float("nan")),
    rows=counts,
)
metrics = st.builds(
    MetricReport,
    metric=st.text(),
    title=st.text(),
    better=st.sampled_from(["higher", "lower", "either"]),
    decides=st.booleans() | st.booleans().map(np.bool_),
    verdict=st.sampled_from(Verdict),
    cause=st.sampled_from(Cause),
    reason=st.text(),
    since=st.none() | st.text(),
    rows=counts,
    coverage=st.floats(0, 1),
    value=maybe | numbers.map(np.float64),
    interval=pairs,
    estimate=st.none() | estimates,
    reference=maybe,
    worsening=maybe,
    worsening_interval=pairs,
    p_value=st.none() | st.floats(0, 1) | st.just(float("nan")),
    floor=numbers,
    threshold=maybe,
    detectable=maybe,
    rows_needed=st.none() | counts,
    per_day=st.none() | st.tuples(numbers, numbers, numbers),
    change=st.none() | splits,
)
instants = st.datetimes(timezones=st.just(UTC))
labels = st.builds(
    LabelReport,
    labelled=counts,
    coverage=st.floats(0, 1),
    expected=st.none() | st.floats(0, 1),
    maturity=st.none() | st.floats(0, 2),
    provisional=st.booleans() | st.booleans().map(np.bool_),
    mature_on=st.none() | instants,
    reason=st.text(),
    skewed=st.booleans(),
    skew=st.text(),
    selected=st.booleans(),
)
shares = st.none() | st.floats(0, 1)
parts = st.builds(
    Part,
    conditions=st.lists(st.text(), min_size=1, max_size=3).map(tuple),
    carries=numbers,
    rate=numbers,
    rows=st.floats(0, 1),
    p_value=st.floats(0, 1) | st.just(float("nan")),
)
diagnoses = st.builds(
    Diagnosis,
    change=st.sampled_from(Change),
    kind=st.text(),
    columns=st.lists(st.text(), max_size=2).map(tuple),
    sentence=st.text(),
    remedy=st.text(),
    confidence=st.floats(0, 1).map(np.float64),
    share=shares,
    interval=pairs,
    evidence=st.dictionaries(st.text(), numbers, max_size=2),
    where=st.lists(parts, max_size=1).map(tuple),
    since=st.none() | st.text(),
    new=st.booleans() | st.booleans().map(np.bool_),
    explains=st.lists(st.text(), max_size=1).map(tuple),
    polluted=st.booleans(),
)
slices = st.builds(
    Slice,
    segment=st.text(),
    metric=st.text(),
    title=st.text(),
    rows=counts,
    value=numbers,
    interval=st.tuples(numbers, numbers),
    rest=numbers,
    worse=numbers,
    worse_interval=st.tuples(numbers, numbers),
    p_value=numbers,
    surely=st.booleans() | st.booleans().map(np.bool_),
)
windows = st.builds(
    WindowReport,
    window=st.builds(Window, index=st.integers(), label=st.text(), start=st.none() | st.integers() | instants, end=st.none() | instants),
    segment=st.none() | st.text(),
    rows=counts,
    verdict=st.sampled_from(Verdict),
    reason=st.text(),
    columns=st.lists(columns, max_size=2).map(tuple),
    performance=st.lists(metrics, max_size=2).map(tuple),
    operations=st.lists(metrics, max_size=1).map(tuple),
    fairness=st.lists(metrics, max_size=1).map(tuple),
    slices=st.lists(slices, max_size=1).map(tuple),
    labels=st.none() | labels,
    diagnosis=st.lists(diagnoses, max_size=2).map(tuple),
)
kpis = st.builds(
    KpiReport,
    name=st.text(),
    metric=st.text(),
    windows=st.lists(st.text(), max_size=2).map(tuple),
    values=st.lists(st.none() | numbers, max_size=2).map(tuple),
    correlation=st.none() | numbers,
    interval=st.none() | st.tuples(numbers, numbers),
    sentence=st.text(),
)
reports = st.builds(
    Report,
    monitor=st.text(),
    created=instants,
    verdict=st.sampled_from(Verdict),
    reason=st.text(),
    since=st.none() | st.text(),
    promise=st.text(),
    reference=st.just(EMPTY),
    windows=st.lists(windows, max_size=2).map(tuple),
    profiles=st.just(()),
    kpis=st.lists(kpis, max_size=2).map(tuple),
    findings=st.lists(st.builds(Finding, where=st.text(), what=st.text(), rows=counts, hint=st.text()), max_size=2).map(tuple),
)


def objects(described: Any) -> Iterator[dict[str, Any]]:
    """Every object that a schema describes."""
    if isinstance(described, dict):
        if "properties" in described:
            yield described
        for part in described.values():
            yield from objects(part)
    elif isinstance(described, list):
        for part in described:
            yield from objects(part)


@given(reports)
def test_any_report_is_as_the_schema_says(report: Report) -> None:
    """Whatever was found, the JSON is valid, has neither NaN nor infinity, and survives being written."""
    document = to_dict(report)
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_every_field_of_a_report_is_described(report: Report) -> None:
    """The schema knows every field that is written, and requires it: what is published stays."""
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    strict = json.loads(json.dumps(schema()))
    for described in objects(strict):
        assert set(described["required"]) == set(described["properties"])
        described["additionalProperties"] = False
    jsonschema.Draft202012Validator(strict).validate(to_dict(report))


def test_the_contract_of_the_issue_stays(report: Report) -> None:
    """The fields that other programs were promised, by their names."""
    document = to_dict(report)
    assert document["schema"] == SCHEMA == 1
    window = document["windows"][-1]
    assert {"start", "end", "rows", "verdict", "columns"} <= set(window)
    column = window["columns"][0]
    assert {"name", "kind", "verdict", "reason", "scores"} <= set(column)
    assert {"statistic", "value", "threshold", "p_value", "effect", "interval", "detectable"} <= set(column["scores"][0])


def test_nothing_that_a_report_says_is_left_out() -> None:
    """A field added to the report's types is added to the JSON."""
    described = schema()["$defs"]
    assert {f.name for f in fields(Score)} == set(described["score"]["properties"])
    assert {f.name for f in fields(ColumnReport)} == set(described["column"]["properties"])
    assert {f.name for f in fields(Finding)} == set(described["finding"]["properties"])
    assert {f.name for f in fields(KpiReport)} == set(described["kpi"]["properties"])
    assert {f.name for f in fields(MetricReport)} == set(described["metric"]["properties"])
    assert {f.name for f in fields(Estimate)} == set(described["estimate"]["properties"])
    assert {f.name for f in fields(TrackRecord)} == set(described["record"]["properties"])
    assert {f.name for f in fields(Split)} == set(described["change"]["properties"])
    assert {f.name for f in fields(LabelReport)} == set(described["labels"]["properties"])
    assert {f.name for f in fields(Diagnosis)} - {"mark"} == set(described["diagnosis"]["properties"])
    assert {f.name for f in fields(Part)} == set(described["part"]["properties"])
    words = described["metric"]["properties"]["cause"]["enum"], described["column"]["properties"]["concern"]["enum"]
    assert words == ([cause.value for cause in Cause], [concern.value for concern in Concern])


def test_performance_is_written_whole(modelled: Report) -> None:
    """Each window's metrics come in order, estimates inside them, and nothing is lost on the way."""
    document = to_dict(modelled)
    jsonschema.Draft202012Validator(schema()).validate(document)
    first, last = document["windows"][0]["performance"], document["windows"][-1]["performance"]
    assert [metric["metric"] for metric in first] == ["roc_auc", "accuracy"]
    told = modelled.windows[0].performance[0]
    assert (first[0]["value"], first[0]["interval"], first[0]["verdict"]) == (told.value, list(told.interval or ()), told.verdict.value)
    assert last[0]["value"] is None
    assert last[0]["estimate"]["method"] == "PAPE"


def test_windows_have_instants_rows_or_nothing_as_bounds(report: Report, odd: Report) -> None:
    """Calendar windows are bounded by ISO 8601 instants, windows of n rows by row numbers."""
    assert datetime.fromisoformat(to_dict(report)["windows"][0]["start"]) == datetime(2026, 1, 1, tzinfo=UTC)
    assert to_dict(odd)["windows"][0]["end"] == 39


@pytest.mark.parametrize("change", [{"verdict": "fine"}, {"schema": 2}, {"windows": [{}]}])
def test_the_schema_refuses_what_is_wrong(report: Report, change: dict[str, Any]) -> None:
    """The schema is worth validating against."""
    document = to_dict(replace(report, windows=report.windows[:1])) | change
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)
