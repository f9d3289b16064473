"""What the gateway wrote down, as evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.config.specification import Specification, specify
from driftline.errors import UnreadableData
from driftline.release.records import Reader, seen
from driftline.rollout.evidence import Evidence, of_gain, of_shares
from driftline.rollout.paired import share_gain

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ROWS = 400


def record(number: int, model: str, step: int, **other: Any) -> dict[str, Any]:
    """One line of a spool."""
    told = {"id": f"r{number}", "entity": f"c{number % 50}", "rollout": "shop-1", "step": step, "model": model, "dealt": model}
    return {**told, "error": False, "null": False, "slow": False, "latency_ms": 2.0, "x": number, **other}


@pytest.fixture
def shop(tmp_path: Path) -> Specification:
    """A shop whose labels come in a file of their own: every even request was bad."""
    labels = pa.table({"request": [f"r{n}" for n in range(ROWS)], "bad": [int(n % 2 == 0) for n in range(ROWS)]})
    pq.write_table(labels, tmp_path / "labels.parquet")
    pq.write_table(pa.table({"id": ["a"], "bad": [1], "said": [1]}), tmp_path / "rows.parquet")
    given = {"monitor": "shop", "task": "binary", "reference": "rows.parquet", "current": "rows.parquet"}
    columns = {"id": "id", "label": "bad", "prediction": "said"}
    rollout = {"aims": {"accuracy": 0.05, "recall": 0.05}}
    where = {"from": "labels.parquet", "id": "request"}
    return specify({**given, "columns": columns, "labels": where, "rollout": rollout}, {}, directory=tmp_path)


def spooled(tmp_path: Path, lines: list[dict[str, Any]], name: str = "a.jsonl") -> Path:
    """A spool with these records."""
    folder = tmp_path / "spool"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def read(folder: Path, rollout: str, step: int) -> pa.Table:
    """All records of a step, read at once."""
    return Reader(folder).records(rollout, step, LONG_AGO)


def right(number: int, model: str) -> bool:
    """The champion is wrong about every tenth request, the challenger about every fifth."""
    return number % (10 if model == "champion" else 5) != 0


def said(number: int, model: str) -> int:
    """What a model says of a request."""
    return int((number % 2 == 0) == right(number, model))


def test_only_the_steps_records_are_read(tmp_path: Path) -> None:
    """Records of other steps, other rollouts and half a line at the end are left out."""
    lines = [record(1, "champion", 0), record(2, "champion", 1), record(3, "champion", 1, rollout="other")]
    folder = spooled(tmp_path, lines)
    with (folder / "a.jsonl").open("a") as file:
        file.write('{"id": "r4", "rollout": "shop-1", "st')
    assert read(folder, "shop-1", 1)["id"].to_pylist() == ["r2"]
    assert read(folder, "shop-1", 7).num_rows == 0
    assert read(tmp_path / "nowhere", "shop-1", 0).num_rows == 0


def test_only_what_is_new_is_read_again(tmp_path: Path) -> None:
    """A reader that is kept finds lines that were added, and the other half of one; a new step begins anew; old files stay closed."""
    folder = spooled(tmp_path, [record(1, "champion", 0)])
    reader = Reader(folder)
    assert reader.records("shop-1", 0, LONG_AGO).num_rows == 1
    line = json.dumps(record(2, "champion", 0)) + "\n"
    for part, ids in ((line[:30], ["r1"]), (line[30:], ["r1", "r2"]), ("", ["r1", "r2"])):
        with (folder / "a.jsonl").open("a") as file:
            file.write(part)
        assert reader.records("shop-1", 0, LONG_AGO)["id"].to_pylist() == ids
    spooled(tmp_path, [record(3, "champion", 1)], "b.jsonl")
    assert reader.records("shop-1", 1, LONG_AGO)["id"].to_pylist() == ["r3"]
    later = datetime.fromtimestamp((folder / "b.jsonl").stat().st_mtime + 1000, UTC)
    assert Reader(folder).records("shop-1", 1, later).num_rows == 0


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        ([1, 0], ["1", "0"]),
        (["yes", "no"], ["yes", "no"]),
        ([1.0, 0.5], ["1", "0.5"]),
        ([True, False], ["true", "false"]),
        ([1, "no"], ["1", "no"]),
        ([None, None], [None, None]),
    ],
)
def test_predictions_of_every_type_are_read(tmp_path: Path, said: list[Any], texts: list[str | None]) -> None:
    """Numbers, texts, truth, and a mixture of them."""
    lines = [record(n, "champion", 0, prediction=value, x=["odd", {"a": 1}][n]) for n, value in enumerate(said)]
    assert read(spooled(tmp_path, lines), "shop-1", 0)["prediction"].to_pylist() == texts


def test_what_is_no_record_is_named(tmp_path: Path) -> None:
    """Another file in the folder is an error that says which."""
    folder = spooled(tmp_path, [])
    (folder / "b.jsonl").write_text('"rollout": "shop-1"\n')
    with pytest.raises(UnreadableData, match=r"b\.jsonl"):
        read(folder, "shop-1", 0)


def test_a_shadow_is_paired(tmp_path: Path, shop: Specification) -> None:
    """Both models' answers to the same request stand side by side; errors, nulls and slow answers are counted."""
    lines = [record(n, model, 0, dealt="champion", prediction=said(n, model)) for n in range(ROWS) for model in ("champion", "challenger")]
    lines += [record(900 + n, "challenger", 0, dealt="champion", error=True, slow=True) for n in range(3)]
    found = seen(shop, shop.releasing.plan, 0, read(spooled(tmp_path, lines), "shop-1", 0), NOW)
    assert (found.champion.requests, found.challenger.requests, found.challenger.errors, found.challenger.slow) == (400, 403, 3, 3)
    assert found.champion.entities is None
    numbers = np.arange(ROWS)
    mine, theirs = (np.array([right(n, model) for n in numbers]) for model in ("challenger", "champion"))
    assert found.aims[0] == of_gain(share_gain(theirs, mine))
    bad = numbers % 2 == 0
    assert found.aims[1] == of_gain(share_gain(theirs[bad], mine[bad]))


def test_a_canary_is_split(tmp_path: Path, shop: Specification) -> None:
    """Each model has its own requests; where the champion answered for the challenger, that is nobody's evidence."""
    owner = {n: "challenger" if n % 4 == 0 else "champion" for n in range(ROWS)}
    lines = [record(n, model, 1, prediction=said(n, model)) for n, model in owner.items()]
    lines += [record(950, "challenger", 1, error=True), record(950, "champion", 1, dealt="challenger", prediction=1)]
    found = seen(shop, shop.releasing.plan, 1, read(spooled(tmp_path, lines), "shop-1", 1), NOW)
    assert (found.champion.requests, found.challenger.requests, found.challenger.errors) == (300, 101, 1)
    assert found.champion.entities is not None
    hits = {model: sum(right(n, model) for n, owns in owner.items() if owns == model) for model in ("champion", "challenger")}
    assert found.aims[0] == of_shares((hits["champion"], 300), (hits["challenger"], 100))


def test_without_labels_there_is_no_evidence_but_the_limits_hold(tmp_path: Path, shop: Specification) -> None:
    """Requests are counted although no label has come; after promotion nothing else is."""
    lines = [record(1000 + n, "champion", 0, prediction=1) for n in range(10)]
    lines += [record(n, "challenger", 4, prediction=1) for n in range(5)]
    folder = spooled(tmp_path, lines)
    found = seen(shop, shop.releasing.plan, 0, read(folder, "shop-1", 0), NOW)
    assert (found.champion.requests, found.aims) == (10, (Evidence(), Evidence()))
    after = seen(shop, shop.releasing.plan, 4, read(folder, "shop-1", 4), NOW)
    assert (after.step, after.challenger.requests, after.aims) == (4, 5, ())
