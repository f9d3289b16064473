"""The report as plain JSON, for machines: versioned, described by a JSON Schema, without NaN and infinity."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from importlib import resources
from typing import TYPE_CHECKING, Any

from driftline.reports.counsel import decision_dict

if TYPE_CHECKING:
    from driftline.decisions.decision import Decision
    from driftline.performance.concept import Change
    from driftline.verdicts.diagnosis import Diagnosis, Part
    from driftline.verdicts.report import (
        ColumnReport,
        Estimate,
        KpiReport,
        LabelReport,
        MetricReport,
        Report,
        Score,
        Slice,
        TrackRecord,
        WindowReport,
    )

SCHEMA = 1
"""Raised when a field changes its meaning or goes; new fields do not raise it."""


def to_dict(report: Report, decision: Decision | None = None) -> dict[str, Any]:
    """Write the report as `report.schema.json` describes it: plain dicts, lists, texts, numbers and None.

    Numbers that are not finite become None; times are ISO 8601 with their offset.
    """
    return {
        "schema": SCHEMA,
        "monitor": report.monitor,
        "created": report.created.isoformat(),
        "verdict": report.verdict.value,
        "reason": report.reason,
        "since": report.since,
        "promise": report.promise,
        "reference": {"rows": int(report.reference.rows)},
        "findings": [{"where": f.where, "what": f.what, "rows": int(f.rows), "hint": f.hint} for f in report.findings],
        "kpis": [kpi_dict(one) for one in report.kpis],
        "windows": [_window(window) for window in report.windows],
        "decision": None if decision is None else decision_dict(decision),
    }


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `to_dict` writes."""
    text = resources.files("driftline.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
    described: dict[str, Any] = json.loads(text)
    return described


def kpi_dict(one: KpiReport) -> dict[str, Any]:
    """A business figure as the report has it."""
    return {
        "name": one.name,
        "metric": one.metric,
        "windows": list(one.windows),
        "values": [_finite(value) for value in one.values],
        "correlation": _finite(one.correlation),
        "interval": _interval(one.interval),
        "sentence": one.sentence,
    }


def _window(window: WindowReport) -> dict[str, Any]:
    return {
        "label": window.window.label,
        "start": window.window.bound("start"),
        "end": window.window.bound("end"),
        "segment": window.segment,
        "rows": int(window.rows),
        "verdict": window.verdict.value,
        "reason": window.reason,
        "unfinished": window.unfinished or None,
        "performance": [_metric(metric) for metric in window.performance],
        "operations": [_metric(metric) for metric in window.operations],
        "fairness": [_metric(metric) for metric in window.fairness],
        "slices": [_slice(one) for one in window.slices],
        "labels": None if window.labels is None else _labels(window.labels),
        "diagnosis": [_diagnosis(one) for one in window.diagnosis],
        "columns": [_column(column) for column in window.columns],
    }


def _metric(metric: MetricReport) -> dict[str, Any]:
    return {
        "metric": metric.metric,
        "title": metric.title,
        "better": metric.better,
        "decides": bool(metric.decides),
        "verdict": metric.verdict.value,
        "cause": metric.cause.value,
        "reason": metric.reason,
        "since": metric.since,
        "rows": int(metric.rows),
        "coverage": _finite(metric.coverage),
        "value": _finite(metric.value),
        "interval": _interval(metric.interval),
        "estimate": None if metric.estimate is None else _estimate(metric.estimate),
        "reference": _finite(metric.reference),
        "worsening": _finite(metric.worsening),
        "worsening_interval": _interval(metric.worsening_interval),
        "p_value": _finite(metric.p_value),
        "floor": _finite(metric.floor),
        "threshold": _finite(metric.threshold),
        "detectable": _finite(metric.detectable),
        "rows_needed": None if metric.rows_needed is None else int(metric.rows_needed),
        "per_day": None if metric.per_day is None else [_finite(part) for part in metric.per_day],
        "change": None if metric.change is None else _split(metric.change),
    }


def _slice(one: Slice) -> dict[str, Any]:
    return {
        "segment": one.segment,
        "metric": one.metric,
        "title": one.title,
        "rows": int(one.rows),
        "value": _finite(one.value),
        "interval": _interval(one.interval),
        "rest": _finite(one.rest),
        "worse": _finite(one.worse),
        "worse_interval": _interval(one.worse_interval),
        "p_value": _finite(one.p_value),
        "surely": bool(one.surely),
    }


def _labels(labels: LabelReport) -> dict[str, Any]:
    return {
        "labelled": int(labels.labelled),
        "coverage": _finite(labels.coverage),
        "expected": _finite(labels.expected),
        "maturity": _finite(labels.maturity),
        "provisional": bool(labels.provisional),
        "mature_on": None if labels.mature_on is None else labels.mature_on.isoformat(),
        "reason": labels.reason,
        "skewed": bool(labels.skewed),
        "skew": labels.skew,
        "selected": bool(labels.selected),
        "telling": bool(labels.telling),
        "ranking": bool(labels.ranking),
    }


def _diagnosis(told: Diagnosis) -> dict[str, Any]:
    return {
        "change": told.change.value,
        "kind": told.kind,
        "columns": list(told.columns),
        "sentence": told.sentence,
        "remedy": told.remedy,
        "confidence": _finite(told.confidence),
        "share": _finite(told.share),
        "interval": _interval(told.interval),
        "evidence": {name: _finite(value) for name, value in told.evidence.items()},
        "where": [_part(part) for part in told.where],
        "since": told.since,
        "new": bool(told.new),
        "explains": list(told.explains),
        "polluted": bool(told.polluted),
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "conditions": list(part.conditions),
        "carries": _finite(part.carries),
        "rate": _finite(part.rate),
        "rows": _finite(part.rows),
        "p_value": _finite(part.p_value),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": _finite(estimate.value),
        "interval": _interval(estimate.interval),
        "method": estimate.method,
        "trusted": bool(estimate.trusted),
        "why": estimate.why,
        "worse": bool(estimate.worse),
        "record": None if estimate.record is None else _record(estimate.record),
        "labels_needed": None if estimate.labels_needed is None else int(estimate.labels_needed),
    }


def _record(record: TrackRecord) -> dict[str, Any]:
    return {"windows": int(record.windows), "error": _finite(record.error), "held": int(record.held)}


def _split(change: Change) -> dict[str, Any]:
    return {
        "observed": _finite(change.observed),
        "inputs": _finite(change.inputs),
        "inputs_error": _finite(change.inputs_error),
        "relation": _finite(change.relation),
        "relation_error": _finite(change.relation_error),
        "p_value": _finite(change.p_value),
        "rows": int(change.rows),
        "shared": None if change.shared is None else {name: _finite(value) for name, value in asdict(change.shared).items()},
    }


def _column(column: ColumnReport) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind.value,
        "role": column.role.value,
        "verdict": column.verdict.value,
        "reason": column.reason,
        "cause": column.cause.value,
        "concern": column.concern.value,
        "seen": bool(column.seen),
        "since": column.since,
        "worst": column.worst,
        "weight": _finite(column.weight),
        "importance": _finite(column.importance),
        "rows_needed": None if column.rows_needed is None else int(column.rows_needed),
        "scores": [_score(score) for score in column.scores],
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "statistic": score.statistic,
        "value": _finite(score.value),
        "threshold": _finite(score.threshold),
        "p_value": _finite(score.p_value),
        "effect": _finite(score.effect),
        "interval": _interval(score.interval),
        "floor": _finite(score.floor),
        "detectable": _finite(score.detectable),
        "verdict": None if score.verdict is None else score.verdict.value,
    }


def _interval(bounds: tuple[float, float] | None) -> list[float | None] | None:
    return None if bounds is None else [_finite(end) for end in bounds]


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
