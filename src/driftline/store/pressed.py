"""A profile as bytes that lie in a database: the batch that a profile file has of it, compressed, behind its digest."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import ipc

from driftline.errors import PlanMismatch, UnreadableData
from driftline.store.layout import profile_batch, profile_of
from driftline.window import Window

if TYPE_CHECKING:
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile

KEY = b"driftline"
DIGEST = 16
"""Bytes of the digest. Nothing behind it is looked at before it holds: damaged offsets would lead anywhere."""

HINT = "count its window again: driftline backfill"
NOWHERE = Window(0, "")
"""The batch's columns for people stay empty: the row in the database says whose profile it is."""


def press(profile: Profile) -> bytes:
    """Write a profile."""
    batch = profile_batch(None, NOWHERE, profile)
    head = json.dumps({"rows": profile.rows, "plan": profile.plan.fingerprint})
    sink = pa.BufferOutputStream()
    options = ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1))
    with ipc.new_stream(sink, batch.schema.with_metadata({KEY: head}), options=options) as writer:
        writer.write_batch(batch)
    body = bytes(sink.getvalue())
    return _digest(body) + body


def unpress(body: bytes, plan: Plan) -> Profile:
    """Read what `press` wrote.

    Raises:
        PlanMismatch: it was counted in other bins.
        UnreadableData: the bytes are damaged.
    """
    content = memoryview(body)[DIGEST:]
    if body[:DIGEST] != _digest(content):
        raise UnreadableData("a stored profile is damaged: its digest is another", hint=HINT)
    with ipc.open_stream(pa.py_buffer(content)) as reader:
        head = json.loads(reader.schema.metadata[KEY])
        if head["plan"] != plan.fingerprint:
            raise PlanMismatch("a stored profile was counted in other bins", hint=HINT)
        return profile_of(reader.read_next_batch(), plan, head["rows"])


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST).digest()
