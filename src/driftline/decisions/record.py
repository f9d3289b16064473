"""Decisions as they are stored: with all that they rest on, so that anybody can make them again."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from driftline.decisions.decision import Action, Consent, Decision, Gain, How, Moment, When
from driftline.decisions.evidence import Cheap, Evidence, Known, Loss, Past, Spoilt
from driftline.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = 1


def to_plain(value: Any) -> Any:
    """Write evidence, a decision or a part of one as JSON has it; times as ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [to_plain(one) for one in value]
    return value


def stored(evidence: Evidence, decision: Decision) -> dict[str, Any]:
    """What is kept of a decision."""
    return {"schema": SCHEMA, "evidence": to_plain(evidence), "decision": to_plain(decision)}


def evidence_from(data: Mapping[str, Any]) -> Evidence:
    """Read what `to_plain` wrote of evidence.

    Raises:
        DataError: it is something else.
    """
    try:
        return Evidence(
            **_texts(data, "windows", "polluted", "inputs", "predictions", "labels"),
            **{name: data[name] for name in ("monitor", "window", "settled", "healthy", "broken", "unexplained")},
            # Evidence that was stored before there was such a thing has none.
            unequal=data.get("unequal", ""),
            now=datetime.fromisoformat(data["now"]),
            spoilt=tuple(Spoilt(**{**one, "columns": tuple(one["columns"])}) for one in data["spoilt"]),
            loss=None if data["loss"] is None else Loss(**data["loss"]),
            known=Known(**{**data["known"], "began": _time(data["known"]["began"]), "first": _time(data["known"].get("first"))}),
            cheap=tuple(Cheap(**{**one, "gain": Gain(**one["gain"])}) for one in data["cheap"]),
            worth=None if data["worth"] is None else Gain(**data["worth"]),
            past=_past(data["past"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"this is no stored evidence: {error}", hint="give what driftline decide --json wrote") from error


def decision_from(data: Mapping[str, Any]) -> Decision:
    """Read what `to_plain` wrote of a decision.

    Raises:
        DataError: it is something else.
    """
    try:
        return Decision(
            **_texts(data, "because", "against"),
            # Decisions that were stored before there was such a thing have none.
            instead=tuple(data.get("instead", ())),
            **{name: data[name] for name in ("rule", "reason", "confidence", "since")},
            action=Action(data["action"]),
            consent=Consent(data["consent"]),
            when=When(**{**data["when"], "moment": Moment(data["when"]["moment"]), "at": _time(data["when"]["at"])}),
            how=How(**{**data["how"], **_texts(data["how"], "keep_out", "columns")}),
            gain=None if data["gain"] is None else Gain(**data["gain"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"this is no stored decision: {error}", hint="give what driftline decide --json wrote") from error


def _past(data: Mapping[str, Any]) -> Past:
    return Past(
        trained=_time(data["trained"]),
        retrains=tuple(datetime.fromisoformat(at) for at in data["retrains"]),
        answered=tuple(data["answered"]),
        deployed=_time(data["deployed"]),
        previous=data["previous"],
    )


def _texts(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: tuple(data[name]) for name in names}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
