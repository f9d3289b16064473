"""The routes that rows come in by: a 202 means that they are on the disk, each batch once."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from pyarrow import ipc

from driftline.errors import OutsideError
from driftline.server.bodies import ARROW, LINES, Limits
from driftline.services.keeping import HIDDEN
from driftline.store.gathering import parcel_of
from driftline.store.intake import Intake
from driftline.store.tables import parcels

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"id": f"i{n}", "features": {"amount": n / 2, "plan": "pro"}, "score": 0.5, "timestamp": "2026-01-05T00:00:00Z"} for n in range(3)]
PATH = "/v1/models/churn/predictions"


def stored(world: Any) -> pa.Table:
    """What lies in the store."""
    with world.service.database.reading() as tx:
        return world.service.rows.table([parcel_of(row) for row in tx.execute(sa.select(parcels).order_by(parcels.c.id))])


def test_each_form_brings_the_same_rows(api: Any, admin: dict[str, str], small: Any) -> None:
    """A list, a single row, JSON Lines, an Arrow stream, compressed or not."""
    flat = [{"id": row["id"], "ts": row["timestamp"], "score": row["score"], "amount": row["features"]["amount"]} for row in ROWS]
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pylist(flat)
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    lines = "\n".join(map(json.dumps, ROWS)).encode()
    sent = [
        ({}, json.dumps(ROWS).encode()),
        ({}, json.dumps(ROWS[0]).encode()),
        ({"Content-Type": LINES}, lines),
        ({"Content-Type": LINES, "Content-Encoding": "gzip"}, gzip.compress(lines)),
        ({"Content-Type": ARROW}, bytes(sink.getvalue())),
    ]
    for headers, body in sent:
        answer = api.post(PATH, content=body, headers={**admin, **headers})
        assert (answer.status_code, answer.json()["refused"], answer.json()["repeated"]) == (202, 0, False)
    ids = stored(small).column("id").to_pylist()
    assert sorted(ids) == sorted(["i0", "i1", "i2"] * 4 + ["i0"])
    assert set(stored(small).column("amount").to_pylist()) == {0.0, 0.5, 1.0}


def test_a_batch_is_known_by_its_key(api: Any, admin: dict[str, str], small: Any) -> None:
    """However often, and by however many at once, it is sent; another body under its key is refused."""
    headers = {**admin, "Idempotency-Key": "b-1"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post(PATH, json=ROWS, headers=headers).json(), range(24)))
    assert sorted(answer["repeated"] for answer in answers) == [False] + [True] * 23
    assert {(answer["batch"], answer["rows"]) for answer in answers} == {("b-1", 3)}
    assert stored(small).num_rows == 3
    assert api.post(PATH, json=ROWS[:1], headers=headers).status_code == 409


def test_without_a_key_every_request_is_a_batch_of_its_own(api: Any, admin: dict[str, str], small: Any) -> None:
    """Two rows that are alike are two rows."""
    assert len({api.post(PATH, json=ROWS, headers=admin).json()["batch"] for _ in range(3)}) == 3
    assert stored(small).num_rows == 9


def test_rows_that_cannot_be_read_are_told_and_kept(api: Any, admin: dict[str, str], small: Any) -> None:
    """The others are taken."""
    answer = api.post(PATH, json=[ROWS[0], 7, {"a": [1]}], headers=admin)
    assert (answer.status_code, answer.json()["rows"], answer.json()["refused"]) == (202, 1, 2)
    letters = api.get("/v1/monitors/churn/dead-letters", headers=admin).json()["items"]
    assert [(one["place"], one["row"]) for one in letters] == [(2, '{"a": [1]}'), (1, "7")]


def test_labels_come_by_their_own_route(api: Any, admin: dict[str, str], small: Any) -> None:
    """With the id of a prediction and a value."""
    answer = api.post("/v1/models/churn/labels", json=[{"id": "i0", "value": 1}, {"value": 1}], headers=admin)
    assert (answer.json()["rows"], answer.json()["refused"]) == (1, 1)
    assert stored(small).select(["id", "left"]).to_pylist() == [{"id": "i0", "left": 1}]


class Trap:
    """Read as a pickle, it would end the process."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (99,)


PICKLED = pickle.dumps(Trap())


def test_pickled_lines_are_refused_one_by_one(api: Any, admin: dict[str, str], small: Any) -> None:
    """Each line that is no JSON is a dead letter, and nothing of it is run; the lines beside it are kept."""
    lines = b"\n".join([json.dumps(ROWS[0]).encode(), PICKLED.replace(b"\n", b""), json.dumps(ROWS[1]).encode()])
    answer = api.post(PATH, content=lines, headers={**admin, "Content-Type": "application/x-ndjson"})
    assert (answer.status_code, answer.json()["rows"], answer.json()["refused"]) == (202, 2, 1)
    (letter,) = small.service.board.dead_letters(small.watched.id, before=None, limit=9)
    assert letter["reason"].startswith("the line is not JSON")


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Length": "99999999999"}, b"{}", 413),
        ({}, b"x" * 20_000, 413),
        ({"Content-Type": "text/html"}, b"{}", 415),
        ({"Content-Encoding": "br"}, b"{}", 415),
        ({"Content-Type": "application/x-python-pickle"}, b"\x80\x04.", 415),
        ({}, b"\x80\x04\x95\x00", 400),
        ({}, PICKLED, 400),
        ({"Content-Type": "application/vnd.apache.arrow.stream"}, PICKLED, 422),
        ({"Content-Encoding": "gzip"}, PICKLED, 400),
        ({}, b"[" * 15_000, 400),
        ({"Idempotency-Key": "x" * 201}, b"{}", 422),
        ({"Idempotency-Key": ""}, b"{}", 422),
    ],
)
def test_what_is_refused(api: Any, admin: dict[str, str], face: Any, headers: dict[str, str], content: bytes, status: int) -> None:
    """Before anything of it is kept."""
    face.limits = Limits(body=16_000, expanded=64_000, rows=10)
    answer = api.post(PATH, content=content, headers={**admin, **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert face.service.board.counts()["rows_uncounted"] == 0


def test_an_unknown_model_is_told_with_the_one_meant(api: Any, admin: dict[str, str]) -> None:
    """Names that look like paths or SQL are names that nobody has."""
    assert api.post("/v1/models/churm/predictions", json=ROWS, headers=admin).json()["hint"] == "did you mean 'churn'?"
    for name in ("..%2f..%2fetc", "'; drop table monitors; --", "churn%20"):
        assert api.post(f"/v1/models/{name}/predictions", json=ROWS, headers=admin).status_code == 404


def test_a_disk_that_fails_is_a_503(api: Any, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender is told to come again; nothing was acknowledged."""

    def full(self: Intake, deliveries: object) -> Any:
        raise OutsideError("the disk is full", hint="make room")

    monkeypatch.setattr(Intake, "write", full)
    answer = api.post(PATH, json=ROWS, headers={**admin, "Idempotency-Key": "again"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["detail"]) == (503, "1", "the disk is full")
    monkeypatch.undo()
    assert api.post(PATH, json=ROWS, headers={**admin, "Idempotency-Key": "again"}).json()["repeated"] is False


def test_what_must_not_be_kept_is_nowhere(api: Any, admin: dict[str, str], small: Any, tmp_path: Path) -> None:
    """In whatever form it comes, also in rows that cannot be read; labels find their predictions by the hash of the id."""
    small.change(keep="{never: [email], hashed: [id]}")
    marks = ["ann@example.com", "customer-4711"]
    row = {"id": marks[1], "email": marks[0], "amount": 1.0, "ts": "2026-01-05T00:00:00Z"}
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, pa.table({name: [value] for name, value in row.items()}).schema) as writer:
        writer.write_table(pa.table({name: [value] for name, value in row.items()}))
    for form, body in (
        ("application/json", json.dumps([row, {**row, "amount": [1]}]).encode()),
        ("application/x-ndjson", b'{"email": "ann@example.com", "id": "customer-4711"'),
        ("application/vnd.apache.arrow.stream", sink.getvalue().to_pybytes()),
    ):
        assert api.post(PATH, content=body, headers={**admin, "Content-Type": form}).status_code == 202
    answer = api.post("/v1/models/churn/labels", json={"id": marks[1], "value": 1}, headers=admin)
    assert answer.json()["rows"] == 1
    small.round()
    small.round()
    (window,) = small.service.board.report(small.watched.id)["windows"]
    assert (window["rows"], window["labels"]["labelled"]) == (2, 2)
    assert [letter["row"] for letter in small.service.board.dead_letters(small.watched.id, before=None, limit=9)] == [HIDDEN] * 2
    written = [file for file in (tmp_path / "data").rglob("*") if file.is_file() and "references" not in file.parts]
    assert len(written) > 3
    assert not set(marks) & {value for column in stored(small).to_pydict().values() for value in column}
    assert [(file.name, mark) for file in written for mark in marks if mark.encode() in file.read_bytes()] == []
