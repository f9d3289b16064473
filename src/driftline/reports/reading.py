"""A report's JSON, read back: what the service kept of a window, as the report's sentences and figures need it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from driftline.performance.concept import Change as Split
from driftline.performance.overlap import Shared
from driftline.schema import Kind, Role
from driftline.verdicts.diagnosis import Change, Diagnosis, Part
from driftline.verdicts.report import (
    Cause,
    ColumnReport,
    Concern,
    Estimate,
    LabelReport,
    MetricReport,
    Score,
    Slice,
    TrackRecord,
    Verdict,
    WindowReport,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.window import Window


def window_of(told: Mapping[str, Any], window: Window, columns: Sequence[ColumnReport] | None = None) -> WindowReport:
    """What `document.to_dict` wrote of one window.

    Args:
        told: an entry of the JSON's `windows`.
        window: its place in time.
        columns: its columns, where `told` does not have them.
    """
    return WindowReport(
        window=window,
        segment=told["segment"],
        rows=told["rows"],
        verdict=Verdict(told["verdict"]),
        reason=told["reason"],
        columns=tuple(column_of(one) for one in told["columns"]) if columns is None else columns,
        performance=tuple(metric_of(one) for one in told.get("performance", ())),
        operations=tuple(metric_of(one) for one in told.get("operations", ())),
        fairness=tuple(metric_of(one) for one in told.get("fairness", ())),
        slices=tuple(_slice(one) for one in told.get("slices", ())),
        labels=_labels(told["labels"]) if told.get("labels") else None,
        diagnosis=tuple(diagnosis_of(one) for one in told.get("diagnosis", ())),
        unfinished=told.get("unfinished") or "",
    )


def metric_of(told: Mapping[str, Any]) -> MetricReport:
    """One metric."""
    estimate, change, read = told.get("estimate"), told.get("change"), dict(told)
    read["verdict"], read["cause"] = Verdict(told["verdict"]), Cause(told["cause"])
    read["estimate"] = None if estimate is None else _estimate(estimate)
    read["change"] = None if change is None else _split(change)
    read["interval"], read["worsening_interval"] = _interval(told["interval"]), _interval(told["worsening_interval"])
    read["coverage"], read["floor"] = _number(told["coverage"]), _number(told["floor"])
    worth = told.get("per_day")
    read["per_day"] = None if worth is None else tuple(map(_number, worth))
    return MetricReport(**read)


def column_of(told: Mapping[str, Any]) -> ColumnReport:
    """One column."""
    read = dict(told)
    read |= {"kind": Kind(told["kind"]), "role": Role(told["role"]), "verdict": Verdict(told["verdict"])}
    read |= {"cause": Cause(told["cause"]), "concern": Concern(told["concern"]), "weight": _number(told["weight"])}
    read["scores"] = tuple(_score(one) for one in told["scores"])
    return ColumnReport(**read)


def diagnosis_of(told: Mapping[str, Any]) -> Diagnosis:
    """One explanation."""
    read = {**told, "change": Change(told["change"]), "interval": _interval(told["interval"]), "confidence": _number(told["confidence"])}
    read |= {name: tuple(told[name]) for name in ("columns", "explains")}
    read["evidence"] = {name: _number(value) for name, value in told["evidence"].items()}
    read["where"] = tuple(Part(**{**one, "conditions": tuple(one["conditions"])}) for one in told["where"])
    return Diagnosis(**read)


def _split(told: Mapping[str, Any]) -> Split:
    numbers = {name: _number(value) for name, value in told.items() if name not in {"rows", "shared"}}
    shared = told.get("shared")
    return Split(**numbers, rows=told["rows"], shared=None if shared is None else Shared(**{k: _number(v) for k, v in shared.items()}))


def _estimate(told: Mapping[str, Any]) -> Estimate:
    record = told.get("record")
    kept = None if record is None else TrackRecord(**{**record, "error": _number(record["error"])})
    return Estimate(**{**told, "interval": _interval(told["interval"]), "value": _number(told["value"]), "record": kept})


def _slice(told: Mapping[str, Any]) -> Slice:
    ends = {name: (_number(told[name][0]), _number(told[name][1])) for name in ("interval", "worse_interval")}
    return Slice(**{**told, **ends, **{name: _number(told[name]) for name in ("value", "rest", "worse", "p_value")}})


def _labels(told: Mapping[str, Any]) -> LabelReport:
    due = told["mature_on"]
    return LabelReport(**{**told, "coverage": _number(told["coverage"]), "mature_on": None if due is None else datetime.fromisoformat(due)})


def _score(told: Mapping[str, Any]) -> Score:
    verdict = told["verdict"]
    read = {**told, "interval": _interval(told["interval"]), "value": _number(told["value"])}
    return Score(**{**read, "verdict": None if verdict is None else Verdict(verdict)})


def _interval(bounds: Sequence[float | None] | None) -> tuple[float, float] | None:
    return None if bounds is None else (_number(bounds[0]), _number(bounds[1]))


def _number(value: float | None) -> float:
    """JSON has no number that is not finite, and null in its place."""
    return math.nan if value is None else value
