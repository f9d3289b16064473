"""How a plan, a window and a profile lie in Arrow record batches, one row a column."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from driftline.profile.distinct import REGISTERS
from driftline.profile.moments import LIMBS
from driftline.profile.outcome import OutcomeCounts
from driftline.profile.plan import Plan
from driftline.profile.profile import Odd, Profile
from driftline.profile.sample import Sample
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

ODD = {"null": Odd.NULL, "nan": Odd.NAN, "wrong_type": Odd.WRONG_TYPE, "absent": Odd.ABSENT}

SCHEMA = pa.schema(
    [
        pa.field("plan", pa.string()),
        pa.field("window", pa.string()),
        pa.field("segment", pa.string()),
        pa.field("column", pa.string(), nullable=False),
        pa.field("counts", pa.list_(pa.int64())),
        *(pa.field(name, pa.int64()) for name in ODD),
        pa.field("least", pa.float64()),
        pa.field("greatest", pa.float64()),
        pa.field("sums", pa.list_(pa.int64(), LIMBS)),
        pa.field("registers", pa.binary(REGISTERS)),
        pa.field("unseen", pa.map_(pa.string(), pa.int64())),
        pa.field("sample_keys", pa.list_(pa.uint64())),
        pa.field("sample", pa.list_(pa.float64())),
        pa.field("outcome", pa.list_(pa.int64())),
    ]
)
"""The columns of every batch. The first batch is the plan, each that follows is one window."""

UTC = ZoneInfo("UTC")


def plan_batch(plan: Plan) -> pa.RecordBatch:
    """The plan: for each column its name and what `Plan.to_dict` writes of it."""
    names = pa.array(plan.names, pa.string())
    written = pa.array([json.dumps(item, sort_keys=True, ensure_ascii=False) for item in plan.to_dict()["columns"]], pa.string())
    return _batch({"plan": written, "column": names}, len(plan.columns))


def plan_of(batch: pa.RecordBatch, head: Mapping[str, Any]) -> Plan:
    """Read what `plan_batch` wrote; sample size, seed and schema number stand in the file's metadata."""
    return Plan.from_dict({**head["plan"], "columns": [json.loads(item) for item in batch.column("plan").to_pylist()]})


def profile_batch(segment: str | None, window: Window, profile: Profile) -> pa.RecordBatch:
    """One profile: for each column its counts and all else that is known of it."""
    plan, columns = profile.plan, len(profile.plan.columns)
    values = np.ascontiguousarray(profile.sample.values.T)
    keys = [profile.sample.keys.size] + [0] * (columns - 1)
    outcome = _flat(profile)
    return _batch(
        {
            "window": pa.repeat(pa.scalar(window.label), columns),
            "segment": pa.repeat(pa.scalar(segment, pa.string()), columns),
            "column": pa.array(plan.names, pa.string()),
            "counts": _lists(profile.counts, np.diff(plan.offsets)),
            **{name: pa.array(profile.odd[:, odd]) for name, odd in ODD.items()},
            "least": pa.array(profile.extremes[:, 0]),
            "greatest": pa.array(profile.extremes[:, 1]),
            "sums": pa.FixedSizeListArray.from_arrays(pa.array(profile.sums.ravel()), LIMBS),
            "registers": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(REGISTERS), columns, [None, pa.py_buffer(np.ascontiguousarray(profile.registers))]
            ),
            "unseen": pa.array([list(values.items()) for values in profile.unseen], SCHEMA.field("unseen").type),
            "sample_keys": _lists(profile.sample.keys, keys),
            "sample": _lists(values.ravel(), [len(profile.sample.keys)] * columns),
            **({"outcome": _lists(outcome, [outcome.size] + [0] * (columns - 1))} if plan.outcome else {}),
        },
        columns,
    )


def profile_of(batch: pa.RecordBatch, plan: Plan, rows: int) -> Profile:
    """Read what `profile_batch` wrote, copying as little as possible.

    Raises:
        ValueError: the numbers do not fit the plan, or a column's counts do not add up to its rows.
    """
    columns = len(plan.columns)
    counts = _values(batch, "counts", np.int64)
    odd = np.stack([_column(batch, name) for name in ODD], axis=1)
    keys = _values(batch, "sample_keys", np.uint64)
    if batch.num_rows != columns or counts.size != plan.width:
        raise ValueError(f"{batch.num_rows} columns with {counts.size} bins where the plan has {columns} with {plan.width}")
    if not np.array_equal(np.add.reduceat(counts, plan.offsets[:-1]) + odd.sum(axis=1), np.full(columns, rows)):
        raise ValueError(f"counts do not add up to {rows} rows")
    return Profile(
        plan=plan,
        rows=rows,
        counts=counts,
        odd=odd,
        sums=_values(batch, "sums", np.int64).reshape(columns, LIMBS),
        extremes=np.stack([_column(batch, "least"), _column(batch, "greatest")], axis=1),
        registers=np.frombuffer(batch.column("registers").buffers()[1], np.uint8, columns * REGISTERS).reshape(columns, REGISTERS),
        sample=Sample(keys, _sample(batch, columns, keys.size)),
        unseen=_unseen(batch),
        outcome=_outcome(batch, plan),
    )


def check_sums(profile: Profile) -> tuple[int, int]:
    """CRC-32, by which damage shows: of the profile without its sampled rows, and of these, column after column."""
    arrays = (profile.counts, profile.odd, profile.extremes, profile.sums, profile.registers, profile.sample.keys, _flat(profile))
    total = zlib.crc32(json.dumps([list(values.items()) for values in profile.unseen]).encode())
    for array in arrays:
        total = zlib.crc32(_bytes(array), total)
    return total, zlib.crc32(_bytes(profile.sample.values.T))


def _flat(profile: Profile) -> NDArray[np.int64]:
    """All counts of outcomes, one after another."""
    arrays = profile.outcome.arrays() if profile.outcome else ()
    return np.concatenate([np.empty(0, dtype=np.int64), *(array.ravel() for array in arrays)])


def _outcome(batch: pa.RecordBatch, plan: Plan) -> OutcomeCounts | None:
    """Read what `_flat` wrote.

    Raises:
        ValueError: there are more or fewer counts than the plan has cells.
    """
    if plan.outcome is None:
        return None
    return OutcomeCounts.of(plan.outcome, _values(batch, "outcome", np.int64))


def _bytes(array: NDArray[Any]) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def window_to_dict(window: Window) -> dict[str, str | int | None]:
    """Write a window as JSON has it."""
    return {"index": window.index, "label": window.label, "start": window.bound("start"), "end": window.bound("end")}


def window_of(data: Mapping[str, Any]) -> Window:
    """Read what `window_to_dict` wrote."""
    return Window(data["index"], data["label"], _bound(data["start"]), _bound(data["end"]))


def cut_of(row: Any) -> Window:
    """The window of a row in the database: its bounds, at the place where it stands."""
    return _placed(row.cut, row.position)


# A year of windows is read for each page, and windows never change.
@lru_cache(maxsize=4096)
def _placed(cut: str, position: int) -> Window:
    return replace(window_of(json.loads(cut)), index=position)


def _bound(written: str | int | None) -> datetime | int | None:
    return datetime.fromisoformat(written).astimezone(UTC) if isinstance(written, str) else written


def _batch(columns: Mapping[str, pa.Array], rows: int) -> pa.RecordBatch:
    """A batch of the file's schema; what is not given is null."""
    arrays = [columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _lists(values: NDArray[Any], lengths: Sequence[int] | NDArray[np.intp]) -> pa.Array:
    """Cut a row of values into lists."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))


def _values(batch: pa.RecordBatch, name: str, kind: type[np.generic]) -> NDArray[Any]:
    """All lists' values, one after another, as Arrow holds them."""
    values: NDArray[Any] = batch.column(name).flatten().to_numpy(zero_copy_only=True)
    return values.astype(kind, copy=False)


def _column(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    values: NDArray[Any] = batch.column(name).to_numpy(zero_copy_only=True)
    return values


def _sample(batch: pa.RecordBatch, columns: int, rows: int) -> NDArray[np.float64]:
    """The sampled rows; NaN where they were not read."""
    if "sample" in batch.schema.names:
        return _values(batch, "sample", np.float64).reshape(columns, rows).T
    return np.broadcast_to(np.float64("nan"), (rows, columns))


def _unseen(batch: pa.RecordBatch) -> tuple[Mapping[str, int], ...]:
    """For each column its unseen values; most have none."""
    found: list[Mapping[str, int]] = [{}] * batch.num_rows
    maps = batch.column("unseen")
    for row in np.flatnonzero(np.diff(maps.offsets.to_numpy())):
        found[row] = dict(maps[int(row)].as_py())
    return tuple(found)
