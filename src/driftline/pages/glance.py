"""A glance at one window: what pages show of many windows at once, cut from the window's report so that it is read in no time."""

from __future__ import annotations

import base64
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.pages.counted import column_counts
from driftline.reports.ledger import VERDICTS, heat
from driftline.reports.packing import compact, deflate
from driftline.reports.reading import column_of
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.pages.counted import Counted
    from driftline.profile.profile import Profile

TOGETHER = 8
"""So many columns lie together in the detail: whoever asks for one reads these."""

DIGITS = 5
"""Of each number so many digits are kept, which is more than any page shows."""

OPEN = 1500
"""So many glances are kept open, which are those of a few models; each takes some kilobytes."""

LENGTH = np.dtype("<u4")
HUNDREDTHS = 100
"""Heat has steps of 0.01."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a window's detail has of one column: what the report says of it, and its counts where they are known."""

    told: dict[str, Any]
    counted: Counted | None


def glance(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the pages need of a report about one window, as JSON.

    Args:
        report: the report's JSON, as `reports.document.to_dict` writes it.

    Returns:
        `verdict`, `reason`, `since`, `promise`, `findings`, `reference` (its rows), and for each segment a part: what the
        report says of it, but of its columns only names, kinds, roles, verdicts and heat, written densely, and in words those that drifted.
    """
    kept = {name: report[name] for name in ("verdict", "reason", "since", "promise", "findings")}
    return {**kept, "reference": report["reference"]["rows"], "parts": [_part(window) for window in report["windows"]]}


def _part(window: Mapping[str, Any]) -> dict[str, Any]:
    columns = [column_of(told) for told in window["columns"]]
    codes = [VERDICTS.index(column.verdict) for column in columns]
    kept = {name: value for name, value in window.items() if name != "columns"}
    # What is alike in every window, and what is long, are texts in the JSON: they are read in no time.
    table = [[column.name, column.kind.value, column.role.value, column.importance] for column in columns]
    return {
        **kept,
        "table": deflate(compact(table).encode()),
        "codes": "".join(map(str, codes)),
        "heat": base64.b64encode(np.rint(np.array([heat(column) for column in columns]) * HUNDREDTHS).astype("<u2").tobytes()).decode(),
        "open": Counter(column.cause.value for column in columns if column.verdict is Verdict.INCONCLUSIVE),
        "small": sum(column.seen and column.verdict is not Verdict.DRIFTED for column in columns),
        "moved": deflate(compact(_rounded([_worst_only(told) for told in window["columns"] if told["verdict"] == "drifted"])).encode()),
    }


def _worst_only(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "scores": [score for score in told["scores"] if score["statistic"] == told["worst"]]}


def pack(value: Any) -> bytes:
    """JSON, packed; numbers lose the digits that nobody sees."""
    return zlib.compress(_line(value).encode(), 3)


def unpack(body: bytes) -> Any:
    """Read what `pack` wrote."""
    return json.loads(zlib.decompress(body))


def opened(body: bytes) -> dict[str, Any]:
    """A glance that was packed, with lists of its columns: `names`, `kinds`, `roles`, `importances`; and arrays: `codes`, `heat`."""
    found = _opened(body)
    return {**found, "parts": [dict(part) for part in found["parts"]]}


@lru_cache(maxsize=OPEN)
def _opened(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = unpack(body)
    for part in found["parts"]:
        part["names"], part["kinds"], part["roles"], part["importances"] = _table(part["table"])
        part["codes"] = np.frombuffer(part["codes"].encode(), np.uint8) - ord("0")
        part["heat"] = np.frombuffer(base64.b64decode(part["heat"]), "<u2") / HUNDREDTHS
    return found


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(zlib.decompress(base64.b64decode(text))))


def drifted(part: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The columns of a part that drifted, as the report has them, each with the score that its verdict rests on."""
    return _read(part["moved"])


@lru_cache(maxsize=64)
def _table(text: str) -> tuple[list[str], list[str], list[str], list[float | None]]:
    rows = json.loads(zlib.decompress(base64.b64decode(text)))
    names, kinds, roles, importances = ([row[at] for row in rows] for at in range(4))
    return names, kinds, roles, importances


def detail(report: Mapping[str, Any], counts: Mapping[str | None, Profile] | None = None) -> bytes:
    """All that a report says of its columns and what they were counted to, packed so that one column is found without reading the others.

    Args:
        report: the report's JSON, as above.
        counts: what the window held, by segment; those of other segments are not known.
    """
    groups = []
    for window in report["windows"]:
        profile = (counts or {}).get(window["segment"])
        places = {} if profile is None else {name: at for at, name in enumerate(profile.plan.names)}
        lines = [
            _line([column, None if profile is None or column["name"] not in places else column_counts(profile, places[column["name"]])])
            for column in window["columns"]
        ]
        groups += [zlib.compress("\n".join(lines[first : first + TOGETHER]).encode(), 3) for first in range(0, len(lines), TOGETHER)]
    ends = np.cumsum([len(group) for group in groups], dtype=LENGTH)
    return len(groups).to_bytes(4, "little") + ends.tobytes() + b"".join(groups)


def columns_in(body: bytes, parts: Sequence[Mapping[str, Any]], part: int) -> list[dict[str, Any]]:
    """All that the detail of a window says of the columns of one of its parts."""
    before, many = _groups(parts[:part]), _groups(parts[part : part + 1])
    return [json.loads(line)[0] for at in range(before, before + many) for line in _lines(body, at)]


def column_in(body: bytes, parts: Sequence[Mapping[str, Any]], part: int, name: str) -> Column | None:
    """What the detail of a window says of a column in one of its parts; None where it says nothing."""
    if name not in parts[part]["names"]:
        return None
    place = parts[part]["names"].index(name)
    line = _lines(body, _groups(parts[:part]) + place // TOGETHER)[place % TOGETHER]
    told, counted = json.loads(line)
    return Column(told, counted)


def _groups(parts: Sequence[Mapping[str, Any]]) -> int:
    return sum(-(-len(one["names"]) // TOGETHER) for one in parts)


def _lines(body: bytes, at: int) -> list[bytes]:
    """The columns of one group, each as JSON, which is read only where somebody asks for it."""
    many = int.from_bytes(body[:4], "little")
    ends = np.frombuffer(body, LENGTH, many, 4)
    start = 4 + many * LENGTH.itemsize
    return zlib.decompress(body[start + (int(ends[at - 1]) if at else 0) : start + int(ends[at])]).split(b"\n")


def _line(value: Any) -> str:
    return json.dumps(_rounded(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}")
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list():
            return [_rounded(one) for one in value]
        case _:
            return value
