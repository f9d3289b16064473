"""Bodies of requests become rows: JSON, JSON Lines and Arrow streams, within limits that a hostile sender cannot stretch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.server.arrowbody import rows_of_arrow
from driftline.server.problems import Refusal
from driftline.services.intake import Refused, Unreadable, sort_rows
from driftline.services.keeping import keep_refused, keep_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from driftline.services.intake import Kind, Naming, Row
    from driftline.services.keeping import Keeping

JSON, LINES, ARROW = "application/json", "application/x-ndjson", "application/vnd.apache.arrow.stream"
TYPES = {
    JSON: JSON,
    "": JSON,
    LINES: LINES,
    "application/jsonl": LINES,
    "application/json-lines": LINES,
    "application/x-jsonlines": LINES,
    ARROW: ARROW,
}
"""What a body may be, by its content type."""

CODINGS = {"gzip": "gzip", "zstd": "zstd"}
"""How a body may be compressed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may bring.

    Attributes:
        body: bytes as they are sent.
        expanded: bytes once they are decompressed.
        rows: rows.
    """

    body: int = 32 << 20
    expanded: int = 128 << 20
    rows: int = 100_000


@dataclass(frozen=True, slots=True)
class Read:
    """What a body held."""

    rows: list[Row] | pa.Table
    refused: list[Refused]


def expand(body: bytes, coding: str, limits: Limits) -> bytes:
    """Decompress a body; never more of it than is allowed.

    Raises:
        Refusal: it is compressed in an unknown way, broken, or too large.
    """
    if coding in {"", "identity"}:
        return body
    if coding not in CODINGS:
        raise Refusal(415, f"the body is compressed by {coding!r}", hint=f"use {' or '.join(CODINGS)}, or none")
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), CODINGS[coding]) as stream:
            data: bytes = stream.read(limits.expanded + 1)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Refusal(400, f"the body is not {coding}: {_line(error)}") from error
    if len(data) > limits.expanded:
        raise too_large(limits.expanded, "decompressed")
    return data


def too_large(limit: int, what: str = "") -> Refusal:
    """The refusal of a body that is too large."""
    return Refusal(413, f"the {what + ' ' if what else ''}body is larger than {limit >> 20} MB", hint="send smaller batches")


def read(body: bytes, content_type: str, kind: Kind, names: Naming, now: datetime, limits: Limits) -> Read:
    """Read a body.

    Raises:
        Refusal: it cannot be taken: of an unknown type, broken as a whole, too deep, of too many rows.
    """
    said = content_type.partition(";")[0].strip().lower()
    form = TYPES.get(said)
    if form is None:
        raise Refusal(415, f"a body of the type {said!r} cannot be read", hint=f"send {JSON}, {LINES} or {ARROW}")
    if form == ARROW:
        try:
            table, refused = rows_of_arrow(body, kind, names, now, limits.rows, limits.expanded)
        except Unreadable as error:
            raise Refusal(422, str(error), hint="see docs/service.md for what an Arrow stream may hold") from error
        return Read(table, refused)
    items = _lines(body) if form == LINES else _document(body)
    if len(items) > limits.rows:
        raise Refusal(413, f"the body has {len(items):,} rows; at most {limits.rows:,} are taken at once", hint="send smaller batches")
    found = sort_rows(items, kind, names, now)
    return Read(found.rows, found.refused)


def keep(found: Read, keeping: Keeping, hashed: Callable[[object], str | None]) -> Read:
    """What may be written of a body."""
    if not keeping.hides:
        return found
    refused = keep_refused(found.refused, keeping)
    if not isinstance(found.rows, pa.Table):
        return Read(keep_rows(found.rows, keeping, hashed), refused)
    table = found.rows.drop_columns([name for name in found.rows.schema.names if name in keeping.never])
    for at, name in enumerate(table.schema.names):
        if name in keeping.hashed:
            table = table.set_column(at, name, pa.array([hashed(value) for value in table.column(at).to_pylist()], pa.string()))
    return Read(table, refused)


def _document(body: bytes) -> list[object]:
    """A list of rows, or one row."""
    try:
        found = json.loads(body)
    except RecursionError as error:
        raise Refusal(400, "the JSON is too deep", hint="a row is an object of numbers and texts") from error
    except ValueError as error:
        raise Refusal(400, f"the body is not JSON: {_line(error)}", hint="send a list of rows, or one row") from error
    return found if isinstance(found, list) else [found]


def _lines(body: bytes) -> list[object]:
    """One row a line; a line that is broken stands for itself."""
    lines = [line for line in body.splitlines() if line.strip()]
    try:
        together = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        return [_one(line) for line in lines]
    return together if len(together) == len(lines) else [_one(line) for line in lines]


def _one(line: bytes) -> object:
    try:
        return json.loads(line)
    except RecursionError:
        return Unreadable("the JSON is too deep", line.decode(errors="replace"))
    except ValueError as error:
        return Unreadable(f"the line is not JSON: {_line(error)}", line.decode(errors="replace"))


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
