"""Wiring: the same rows give the same report, however they lie and whichever way they were counted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from driftline import wiring
from driftline.config.specification import specify
from driftline.errors import ConfigError, DataError, SchemaMismatch, UnreadableData
from driftline.learning import learn
from driftline.reports.document import to_dict
from driftline.store.profiles import save
from driftline.store.shelf import Use
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driftline.monitor import Monitor
    from driftline.store.shelf import Shelf
    from driftline.verdicts.report import Report

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def table(rows: int, seed: int, start: str = "2026-01-05", days: int = 10) -> pa.Table:
    """Some days of rows: numbers with nulls, levels, truth values, and times."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(rows) * (days * 86_400 // rows)
    return pa.table(
        {
            "ts": pa.array(np.datetime64(start, "s") + seconds.astype("timedelta64[s]")),
            "x": pa.array(rng.normal(size=rows), mask=rng.random(rows) < 0.05),
            "n": pa.array(rng.integers(0, 50, rows)),
            "c": pa.array(rng.choice(["a", "b", "é"], rows, p=[0.6, 0.3, 0.1])),
            "b": pa.array(rng.random(rows) < 0.3),
        }
    )


REFERENCE, CURRENT = table(4000, 0), table(1600, 1, "2026-01-15", 4)


def monitor(**settings: Any) -> Monitor:
    """A monitor as `driftline.yaml` would describe it."""
    return specify({"reference": "r", "current": "c", **settings}, {}).monitor


def said(report: Report) -> dict[str, Any]:
    """The report as JSON, less the time at which it was made and the names of places."""
    return {key: value for key, value in to_dict(report).items() if key != "created"}


def written(folder: Path, **tables: pa.Table) -> dict[str, str]:
    """Tables as Parquet files; returns a specification's places."""
    for name, rows in tables.items():
        pq.write_table(rows, folder / f"{name}.parquet")
    return {name: str(folder / f"{name}.parquet") for name in tables}


CUTS: dict[str, dict[str, Any]] = {
    "whole": {},
    "day": {"window": "day"},
    "day elsewhere": {"window": {"every": "day", "timezone": "Asia/Kolkata"}},
    "week, too few to learn from": {"window": "week"},
    "rows": {"window": {"rows": 400}},
    "value": {"window": {"column": "n"}},
    "segments": {"window": "day", "segments": ["c", {"large": "n > 25"}]},
    "thresholds": {"statistics": ["ks"], "thresholds": {"x": {"wasserstein": {"quantile": 0.9}}, "*": {"psi": 5}}},
}


class TestProfiles:
    """No raw data is needed to compare."""

    @pytest.mark.parametrize("cut", CUTS)
    def test_a_profile_stands_for_its_rows(self, tmp_path: Path, cut: str) -> None:
        """The reference as rows or as a profile, the current data as rows or as a profile: the report is the same."""
        settings = CUTS[cut]
        places = written(tmp_path, reference=REFERENCE, current=CURRENT)
        raw = wiring.check(specify({**places, **settings}, {}), now=NOW).report
        for name in ("reference", "current"):
            shelf = wiring.profile(specify({"reference": places["reference"], name: places[name], **settings}, {}))
            assert shelf.use is Use(name)
            save(shelf, tmp_path / f"{name}.profile")
        for reference, current in (("profile", "parquet"), ("parquet", "profile"), ("profile", "profile")):
            again = {"reference": str(tmp_path / f"reference.{reference}"), "current": str(tmp_path / f"current.{current}")}
            assert said(wiring.check(specify({**again, **settings}, {}), now=NOW).report) == said(raw)
        assert said(wiring.compare(tmp_path / "reference.profile", CURRENT, monitor=monitor(**settings)))["windows"] == said(raw)["windows"]

    def test_a_profile_of_other_bins_is_refused(self, tmp_path: Path) -> None:
        """Current data that was counted by another reference cannot be compared, and the hint says how to count it."""
        places = written(tmp_path, reference=REFERENCE, other=table(3000, 5), current=CURRENT)
        save(wiring.profile(specify({"reference": places["other"], "current": places["current"]}, {})), tmp_path / "c.profile")
        with pytest.raises(DataError, match=r"counted in other bins than the reference\nHint: count it with --reference"):
            wiring.compare(places["reference"], tmp_path / "c.profile")

    def test_a_reference_cut_another_way_is_no_rehearsal(self, tmp_path: Path) -> None:
        """Only blocks that were cut like the windows say how windows vary."""
        places = written(tmp_path, reference=REFERENCE)
        shelf = wiring.profile(specify({**places, "window": "day"}, {}))
        assert learn(shelf, monitor(window="day"))[1].like_windows
        assert not learn(shelf, monitor(window="hour"))[1].like_windows
        assert not learn(shelf, monitor(window={"every": "day", "timezone": "Asia/Kolkata"}))[1].like_windows
        assert shelf.about["source"] == places["reference"]


ROWS = {"x": [0.5, 1.5, None] * 400, "c": ["a", "b", None] * 400, "n": list(range(1200)), "b": [True, False, None] * 400}
CHANGED = {"x": [0.5, 1.5, None] * 100, "c": ["a", "b", "new"] * 100, "n": list(range(300)), "b": [True, False, None] * 100}
FRAMES: dict[str, Callable[[dict[str, Any]], object]] = {
    "pandas": pd.DataFrame,
    "pandas with Arrow types": lambda rows: pd.DataFrame(rows).convert_dtypes(dtype_backend="pyarrow"),
    "Polars": pl.DataFrame,
    "lazy Polars": pl.LazyFrame,
    "Arrow": pa.table,
    "an Arrow stream": lambda rows: pa.table(rows).to_reader(max_chunksize=7),
    "DuckDB": lambda rows: duckdb.connect().from_arrow(pa.table(rows)),
}


class TestFrames:
    """Rows in memory."""

    @pytest.mark.parametrize("frame", FRAMES)
    def test_every_frame_gives_the_same_report(self, frame: str) -> None:
        """As a dictionary of lists: the same verdicts, the same numbers, to the last bit."""
        plain = wiring.compare(ROWS, CHANGED, now=NOW)
        assert plain.verdict is Verdict.DRIFTED
        assert said(wiring.compare(FRAMES[frame](ROWS), FRAMES[frame](CHANGED), now=NOW)) == said(plain)

    @pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl", "arrow", "feather"])
    def test_every_file_gives_the_same_report(self, tmp_path: Path, ending: str) -> None:
        """The same rows on disk."""
        plain = wiring.compare(ROWS, CHANGED, now=NOW)
        for name, rows in (("r", ROWS), ("c", CHANGED)):
            write_file(pl.DataFrame(rows), tmp_path / f"{name}.{ending}")
        found = wiring.compare(tmp_path / f"r.{ending}", str(tmp_path / f"c.{ending}"), now=NOW)
        assert said(found) == said(plain)


def write_file(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as the ending says; Feather is what Polars makes of Arrow IPC, which begins otherwise than PyArrow's."""
    writers: dict[str, Callable[[Path], object]] = {
        ".parquet": frame.write_parquet,
        ".csv": frame.write_csv,
        ".jsonl": frame.write_ndjson,
        ".arrow": lambda place: feather.write_feather(frame.to_arrow(), place),
        ".feather": frame.write_ipc,
    }
    writers[path.suffix](path)


class TestPlaces:
    """Where rows may lie."""

    def test_a_query_is_a_place(self, tmp_path: Path) -> None:
        """A database and a query on either side."""
        with closing(sqlite3.connect(tmp_path / "scores.db")) as base:
            base.execute("create table scores (x real, c text)")
            base.executemany("insert into scores values (?, ?)", [(i / 100, "ab"[i % 2]) for i in range(500)])
            base.commit()
        place = {"database": f"sqlite:///{tmp_path / 'scores.db'}", "query": "select * from scores"}
        report = wiring.check(specify({"reference": place, "current": place}, {})).report
        assert (report.reference.rows, report.windows[0].rows) == (500, 500)

    def test_many_files_are_one_place(self, tmp_path: Path) -> None:
        """A list of files is read in order, and is the file that they would be together."""
        places = written(tmp_path, a=CURRENT.slice(0, 700), b=CURRENT.slice(700), reference=REFERENCE)
        report = wiring.check(specify({"reference": places["reference"], "current": [places["a"], places["b"]]}, {}), now=NOW).report
        assert said(report) == said(wiring.compare(places["reference"], CURRENT, now=NOW))

    def test_no_current_data(self) -> None:
        """The hint says what to write."""
        with pytest.raises(ConfigError, match=r"not said where the current data lies\nHint: add current: data/\*\.parquet"):
            wiring.check(specify({"reference": "a.csv"}, {}))

    def test_what_was_wrong_with_the_data_is_told_once(self, tmp_path: Path) -> None:
        """However often a file is read, its broken line is one finding, on either side."""
        for name in ("reference", "current"):
            (tmp_path / f"{name}.csv").write_text("x,y\n" + "1,2\n" * 300 + "1,2,3\n" + "2,3\n" * 300)
        found = wiring.check(specify({name: str(tmp_path / f"{name}.csv") for name in ("reference", "current")}, {})).report.findings
        assert [finding.where for finding in found] == [f"{tmp_path / name}.csv:302" for name in ("reference", "current")]

    @pytest.mark.parametrize("reference", ["rows", "a profile"])
    @pytest.mark.parametrize("said_of", [{"thresholds": {"xx": {"psi": 0.1}}}, {"floors": {"columns": {"xx": {"psi": 0.1}}}}])
    def test_what_is_said_of_a_column_that_is_not_there_is_refused(self, tmp_path: Path, reference: str, said_of: dict[str, Any]) -> None:
        """A threshold or a floor with a typo would otherwise never be heard of again."""
        place: object = REFERENCE
        if reference == "a profile":
            place = tmp_path / "r.profile"
            save(wiring.profile(specify(written(tmp_path, reference=REFERENCE), {})), tmp_path / "r.profile")
        with pytest.raises(SchemaMismatch, match=r"no column 'xx'.*\nHint: did you mean 'x'\?"):
            wiring.compare(place, CURRENT, monitor=monitor(**said_of))

    def test_a_file_that_is_no_profile_says_so(self, tmp_path: Path) -> None:
        """What only has the name of a profile is not read as one."""
        (tmp_path / "a.profile").write_text("no")
        with pytest.raises(UnreadableData, match=r"a\.profile' is not a profile"):
            wiring.compare(tmp_path / "a.profile", CURRENT)


class TestComparing:
    """What a comparison says beside its verdicts."""

    def test_rows_without_a_time_are_not_lost_from_the_current_data_silently(self) -> None:
        """They are in no window, and a finding says how many there are."""
        times = CURRENT["ts"].to_pylist()
        current = CURRENT.set_column(0, "ts", pa.array([None, None, *times[2:]], CURRENT["ts"].type))
        report = wiring.compare(REFERENCE, current, monitor=monitor(window="day"), now=NOW)
        assert [(f.where, f.rows) for f in report.findings] == [("current", 2)]
        assert sum(w.rows for w in report.windows) == 1598

    def test_current_data_without_any_time_is_refused(self) -> None:
        """Nothing is not to pass for nothing new: the column is named, with what stands in it."""
        current = CURRENT.set_column(0, "ts", pa.array(["1/2/26 7 PM"] * CURRENT.num_rows))
        with pytest.raises(UnreadableData, match=r"no time in column 'ts' of current, such as '1/2/26 7 PM', can be read"):
            wiring.compare(REFERENCE, current, monitor=monitor(window="day", columns={"timestamp": "ts"}), now=NOW)

    def test_progress_is_told(self) -> None:
        """What is done, how many rows are done, and of how many."""
        told: list[tuple[str, int, int | None]] = []
        wiring.compare(REFERENCE, CURRENT, progress=lambda *args: told.append(args))
        assert told[0] == ("fitting bins to reference", 4000, 4000)
        assert told[-1] == ("counting current", 1600, 1600)

    def test_the_report_carries_the_time_it_is_given(self) -> None:
        """Or the present, in UTC."""
        assert wiring.compare(ROWS, CHANGED, now=NOW).created == NOW
        assert wiring.compare(ROWS, CHANGED).created.tzinfo is UTC


def windows_of(shelf: Shelf) -> list[str]:
    """The labels of a shelf's windows."""
    return [window.label for _, window, _ in shelf.entries]


def test_a_profile_of_current_data_has_its_windows(tmp_path: Path) -> None:
    """Counted in the reference's bins, cut as the specification says."""
    places = written(tmp_path, reference=REFERENCE, current=CURRENT)
    shelf = wiring.profile(specify({**places, "window": "day"}, {}))
    assert windows_of(shelf) == ["2026-01-15", "2026-01-16", "2026-01-17", "2026-01-18"]
    assert shelf.about == {"source": places["current"]}


def test_segments_are_judged_by_value_and_by_condition() -> None:
    """A change in one part is found in that part, in conditions that hold it, and where it is large enough in the whole."""
    x = CURRENT["x"].to_numpy(zero_copy_only=False)
    moved = CURRENT.set_column(1, "x", pa.array(np.where(CURRENT["c"].to_numpy(zero_copy_only=False) == "b", x + 1.5, x), from_pandas=True))
    report = wiring.compare(
        REFERENCE, moved, monitor=monitor(segments=["c", {"none of it": "c != 'b'"}, {"all of it": "c == 'b'"}]), now=NOW
    )
    drifted = {w.segment: [c.name for c in w.columns if c.verdict is Verdict.DRIFTED] for w in report.windows}
    assert drifted == {None: ["x"], "c=a": [], "c=b": ["x"], "c=é": [], "none of it": [], "all of it": ["x"]}


def _scored(rows: int, seed: int, first: int = 0) -> pa.Table:
    """A calibrated model's predictions, without labels."""
    rng = np.random.default_rng(seed)
    ts = np.datetime64("2026-03-01") + ((first + np.arange(rows)) * 60_000).astype("timedelta64[ms]")
    return pa.table({"key": np.arange(first, first + rows), "ts": ts, "score": rng.beta(0.5, 0.5, rows)})


def test_late_labels_are_joined_and_revise_what_was_said(tmp_path: Path) -> None:
    """As of an early day few labels are known and the window is provisional; later all are, whatever order they came in."""
    reference, current = _scored(30_000, 1), _scored(6_000, 2, first=30_000)
    rng = np.random.default_rng(3)
    score = np.concatenate([reference["score"].to_numpy(), current["score"].to_numpy()])
    known = np.concatenate([reference["ts"].to_numpy(), current["ts"].to_numpy()]) + (rng.random(36_000) * 2 * 86_400_000).astype(
        "timedelta64[ms]"
    )
    labels = pa.table({"key": np.arange(36_000), "label": (rng.random(36_000) < score).astype(int), "at": known})
    pq.write_table(reference, tmp_path / "reference.parquet")
    pq.write_table(current, tmp_path / "current.parquet")
    pq.write_table(labels.take(rng.permutation(36_000)), tmp_path / "labels.parquet")
    settings = {
        "reference": "reference.parquet",
        "current": "current.parquet",
        "labels": {"from": "labels.parquet", "time": "at"},
        "columns": {"timestamp": "ts", "id": "key", "score": "score", "label": "label"},
        "window": "day",
    }
    specification = specify(settings, {}, directory=tmp_path)
    end = datetime(2026, 3, 26, tzinfo=UTC)
    early, late = (wiring.check(specification, now=at).report.windows[-1] for at in (end, end + timedelta(days=9)))
    assert early.labels is not None
    assert late.labels is not None
    assert early.labels.provisional
    assert early.labels.coverage < 0.9
    assert not late.labels.provisional
    assert late.labels.coverage == 1.0
    assert late.performance[0].metric == "roc_auc"
    assert late.performance[0].rows > early.performance[0].rows
    assert {column.name for column in late.columns} == {"key", "ts", "score", "label"}
