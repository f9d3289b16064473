"""Writes and reads profile files: Arrow IPC, compressed, described in docs/profile-format.md."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import ipc

from driftline.errors import DataError, DriftlineError, OutsideError, UnreadableData, near_miss
from driftline.paper import draft
from driftline.store.layout import SCHEMA, check_sums, plan_batch, plan_of, profile_batch, profile_of, window_of, window_to_dict
from driftline.store.shelf import Shelf, Use

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.window import Window

FORMAT = 1
"""The number of the file's form; a reader refuses a higher one."""

KEY = b"driftline"
"""Under this the file's metadata says what it is, as JSON."""

DIGEST_KEY = b"driftline.digest"
"""Under this stands the digest of that JSON."""

FOR_PEOPLE = frozenset({"window", "segment", "column"})
"""Columns for people and other tools; the metadata says the same."""

HINT = "profile the data again: driftline profile data/*.parquet -o day.profile"


def save(shelf: Shelf, path: str | Path) -> None:
    """Write a shelf; whoever reads meanwhile sees the old file or the new one, never a part.

    Raises:
        DataError: the plan has no columns.
        OutsideError: the file cannot be written.
    """
    if not shelf.plan.columns:
        raise DataError("a plan without columns has nothing to save", hint="profile data that has columns")
    plan = plan_batch(shelf.plan)
    head = json.dumps(_head(shelf, plan), sort_keys=True, ensure_ascii=False).encode()
    options = ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))
    with (
        _replacing(Path(path)) as temporary,
        ipc.new_file(temporary, SCHEMA.with_metadata({KEY: head, DIGEST_KEY: _digest(head)}), options=options) as writer,
    ):
        writer.write_batch(plan)
        for segment, window, profile in shelf.entries:
            writer.write_batch(profile_batch(segment, window, profile))


def load(path: str | Path, *, samples: bool = True) -> Shelf:
    """Read a shelf.

    Args:
        path: the profile file.
        samples: whether the sampled rows are wanted; they are most of a wide file. Without them
            their keys are read, and their values are NaN.

    Raises:
        DataError: there is no such file, or a newer driftline wrote it.
        UnreadableData: it is not a profile file, or not a whole one.
    """
    place, name = Path(path), str(path)
    with _naming(place):
        if place.is_dir():
            raise DataError(f"{name!r} is a folder", hint="name the profile file in it")
        if not place.stat().st_size:
            raise UnreadableData(f"{name!r} is empty", hint=HINT)
        source = pa.memory_map(str(place))
        head = _read_head(ipc.open_file(source).schema, place)
        unread = FOR_PEOPLE | {"plan"} | (set() if samples else {"sample"})
        with ThreadPoolExecutor(pa.cpu_count()) as pool:
            # Batches are unpacked in other threads while the plan is read in this one.
            batches = pool.map(partial(_read_batch, source, unread), range(1, len(head["entries"]) + 1))
            plan = _read_plan(source, head)
            entries = tuple(pool.map(partial(_read_entry, plan), batches, head["entries"]))
        return Shelf(plan, entries, Use(head["use"]), head["about"])


def _head(shelf: Shelf, plan: pa.RecordBatch) -> dict[str, Any]:
    """What the file's metadata says."""
    return {
        "format": FORMAT,
        "written_by": f"driftline {metadata.version('driftline')}",
        "use": shelf.use.value,
        "about": dict(shelf.about),
        "plan": {key: value for key, value in shelf.plan.to_dict().items() if key != "columns"} | {"digest": _plan_digest(plan)},
        "entries": [_entry(segment, window, profile) for segment, window, profile in shelf.entries],
    }


def _entry(segment: str | None, window: Window, profile: Profile) -> dict[str, Any]:
    """What the metadata says of one profile."""
    whole, sampled = check_sums(profile)
    return {"segment": segment, "window": window_to_dict(window), "rows": profile.rows, "crc": whole, "sample_crc": sampled}


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).hexdigest().encode()


def _plan_digest(plan: pa.RecordBatch) -> str:
    """The digest of what is written of all columns."""
    return _digest("\n".join(item or "" for item in plan.column("plan").to_pylist()).encode()).decode()


def _read_head(schema: pa.Schema, place: Path) -> dict[str, Any]:
    written = (schema.metadata or {}).get(KEY)
    if written is None:
        raise UnreadableData(f"{str(place)!r} is Arrow data but not a profile", hint=HINT)
    if _digest(written) != schema.metadata.get(DIGEST_KEY):
        raise ValueError("the digest of its metadata is another")
    head: dict[str, Any] = json.loads(written)
    if head["format"] > FORMAT:
        raise DataError(
            f"{str(place)!r} was written by a newer driftline: it has format {head['format']}, this one reads up to {FORMAT}",
            hint=f"upgrade driftline; the file was written by {head['written_by']}",
        )
    # Later writers of this format may add columns.
    if pa.schema([field for field in schema if field.name in SCHEMA.names]) != SCHEMA:
        raise ValueError("its columns are others")
    return head


def _read_plan(source: pa.MemoryMappedFile, head: Mapping[str, Any]) -> Plan:
    batch = _read_batch(source, set(SCHEMA.names) - {"plan"}, 0)
    if _plan_digest(batch) != head["plan"]["digest"]:
        raise ValueError("the digest of its plan is another")
    return plan_of(batch, head)


def _read_entry(plan: Plan, batch: pa.RecordBatch, entry: Mapping[str, Any]) -> tuple[str | None, Window, Profile]:
    segment, window = entry["segment"], window_of(entry["window"])
    profile = profile_of(batch, plan, entry["rows"])
    whole, sampled = check_sums(profile)
    # Sampled rows that were not read have no sum.
    if whole != entry["crc"] or (sampled != entry["sample_crc"] and "sample" in batch.schema.names):
        raise ValueError(f"the check sums of window {window.label!r} are others")
    return segment, window, profile


def _read_batch(source: pa.MemoryMappedFile, unread: AbstractSet[str], number: int) -> pa.RecordBatch:
    """Read all columns of a batch but some."""
    read = [i for i, name in enumerate(ipc.open_file(source).schema.names) if name in SCHEMA.names and name not in unread]
    # Entries are read side by side already.
    reader = ipc.open_file(source, options=ipc.IpcReadOptions(included_fields=read, use_threads=False))
    batch = reader.get_batch(number)
    # Damaged offsets point outside of the memory that is ours.
    batch.validate(full=True)
    return batch


@contextmanager
def _naming(place: Path) -> Iterator[None]:
    """Name the file in whatever goes wrong while it is read."""
    name = str(place)
    try:
        yield
    except DriftlineError:
        raise
    except FileNotFoundError as error:
        beside = [str(file) for file in place.parent.glob("*.profile")]
        raise DataError(f"{name!r} does not exist", hint=near_miss(name, beside) if beside else HINT) from error
    except PermissionError as error:
        raise OutsideError(f"{name!r} may not be read: permission denied", hint="ask for the right to read it") from error
    except (pa.ArrowException, ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise UnreadableData(f"{name!r} is not a profile, or not a whole one: {error}", hint=HINT) from error


@contextmanager
def _replacing(place: Path) -> Iterator[str]:
    """A file to write to that takes the place of another when it is whole and on the disk."""
    temporary = draft(place)
    try:
        yield str(temporary)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(place)
    except OSError as error:
        raise OutsideError(
            f"{str(place)!r} cannot be written: {error.strerror or error}", hint="check that the folder exists, and its rights and room"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
