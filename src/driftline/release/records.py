"""What the gateway wrote down of one step of a rollout, with the labels that have come, as evidence."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from driftline import wiring
from driftline.errors import UnreadableData
from driftline.release.trials import Words, text_of
from driftline.rollout.evidence import Arm, Evidence, of_gain
from driftline.rollout.plan import Mode
from driftline.rollout.rollout import Seen
from driftline.rollout.split import Part, split_evidence
from driftline.rollout.trial import Trial, gain
from driftline.schema import Role
from driftline.sources.joined import Joined
from driftline.sources.opening import open_source

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from driftline.config.specification import Specification
    from driftline.rollout.plan import Plan

CHAMPION, CHALLENGER = "champion", "challenger"
LABEL = "label_of_record"
COLUMNS = {
    "id": pa.string(),
    "entity": pa.string(),
    "rollout": pa.string(),
    "step": pa.int64(),
    "model": pa.string(),
    "dealt": pa.string(),
    "error": pa.bool_(),
    "null": pa.bool_(),
    "slow": pa.bool_(),
    "score": pa.float64(),
}
"""What a rollout needs of a record, beside the answer."""

SLACK = 60.0
"""By so many seconds the clocks of gateway and rollout may differ."""


class Reader:
    """Reads a spool as it grows: what was read of a step is kept, and only what is new is read.

    Args:
        spool: the gateway's folder.
    """

    def __init__(self, spool: Path) -> None:
        self._spool = spool
        self._step: tuple[str, int] | None = None
        self._read: dict[Path, int] = {}
        self._kept: list[pa.Table] = []

    def records(self, rollout: str, step: int, since: datetime) -> pa.Table:
        """The records of one step.

        Args:
            rollout: its name.
            step: the place of the step.
            since: when the step began; files that were not touched since are not read.

        Raises:
            UnreadableData: a file holds something else.
        """
        if self._step != (rollout, step):
            self._step, self._read, self._kept = (rollout, step), {}, []
        for path in sorted(self._spool.rglob("*.jsonl")):
            stat = path.stat()
            if stat.st_mtime >= since.timestamp() - SLACK and stat.st_size > self._read.get(path, 0):
                self._kept += self._new(path, rollout, step)
        empty = pa.schema({**COLUMNS, "prediction": pa.string()}).empty_table()
        return pa.concat_tables(self._kept) if self._kept else empty

    def _new(self, path: Path, rollout: str, step: int) -> list[pa.Table]:
        """What a file has more than before, up to the last line that is whole."""
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read[path] = self._read.get(path, 0) + len(whole)
        # Many files are of other rollouts: they are not parsed.
        if f'"rollout": "{rollout}"'.encode() not in whole:
            return []
        table = _parsed(whole, path)
        return [table.filter(pc.and_(pc.equal(table["rollout"], rollout), pc.equal(table["step"], step)))]


def _parsed(whole: bytes, path: Path) -> pa.Table:
    """Records with predictions as texts; what else is in them is not read."""
    for kind in (pa.string(), pa.int64(), pa.float64(), pa.bool_()):
        options = pj.ParseOptions(explicit_schema=pa.schema({**COLUMNS, "prediction": kind}), unexpected_field_behavior="ignore")
        try:
            table = pj.read_json(io.BytesIO(whole), pj.ReadOptions(block_size=len(whole)), options)
        except pa.ArrowInvalid:
            continue
        place = table.schema.get_field_index("prediction")
        return table.set_column(place, "prediction", table.column(place).cast(pa.string()))
    try:
        # Models that answer in different types, or no records at all: line by line.
        rows = [json.loads(line) for line in whole.splitlines()]
        columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
        columns["prediction"] = [text_of(row.get("prediction")) for row in rows]
        return pa.table(columns, schema=pa.schema({**COLUMNS, "prediction": pa.string()}))
    except (ValueError, TypeError, AttributeError, pa.ArrowException) as error:
        raise UnreadableData(f"{str(path)!r} holds no records: {error}", hint="give the gateway's --spool folder, and no other") from error


def seen(specification: Specification, plan: Plan, step: int, table: pa.Table, now: datetime) -> Seen:
    """What a step has shown.

    Args:
        specification: the monitor: where labels come from, and how classes are read.
        plan: the rollout's.
        step: the place of its step; after promotion the number of steps.
        table: the records of the step.
        now: labels that came later are not known.
    """
    own = table.filter(pc.equal(table["model"], table["dealt"]))
    shadow = step < len(plan.steps) and plan.steps[step].mode is Mode.SHADOW
    if shadow:
        own = table
    arms = {name: own.filter(pc.equal(own["model"], name)) for name in (CHAMPION, CHALLENGER)}
    counted = [_arm(arms[name], entities=not shadow) for name in (CHAMPION, CHALLENGER)]
    if step >= len(plan.steps):
        return Seen(step, counted[0], counted[1], ())
    labelled = _labelled(specification, own, now)
    if labelled is None:
        return Seen(step, counted[0], counted[1], (Evidence(),) * len(plan.aims))
    words = Words.of(specification)
    asked = _paired(labelled, words) if shadow else _split(labelled, words)
    return Seen(step, counted[0], counted[1], tuple(asked(aim.metric) for aim in plan.aims))


def _arm(table: pa.Table, *, entities: bool) -> Arm:
    errors, nulls, slow = (int(pc.sum(table[name]).as_py() or 0) for name in ("error", "null", "slow"))
    dealt = int(pc.count_distinct(table["entity"]).as_py()) if entities else None
    return Arm(table.num_rows, errors, nulls, slow, dealt)


def _labelled(specification: Specification, table: pa.Table, now: datetime) -> pa.Table | None:
    """The records whose label has come; None where it is not said how labels find them."""
    source, hints, place = wiring.labels(specification), specification.monitor.hints, specification.places.labels
    if source is None:
        return None
    id_, label = (place.id, place.label) if place else (hints.named(Role.ID), hints.named(Role.LABEL))
    time = place.time if place else hints.label_time
    joined = Joined(
        open_source(table), source, "id", str(label), label_id=id_, label_time=time, into=LABEL, as_of=now if time else None, shared=True
    )
    found = pa.Table.from_batches(list(joined.batches()), joined.schema())
    return found.filter(pc.is_valid(found[LABEL]))


def _split(table: pa.Table, words: Words) -> Any:
    parts = []
    for name in (CHAMPION, CHALLENGER):
        own = table.filter(pc.equal(table["model"], name))
        parts.append(Part(words.labels(own[LABEL].to_pylist()), words.answers(*_said(own))))
    return lambda metric: split_evidence(metric, parts[0], parts[1])


def _paired(table: pa.Table, words: Words) -> Any:
    """Both models' answers to the same records."""
    sides = {}
    for name in (CHAMPION, CHALLENGER):
        own = table.filter(pc.equal(table["model"], name))
        sides[name] = (own, {id_: place for place, id_ in enumerate(own["id"].to_pylist())})
    both = sorted(sides[CHAMPION][1].keys() & sides[CHALLENGER][1].keys())
    rows = {name: own.take(pa.array([places[id_] for id_ in both], pa.int64())) for name, (own, places) in sides.items()}
    label = words.labels(rows[CHAMPION][LABEL].to_pylist())
    trial = Trial(label, words.answers(*_said(rows[CHAMPION])), words.answers(*_said(rows[CHALLENGER])))
    return lambda metric: of_gain(gain(trial, metric)) if np.isfinite(label).any() else Evidence()


def _said(table: pa.Table) -> tuple[list[Any] | None, list[Any] | None]:
    score, prediction = (table[name] for name in ("score", "prediction"))
    known = [None if column.null_count == len(column) else column.to_pylist() for column in (score, prediction)]
    return (known[0], known[1]) if known != [None, None] else (score.to_pylist(), None)
