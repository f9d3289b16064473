"""The files are what a monitor reads: rows without labels, labels in the order they come, the truth beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from driftline.errors import ConfigError
from driftline.simulator import Event, PaymentsConfig, Written, simulate, write

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = PaymentsConfig(
    seed=4,
    rows_per_day=400,
    days=9,
    reference_days=7,
    train_days=14,
    fraud_rate=0.03,
    events=(Event(kind="duplicated_batch", from_day=4, to_day=5),),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A short stream, written."""
    return write(CONFIG, tmp_path_factory.mktemp("payments") / "new")


def test_there_is_a_file_for_each_day(written: Written) -> None:
    """Day files are named for their date and hold what `simulate` yields, less what nobody knows yet."""
    files = sorted(written.data.iterdir())
    assert [file.name for file in files] == [f"payments-{CONFIG.date_of(day)}.parquet" for day in range(9)]
    for file, day in zip(files, simulate(CONFIG), strict=True):
        assert pq.read_table(file).equals(day.drop_columns(["is_fraud", "label_ts"]))


def test_the_reference_looks_like_a_day(written: Written) -> None:
    """It has the columns of the days, and the week before the first of them."""
    reference = pq.read_table(written.reference)
    assert reference.schema.equals(pq.read_schema(next(iter(sorted(written.data.iterdir())))))
    assert {at.date() for at in reference["ts"].to_pylist()} == {CONFIG.date_of(day) for day in range(-7, 0)}


def test_labels_are_in_the_order_in_which_they_come(written: Written) -> None:
    """Every payment but the lost few has one label, and none comes before an earlier line's."""
    labels = pq.read_table(written.labels)
    instants = labels["label_ts"].to_pylist()
    assert labels.column_names == ["transaction_id", "is_fraud", "label_ts"]
    assert instants == sorted(instants)
    assert sum(column.null_count for column in labels.columns) == 0
    rows = pa.concat_tables([pq.read_table(file) for file in [written.reference, *written.data.iterdir()]])
    paid = pc.unique(rows["transaction_id"])
    assert pc.all(pc.is_in(labels["transaction_id"], value_set=paid)).as_py()
    assert 0.97 < labels.num_rows / len(paid) < 1.0
    assert len(pc.unique(labels["transaction_id"])) == labels.num_rows


def test_labels_come_one_to_fourteen_days_after_the_payment(written: Written) -> None:
    """Joined by transaction_id, each label is late within its range."""
    rows = pa.concat_tables(
        [pq.read_table(file, columns=["transaction_id", "ts"]) for file in [written.reference, *written.data.iterdir()]]
    )
    paid = dict(zip(rows["transaction_id"].to_pylist(), rows["ts"].to_pylist(), strict=True))
    labels = pq.read_table(written.labels)
    late = [at - paid[name] for name, at in zip(labels["transaction_id"].to_pylist(), labels["label_ts"].to_pylist(), strict=True)]
    assert timedelta(days=1) <= min(late)
    assert max(late) <= timedelta(days=14)


def test_the_truth_is_beside_them(written: Written) -> None:
    """`truth.json` is what `write` gives back, with the counts of every day."""
    found = json.loads(written.truth_file.read_text())
    assert found == written.truth
    assert [day["day"] for day in found["daily"]] == list(range(-7, 9))
    assert [day["rows"] for day in found["daily"][7:]] == [pq.read_metadata(file).num_rows for file in sorted(written.data.iterdir())]


def test_an_earlier_simulation_is_replaced(tmp_path: Path) -> None:
    """A shorter stream leaves no day of a longer one behind."""
    config = replace(CONFIG, days=3, scored=False)
    write(config, tmp_path)
    written = write(replace(config, days=2), tmp_path)
    assert len(list(written.data.iterdir())) == 2


def test_somebody_elses_data_are_left_alone(tmp_path: Path) -> None:
    """A data directory with other Parquet files is refused, and nothing in it is touched."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sales.parquet").write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"'sales\.parquet', which is not a simulated day"):
        write(CONFIG, tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "sales.parquet"]


def test_a_stream_without_a_model_has_no_scores(tmp_path: Path) -> None:
    """Unscored files have features only, and the truth counts rows and frauds."""
    written = write(replace(CONFIG, days=1, scored=False, train_days=0), tmp_path)
    assert not {"model_score", "model_pred"} & set(pq.read_schema(written.reference).names)
    assert set(written.truth["daily"][0]) == {"day", "date", "rows", "frauds"}


def test_progress_is_told(tmp_path: Path) -> None:
    """Whoever waits hears what is being done, how far it is, and when it is done."""
    heard: list[tuple[str, int, int | None]] = []
    write(replace(CONFIG, days=2, scored=False), tmp_path, progress=lambda *said: heard.append(said))
    assert heard[0] == ("training", 0, None)
    assert heard[1:] == [("simulating", done, 9) for done in range(1, 10)]
