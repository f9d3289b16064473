from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.count import count
from driftline.engines.fit import fit
from driftline.errors import ConfigError, SchemaMismatch, SourceError
from driftline.monitor import Monitor
from driftline.sources import labels as index
from driftline.sources.frames import FrameSource
from driftline.sources.joined import Joined
from driftline.sources.opening import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from driftline.verdicts.report import Finding

DAY = datetime(2026, 1, 1, tzinfo=UTC)


class Pieces:
    """A source that gives a table in pieces of given lengths, and counts how often it is read."""

    def __init__(self, name: str, table: dict[str, Any] | pa.Table, cuts: Sequence[int] = ()) -> None:
        self.name = name
        self.table = table if isinstance(table, pa.Table) else pa.table(table)
        self.ends = [*sorted(cuts), self.table.num_rows]
        self.readings = 0

    def schema(self) -> pa.Schema:
        """The table's columns."""
        return self.table.schema

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The pieces, with the columns asked for."""
        self.readings += 1
        asked = set(self.table.schema.names if columns is None else columns)
        kept = self.table.select([name for name in self.table.schema.names if name in asked])
        start = 0
        for end in self.ends:
            yield from kept.slice(start, end - start).combine_chunks().to_batches()
            start = end

    def rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def findings(self) -> tuple[Finding, ...]:
        """Nothing."""
        return ()


def joined(predictions: dict[str, Any], labels: dict[str, Any], **rest: Any) -> Joined:
    """Two small tables joined by id."""
    return Joined(Pieces("scores", predictions), Pieces("truth", labels), "id", "y", **rest)


def table(source: Joined, columns: list[str] | None = None) -> pa.Table:
    """All its rows."""
    found = list(source.batches(columns))
    return pa.Table.from_batches(found, schema=found[0].schema if columns else source.schema())


def column(source: Joined, name: str = "y") -> list[Any]:
    """One column of it."""
    return list(table(source, [name])[name].to_pylist())


def said(source: Joined) -> list[str]:
    """What was found, once everything has been read."""
    list(source.batches())
    return [f"{finding.where}: {finding.what}" for finding in source.findings()]


IDS = st.integers(0, 15)
CUTS = st.lists(st.integers(0, 30), max_size=4)


class TestOracle:
    """The rows are those of a left merge in pandas."""

    @given(
        predicted=st.lists(IDS, min_size=1, max_size=30),
        labelled=st.lists(st.tuples(IDS, st.sampled_from([0, 1, None])), max_size=30),
        cuts=CUTS,
    )
    def test_last_by_order(self, predicted: list[int], labelled: list[tuple[int, int | None]], cuts: list[int]) -> None:
        """Without times, the label that was read last counts; one that is null says nothing."""
        predictions = {"id": predicted, "score": list(range(len(predicted)))}
        frame = pd.DataFrame(labelled, columns=["id", "y"]).dropna().drop_duplicates("id", keep="last").astype({"id": "int64"})
        wanted = pd.DataFrame(predictions).merge(frame, "left", on="id")
        labels = {"id": pa.array([i for i, _ in labelled], pa.int64()), "y": pa.array([y for _, y in labelled], pa.int64())}
        source = Joined(
            Pieces("scores", predictions, [cut for cut in cuts if cut <= len(predicted)]),
            Pieces("truth", labels, [cut for cut in cuts if cut <= len(labelled)]),
            "id",
            "y",
        )
        found = table(source)
        assert found["score"].to_pylist() == wanted["score"].tolist()
        assert found["id"].to_pylist() == predicted
        assert [-1 if y is None else y for y in found["y"].to_pylist()] == wanted["y"].fillna(-1).astype(int).tolist()

    @given(
        predicted=st.lists(IDS, min_size=1, max_size=30),
        labelled=st.lists(st.tuples(IDS, st.floats(-5, 5), st.integers(0, 50)), max_size=40, unique_by=lambda row: (row[0], row[2])),
        seed=st.integers(0, 99),
        as_of=st.integers(0, 50),
    )
    def test_latest_by_time(self, predicted: list[int], labelled: list[tuple[int, float, int]], seed: int, as_of: int) -> None:
        """With times, the latest counts, whatever the order; seen from an earlier instant, the latest until then."""
        frame = pd.DataFrame(labelled, columns=["id", "y", "at"])
        frame["at"] = pd.to_datetime(frame["at"] * 3_600_000_000, unit="us", utc=True)
        then = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=as_of)
        known = frame[frame["at"] <= pd.Timestamp(then)].sort_values("at").drop_duplicates("id", keep="last")
        wanted = pd.DataFrame({"id": predicted}).merge(known.astype({"id": "int64", "y": "float64"}), "left", on="id")
        shuffled = pa.table(
            {
                "id": pa.array(frame["id"].astype("int64")),
                "y": pa.array(frame["y"].astype("float64")),
                "at": pa.array(frame["at"].dt.as_unit("us"), pa.timestamp("us", "UTC")),
            }
        ).take(np.random.default_rng(seed).permutation(len(frame)))
        found = table(joined({"id": predicted}, shuffled, label_time="at", as_of=then))
        assert found["y"].to_pylist() == [None if pd.isna(y) else y for y in wanted["y"]]
        assert found["at"].to_pylist() == [None if pd.isna(at) else at for at in wanted["at"]]


def late(rows: int, dice: np.random.Generator) -> tuple[pa.Table, pa.Table]:
    """Predictions of sixty days, and their labels, some corrected, some never come, some of other predictions."""
    ids = [f"order-{i:07d}" for i in range(rows)]
    made = np.sort(dice.integers(0, 60 * 86400, rows)) * 1_000_000
    come = np.flatnonzero(dice.random(rows) < 0.9)
    again = dice.choice(come, rows // 20, replace=False)
    whose = np.concatenate([come, again])
    at = made[whose] + dice.integers(1, 14 * 86400, whose.size) * 1_000_000 + np.arange(whose.size)
    truth = dice.choice(["good", "bad", "unsure"], whose.size)
    foreign = [f"other-{i}" for i in range(100)]
    predictions = {"id": ids, "score": dice.random(rows), "made": pa.array(made, pa.timestamp("us", "UTC"))}
    labels = {
        "id": [ids[i] for i in whose] + foreign,
        "y": np.concatenate([truth, np.repeat("good", 100)]),
        "at": pa.array(np.concatenate([at, at[:100]]), pa.timestamp("us", "UTC")),
    }
    return pa.table(predictions), pa.table(labels)


class TestArrival:
    """In which order labels come does not matter."""

    def test_over_many_files_ends_in_the_same_bytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Labels in sixty shuffled files give the rows, the profile and the findings that all at once in order give."""
        monkeypatch.setattr(index, "HELD", 5000)
        dice = np.random.default_rng(20260304)
        predictions, labels = late(30_000, dice)
        shuffled = labels.take(dice.permutation(labels.num_rows))
        for number, part in enumerate(np.array_split(dice.permutation(labels.num_rows), 60)):
            pq.write_table(shuffled.take(np.sort(part)), tmp_path / f"{number}.parquet")
        at_once = Joined(FrameSource("scores", predictions), FrameSource("truth", labels), "id", "y", label_time="at")
        scattered = Joined(FrameSource("scores", predictions), open_source(str(tmp_path), name="truth"), "id", "y", label_time="at")
        assert table(at_once).equals(table(scattered))
        assert at_once.findings() == scattered.findings()
        monitor = Monitor()
        plan = fit(at_once, monitor)
        found = [count(plan, source, monitor.windowing, monitor.hints).profiles for source in (at_once, scattered)]
        assert found[0] == found[1]

    def test_of_two_at_the_same_instant_the_greatest_counts(self) -> None:
        """Nobody knows which of them is the last: it is chosen by what it says, and told."""
        for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
            labels = pa.table({"id": ["a"] * 3, "y": ["p", "r", "q"], "at": pa.array([5, 5, 5], pa.timestamp("s"))}).take(order)
            source = joined({"id": ["a"]}, labels, label_time="at")
            assert column(source) == ["r"]
            assert "2 of them at the same instant" in said(source)[0]

    def test_before_the_prediction_is_fine(self) -> None:
        """A label may be older than its prediction."""
        source = joined({"id": [1], "made": [DAY]}, {"id": [1], "y": [1], "at": [DAY - timedelta(days=9)]}, label_time="at")
        assert column(source) == [1]
        assert said(source) == []

    def test_without_a_time_is_older_than_any(self) -> None:
        """A label of which nobody knows when it came counts only where there is no other, and never as of an instant."""
        labels = {"id": ["a", "a", "b"], "y": [1, 2, 3], "at": [DAY, None, None]}
        source = joined({"id": ["a", "b"]}, labels, label_time="at")
        assert column(source) == [1, 3]
        assert "truth: 2 labels have no 'at' that is an instant, and count as older than all others" in said(source)
        then = joined({"id": ["a", "b"]}, labels, label_time="at", as_of=DAY)
        assert column(then) == [1, None]


class TestRows:
    """What comes out."""

    def test_are_the_predictions_own(self) -> None:
        """Columns keep their order; the label and its time stand behind them."""
        source = joined({"id": [2, 1], "s": [0.5, 0.7]}, {"id": [1], "y": [True], "at": [DAY]}, label_time="at")
        assert source.schema().names == ["id", "s", "y", "at"]
        assert table(source).to_pylist() == [{"id": 2, "s": 0.5, "y": None, "at": None}, {"id": 1, "s": 0.7, "y": True, "at": DAY}]
        assert source.rows() == 2
        assert source.name == "scores"

    def test_have_the_columns_asked_for(self) -> None:
        """In the predictions' order, with the id only where it was asked for."""
        source = joined({"id": [2, 1], "s": [0.5, 0.7]}, {"id": [1], "y": [7]})
        assert table(source, ["y", "s"]).to_pydict() == {"s": [0.5, 0.7], "y": [None, 7]}
        assert table(source, ["id", "y"]).column_names == ["id", "y"]
        assert [batch.num_columns for batch in source.batches([])] == [0]

    def test_cost_no_labels_where_none_are_asked_for(self) -> None:
        """Other columns are read without the labels; the labels are read once however often rows are."""
        predictions, labels = Pieces("scores", {"id": [1, 2], "s": [1, 2]}), Pieces("truth", {"id": [1], "y": [1]})
        source = Joined(predictions, labels, "id", "y")
        list(source.batches(["s", "id"]))
        assert labels.readings == 0
        first, second = table(source), table(source)
        assert first.equals(second)
        assert labels.readings == 1

    def test_keep_a_label_that_was_there(self) -> None:
        """A column of that name is filled in place: what came wins, what was there stays elsewhere."""
        source = joined({"y": ["no", None, "yes", None], "id": [1, 2, 3, 4]}, {"id": [1, 2], "y": [True, False]})
        assert table(source).to_pydict() == {"y": ["yes", "no", "yes", None], "id": [1, 2, 3, 4]}

    def test_fill_a_column_that_is_empty(self) -> None:
        """A label column without any value has no say in the type."""
        source = joined({"id": [1, 2], "y": pa.nulls(2)}, {"id": [2], "y": ["b"]})
        assert column(source) == [None, "b"]
        assert source.schema().field("y").type == pa.string()

    def test_name_the_time_apart(self) -> None:
        """Where predictions have a column of the time's name, the label's is told apart."""
        source = joined({"id": [1], "at": [DAY]}, {"id": [1], "y": [3], "at": [DAY + timedelta(days=2)]}, label_time="at")
        assert source.time_column == "y_at"
        assert table(source).to_pylist() == [{"id": 1, "at": DAY, "y": 3, "y_at": DAY + timedelta(days=2)}]

    def test_may_have_other_names_for_id_and_label(self) -> None:
        """The labels' id may be called otherwise, and the label be put where the predictions want it."""
        source = joined({"id": [1, 2]}, {"order": [2], "y": [5]}, label_id="order", into="outcome")
        assert table(source).to_pydict() == {"id": [1, 2], "outcome": [None, 5]}

    def test_without_labels_have_none(self) -> None:
        """An empty source of labels leaves every label unknown, of the prediction's type."""
        empty = {"id": pa.array([], pa.string()), "y": pa.array([], pa.string())}
        source = joined({"id": [1, 2], "p": [0, 1]}, empty, prediction="p")
        assert column(source) == [None, None]
        assert source.schema().field("y").type == pa.int64()

    def test_of_files_that_lack_the_id_have_no_label(self, tmp_path: Path) -> None:
        """A file without the column of ids is read, and its rows are told."""
        pq.write_table(pa.table({"id": [1], "s": [1]}), tmp_path / "a.parquet")
        pq.write_table(pa.table({"s": [2]}), tmp_path / "b.parquet")
        source = Joined(open_source(str(tmp_path), name="scores"), Pieces("truth", {"id": [1], "y": [1]}), "id", "y")
        assert column(source) == [1, None]
        assert said(source) == ["scores: 1 predictions have no id and get no label"]


class TestTypes:
    """Ids and labels of different types."""

    @pytest.mark.parametrize("labelled", [[7, 8], [7.0, 8.0], ["7", "8"], [b"7", b"8"], pa.array(["7", "8"]).dictionary_encode()], ids=str)
    @pytest.mark.parametrize("predicted", [[8, 7, 9], ["8", "7", "9"], [8.0, 7.0, 9.0]], ids=str)
    def test_ids_match_by_their_text(self, predicted: list[object], labelled: object) -> None:
        """A number in one file is the text of it in the other."""
        assert column(joined({"id": predicted}, {"id": labelled, "y": [70, 80]})) == [80, 70, None]

    @pytest.mark.parametrize(
        ("prediction", "label", "wanted"),
        [
            ([1, 0], ["1", "0"], [1, 0]),
            (["1", "0"], [1, 0], ["1", "0"]),
            ([True, False], ["yes", "no"], [True, False]),
            (["yes", "no"], [True, False], ["yes", "no"]),
            (["Y", "N"], [True, False], ["Y", "N"]),
            (["spam", "ham"], [True, False], ["true", "false"]),
            ([1, 0], [1.0, 0.0], [1, 0]),
            ([0.5, 1.5], ["2.5", "3"], [2.5, 3.0]),
            ([1, 0], [True, False], [1, 0]),
        ],
    )
    def test_labels_are_read_as_what_was_predicted(self, prediction: list[object], label: list[object], wanted: list[object]) -> None:
        """Where that can be done exactly."""
        source = joined({"id": [1, 2], "p": prediction}, {"id": [1, 2], "y": label}, prediction="p")
        assert column(source) == wanted
        assert said(source) == []

    def test_labels_that_cannot_be_are_told(self) -> None:
        """Names of classes beside predicted numbers stay what they are, and that is a finding."""
        source = joined({"id": [1, 2], "p": [0, 1]}, {"id": [1, 2], "y": ["cat", "dog"]}, prediction="p")
        assert column(source) == ["cat", "dog"]
        assert said(source) == [
            "truth: 2 labels, such as 'cat', are string and stay so: they cannot be read as int64, the type of column 'p'"
        ]

    def test_a_few_odd_labels_are_told(self) -> None:
        """One in a hundred that is no number is unknown."""
        source = joined({"id": list(range(100)), "p": [1] * 100}, {"id": list(range(100)), "y": ["1"] * 99 + ["n/a"]}, prediction="p")
        assert column(source)[98:] == [1, None]
        assert said(source) == ["truth: 1 labels cannot be read as int64, such as 'n/a'; they count as unknown"]


class TestFindings:
    """What does not fit together is told."""

    def test_labels_without_a_prediction(self) -> None:
        """They are counted, and do no harm."""
        source = joined({"id": [1, 2]}, {"id": [2, 3, 4], "y": [1, 1, 1]})
        assert said(source) == ["truth: 2 labels have no prediction"]
        assert source.findings()[0].rows == 2

    def test_ids_that_never_match(self) -> None:
        """The hint shows how the predictions' ids look."""
        source = joined({"id": ["A-1"]}, {"id": ["a-1"], "y": [1]})
        list(source.batches())
        assert source.findings()[0].hint == "compare the ids: among predictions there is 'A-1'"

    def test_predictions_that_share_an_id(self) -> None:
        """Both get the label, in one piece or in two."""
        predictions = Pieces("scores", {"id": [5, 5, 6, 5]}, [1])
        source = Joined(predictions, Pieces("truth", {"id": [5], "y": [1]}), "id", "y")
        assert column(source) == [1, 1, None, 1]
        assert said(source) == ["scores: 2 predictions share their id with an earlier one; each got the label"]

    def test_labels_that_came_again(self) -> None:
        """Corrections are counted once, and told."""
        source = joined({"id": [1, 2]}, {"id": [1, 1, 2, 1], "y": [0, 0, 1, 1]})
        assert column(source) == [1, 1]
        assert said(source) == [
            "truth: 2 labels came again or for an id that had one, 2 of them with another value; the last one counts",
        ]

    def test_rows_without_an_id(self) -> None:
        """On either side they match nothing, not even each other."""
        source = joined({"id": ["a", None]}, {"id": [None, "a"], "y": [1, 2]})
        assert column(source) == [2, None]
        assert said(source) == [
            "truth: 1 labels have no id and belong to no prediction",
            "scores: 1 predictions have no id and get no label",
        ]

    def test_are_the_same_however_often_it_is_read(self) -> None:
        """Reading twice tells nothing twice."""
        source = joined({"id": [1, 1, None]}, {"id": [1, 3, None], "y": [1, 1, 1]})
        assert said(source) == said(source)
        source.close()
        assert said(source) == said(source)


class TestErrors:
    """What cannot be done."""

    def test_missing_columns_are_named(self) -> None:
        """With the nearest that is there."""
        for rest, fact in (({"label_time": "att"}, "'truth' has no column 'att'"), ({"prediction": "q"}, "'scores' has no column 'q'")):
            with pytest.raises(SchemaMismatch, match=fact):
                joined({"id": [1], "p": [1]}, {"id": [1], "y": [1], "at": [DAY]}, **rest).schema()
        with pytest.raises(SchemaMismatch, match="did you mean 'idd'"):
            Joined(Pieces("scores", {"idd": [1]}), Pieces("truth", {"id": [1], "y": [1]}), "id", "y", label_id="it").schema()
        with pytest.raises(SchemaMismatch, match="'truth' has no column 'y'"):
            list(joined({"id": [1]}, {"id": [1], "z": [1]}).batches())

    def test_an_instant_needs_times(self) -> None:
        """What was known then cannot be said otherwise."""
        with pytest.raises(ConfigError, match="time of labels"):
            joined({"id": [1]}, {"id": [1], "y": [1]}, as_of=DAY)

    def test_a_full_disk_is_the_worlds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It says where there was no room, and can be tried again."""

        def full() -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(index, "HELD", 2)
        with monkeypatch.context() as patch:
            patch.setattr(index, "TemporaryFile", full)
            source = joined({"id": [1, 2, 3]}, {"id": [1, 2, 3], "y": [1, 2, 3]})
            with pytest.raises(SourceError, match="No space left"):
                source.schema()
        assert column(source) == [1, 2, 3]

    def test_a_broken_source_leaves_nothing_open(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The error of the labels comes through as it is, and no file is left behind."""
        monkeypatch.setattr(index, "HELD", 2)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        labels = Pieces("truth", {"id": [1, 2, 3, 4], "y": [1, 2, 3, 4]}, [2])

        def broken(columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
            yield from Pieces.batches(labels, columns)
            raise SourceError("the line is dead", hint="try again")

        monkeypatch.setattr(labels, "batches", broken)
        with pytest.raises(SourceError, match="the line is dead"):
            Joined(Pieces("scores", {"id": [1]}), labels, "id", "y").schema()
        gc.collect()
        assert list(tmp_path.iterdir()) == []


def test_shared_labels_may_belong_elsewhere() -> None:
    """Labels that are also those of other predictions are told of only where not one of them belongs here, and some are wanted."""
    labels = open_source(pa.table({"id": [1, 2, 3], "y": [0, 1, 1]}), name="labels")
    told = {}
    for name, ids, own in (("some", 1, None), ("none", 9, None), ("own", 9, 1)):
        predictions = pa.table({"id": [ids], "x": [0.5], "y": pa.array([own], pa.int64())})
        joined = Joined(open_source(predictions, name="predictions"), labels, "id", "y", shared=True)
        list(joined.batches())
        told[name] = [finding.what for finding in joined.findings()]
    assert told["some"] == []
    assert told["own"] == []
    assert "labels have no prediction" in told["none"][0]


def test_labels_that_belong_to_nothing_are_told_once_both_were_read() -> None:
    """Of labels that reference and current data share, those are told that neither has a prediction of."""
    labels = open_source(pa.table({"id": list(range(20)), "y": [0, 1] * 10}), name="labels")

    def joined(ids: list[int], beside: Joined | None = None) -> Joined:
        predictions = open_source(pa.table({"id": ids, "x": [0.5] * len(ids)}), name="predictions")
        return Joined(predictions, labels, "id", "y", shared=True, beside=beside)

    reference = joined([0, 1, 2, 17])
    current = joined([3, 4, 17, 99], reference)
    list(current.batches())
    assert current.findings() == (), "the reference was not read yet"
    list(reference.batches())
    list(current.batches())
    (finding,) = current.findings()
    assert (finding.where, finding.what) == ("labels", "14 labels have no prediction, neither here nor in the reference")
    first = joined(list(range(6)))
    rest = joined(list(range(6, 20)), first)
    for part in (first, rest):
        list(part.batches())
    assert rest.findings() == ()
