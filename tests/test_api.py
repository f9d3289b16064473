"""The Python interface, and what it makes of bad data, of small changes, and of large ones."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.api import WRITERS, Report, compare, measure
from driftline.cli.main import main
from driftline.errors import ConfigError, DataError, DriftlineError, OutsideError, SchemaMismatch, UnreadableData
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driftline.verdicts.report import ColumnReport

Table = dict[str, Any]
REFERENCE_ROWS, ROWS = 8000, 3000


def table(rows: int, seed: int, **more: Any) -> Table:
    """Three columns that are well, and more."""
    rng = np.random.default_rng(seed)
    levels = rng.choice(["u", "v", "w"], rows, p=[0.5, 0.3, 0.2]).tolist()
    return {"x": rng.normal(size=rows), "y": rng.exponential(size=rows), "c": levels, **more}


def column(report: Report, name: str, window: int = 0) -> ColumnReport:
    """What is said of a column."""
    return next(column for column in report.windows[window].columns if column.name == name)


def others(report: Report, *left_out: str) -> set[Verdict]:
    """The verdicts of all other columns, in all windows."""
    return {c.verdict for w in report.windows for c in w.columns if c.name not in left_out}


RNG = np.random.default_rng(5)
NORMAL, LATER = RNG.normal(size=REFERENCE_ROWS), RNG.normal(size=ROWS)
TEXTS = [f"u{i}" for i in range(REFERENCE_ROWS)]

COLUMNS: dict[str, tuple[Any, Any, str, str]] = {
    "the column is missing": (NORMAL, None, "drifted", "the column is not there"),
    "some values are of the wrong type": (
        NORMAL,
        [f"{v}" if i % 10 else "n/a" for i, v in enumerate(LATER)],
        "drifted",
        "values of the wrong type went from 0% to 10% of rows",
    ),
    "numbers are written as text": (NORMAL, [str(v) for v in LATER], "stable", ""),
    "every value is null": (NORMAL, [None] * ROWS, "drifted", "nulls went from 0% to 100% of rows"),
    "every value is NaN": (NORMAL, np.full(ROWS, np.nan), "drifted", "(nulls|not a number) went from 0% to 100% of rows"),
    "the reference is null": ([None] * REFERENCE_ROWS, LATER, "drifted", "nulls went from 100% to 0% of rows"),
    "both are null": ([None] * REFERENCE_ROWS, [None] * ROWS, "inconclusive", "the reference has no values to compare with"),
    "both are constant": (np.full(REFERENCE_ROWS, 3.0), np.full(ROWS, 3.0), "stable", ""),
    "the constant is another": (np.full(REFERENCE_ROWS, 3.0), np.full(ROWS, 4.0), "drifted", ""),
    "the column sticks": (NORMAL, np.full(ROWS, LATER[0]), "drifted", ""),
    "every text is another": (TEXTS, [f"w{i}" for i in range(ROWS)], "inconclusive", "values of kind text are only checked for presence"),
    "infinities appear": (NORMAL, np.where(np.arange(ROWS) % 20, LATER, np.inf), "drifted", ""),
    "numbers near the largest": (NORMAL * 1e307, LATER * 1e307, "stable", ""),
    "numbers near the smallest": (NORMAL * 1e-310, LATER * 1e-310, "stable", ""),
    "-0.0 for 0.0": (np.zeros(REFERENCE_ROWS), np.full(ROWS, -0.0), "stable", ""),
    "a list in each cell": ([[1]] * REFERENCE_ROWS, [[1]] * ROWS, "inconclusive", "values of kind unsupported are only checked"),
}
"""Values of column `z` in the reference and now (None: the column is not there), its verdict, and the reason."""


@pytest.mark.parametrize("case", COLUMNS)
def test_a_bad_column_is_told_and_the_others_are_judged(case: str) -> None:
    """It drifts or settles nothing, for itself alone."""
    then, now, verdict, reason = COLUMNS[case]
    report = compare(table(REFERENCE_ROWS, 0, z=then), table(ROWS, 1, **({} if now is None else {"z": now})))
    found = column(report, "z")
    assert found.verdict.value == verdict
    assert re.search(reason, found.reason)
    assert others(report, "z") == {Verdict.STABLE}
    assert report.verdict.value == ("stable" if found.cause is Cause.NOT_COUNTED else verdict)


def test_a_renamed_column_is_missing_under_its_old_name() -> None:
    """The new name is not watched."""
    now = table(ROWS, 1)
    now["X"] = now.pop("x")
    report = compare(table(REFERENCE_ROWS, 0), now)
    assert [(c.name, c.cause) for c in report.windows[0].columns if c.verdict is Verdict.DRIFTED] == [("x", Cause.MISSING_COLUMN)]


def test_a_category_of_a_hundred_thousand_levels_harms_nobody() -> None:
    """Few of its levels are counted one by one; the rest share a bin, and new ones among them are no alarm."""
    rng = np.random.default_rng(0)
    then = table(100_000, 0, z=[f"u{i}" for i in rng.permutation(100_000)])
    now = table(ROWS, 1, z=[f"u{i}" for i in rng.integers(0, 200_000, ROWS)])
    report = compare(then, now, columns={"kinds": {"z": "category"}})
    assert column(report, "z").verdict is not Verdict.DRIFTED
    assert others(report, "z") == {Verdict.STABLE}


@pytest.mark.parametrize(("then", "now"), [(10, ROWS), (2, ROWS), (1, ROWS), (REFERENCE_ROWS, 1), (10, 10), (1, 1)])
def test_too_few_rows_settle_nothing(then: int, now: int) -> None:
    """A reference of ten rows, or of one, and a window of one row: inconclusive, neither drifted nor stable, whatever the rows."""
    reports = [compare(table(then, 2 * seed), table(now, 2 * seed + 1)) for seed in range(8)]
    assert [report.verdict.value for report in reports] == ["inconclusive"] * 8
    assert {verdict for report in reports for verdict in others(report)} == {Verdict.INCONCLUSIVE}


def test_no_rows_settle_nothing() -> None:
    """An empty window is inconclusive; an empty reference is an error."""
    empty = pa.table(table(1, 0)).slice(0, 0)
    assert compare(table(REFERENCE_ROWS, 0), empty).verdict is Verdict.INCONCLUSIVE
    with pytest.raises(DataError, match=r"the reference reference has no rows\nHint: give the data the model was trained on"):
        compare(empty, table(ROWS, 1))


def text_of(rows: Table) -> str:
    """Rows as CSV."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(rows)
    writer.writerows(zip(*rows.values(), strict=True))
    return stream.getvalue()


def lines(change: Callable[[list[str]], list[str]]) -> Callable[[], bytes]:
    """The current data with some of its lines changed."""
    return lambda: "\n".join([*change(text_of(table(ROWS, 1)).splitlines()), ""]).encode()


def parquet(rows: Table) -> bytes:
    """Rows as Parquet."""
    stream = io.BytesIO()
    pq.write_table(pa.table(rows), stream)
    return stream.getvalue()


def broken(texts: list[str]) -> list[str]:
    """A line with a cell too many."""
    return [*texts[:9], f"{texts[9]},9", *texts[10:]]


FILES: dict[str, tuple[str, Callable[[], bytes], type[DriftlineError] | str, str]] = {
    "truncated Parquet": (
        "now.parquet",
        lambda: parquet(table(ROWS, 1))[:-999],
        UnreadableData,
        r"now\.parquet' is Parquet but ends in the middle",
    ),
    "not Parquet": ("now.parquet", lambda: b"x,y\n1,2\n", UnreadableData, r"now\.parquet'"),
    "UTF-16": (
        "now.csv",
        lambda: text_of(table(9, 1)).encode("utf-16"),
        UnreadableData,
        r"now\.csv' is UTF-16 text\nHint: save it as UTF-8",
    ),
    "a broken line": ("now.csv", lines(broken), "stable", r"now\.csv:10: the line has 4 cells where the header has 3; it was left out"),
    "not UTF-8": (
        "now.csv",
        lambda: lines(lambda texts: texts)().replace(b",w\n", b",\xff\n", 30),
        "drifted",
        r"now\.csv: 30 values of column 'c' are not UTF-8 text",
    ),
    "an empty file": ("now.csv", lambda: b"", "inconclusive", r"now\.csv: the file is empty"),
    "only a header": ("now.csv", lambda: b"x,y,c\n", "inconclusive", ""),
    "nothing": ("no.csv", lambda: b"x", DataError, r"now\.csv' does not exist.*\nHint: "),
}
"""The file's name, its bytes, the error or the verdict, and what is said."""


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_named_with_the_place_and_the_remedy(case: str, tmp_path: Path) -> None:
    """An error that names the file and what to do, or a finding that does while the rest is judged; and the exit code."""
    name, content, outcome, said = FILES[case]
    (tmp_path / name).write_bytes(content())
    (tmp_path / "train.csv").write_text(text_of(table(REFERENCE_ROWS, 0)))
    places = [str(tmp_path / "train.csv"), str(tmp_path / ("now.parquet" if "parquet" in name else "now.csv"))]
    called = CliRunner().invoke(main, ["compare", *places, "--json"])
    if not isinstance(outcome, str):
        with pytest.raises(outcome, match=said) as raised:
            compare(*places)
        assert raised.value.hint
        assert (called.exit_code, called.stdout) == (3, "")
        return
    report = compare(*places)
    assert report.verdict.value == outcome == json.loads(called.stdout)["verdict"]
    assert called.exit_code == (outcome == "drifted")
    assert others(report, "c") <= {Verdict.STABLE}
    found = [f"{finding.where}: {finding.what}" for finding in report.found.findings]
    assert len(found) == (said != "")
    assert all(re.search(said, text) for text in found)
    assert all(finding.hint for finding in report.found.findings)


def timed(rows: Table, start: str) -> Table:
    """Rows of 5 minutes each."""
    seconds = np.arange(len(rows["x"])) * 300
    return rows | {"ts": np.datetime64(start, "s") + seconds.astype("timedelta64[s]")}


class TestTimes:
    """Times that are odd."""

    THEN = timed(table(288 * 14, 0), "2026-01-05")
    NOW = timed(table(288 * 3, 1), "2026-01-19")

    def test_mixed_time_zones_are_one_time(self) -> None:
        """Texts with different offsets say instants: the windows hold the rows that they would hold in UTC."""
        stamps = self.NOW["ts"]
        mixed = [f"{t}Z" if i % 2 else f"{t + np.timedelta64(7200, 's')}+02:00" for i, t in enumerate(stamps)]
        found, plain = (compare(self.THEN, self.NOW | {"ts": ts}, window="day") for ts in (mixed, stamps))
        assert [(w.window.label, w.rows) for w in found.windows] == [(f"2026-01-{day}", 288) for day in (19, 20, 21)]
        assert [w.verdict for w in found.windows] == [w.verdict for w in plain.windows]

    def test_times_of_the_future_are_told(self) -> None:
        """Rows dated far ahead lie in a window of their own, and a finding counts them and says what to check."""
        stamps = self.NOW["ts"].copy()
        stamps[500:503] = np.datetime64("2190-01-01")
        report = compare(self.THEN, self.NOW | {"ts": stamps}, window="day")
        assert [(w.window.label, w.rows) for w in report.windows][-1] == ("2190-01-01", 3)
        told = [(f.where, f.rows) for f in report.found.findings]
        assert told == [("window 2190-01-01", 3)]
        assert others(report, "ts") <= {Verdict.STABLE, Verdict.INCONCLUSIVE}

    def test_times_that_cannot_be_read_are_told(self) -> None:
        """Their rows are in no window, and are counted."""
        stamps = [None, "yesterday", *map(str, self.NOW["ts"][2:])]
        report = compare(self.THEN, self.NOW | {"ts": stamps}, window="day")
        assert [(f.where, f.rows) for f in report.found.findings] == [("current", 2)]
        assert sum(w.rows for w in report.windows) == 288 * 3 - 2

    def test_no_times_are_an_error(self) -> None:
        """Windows of time need a column that holds it, in the reference and in the current data."""
        with pytest.raises(SchemaMismatch, match=r"need a column that holds the time.*\nHint: name it"):
            compare(table(REFERENCE_ROWS, 0), table(ROWS, 1), window="day")
        with pytest.raises(SchemaMismatch, match=r"current has no column 'ts'"):
            compare(self.THEN, table(ROWS, 1), window="day")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"windw": "day"}, r"there is no key 'windw'\nHint: did you mean 'window'\?"),
        ({"window": "dya"}, r"not 'dya'\nHint: did you mean 'day'\?"),
        ({"statistics": ["pssi"]}, r"no statistic called 'pssi'.*\nHint: did you mean 'psi'\?"),
        ({"columns": {"id": 5}}, r"'id'"),
        ({"false_alarms": "often"}, r"'often'"),
    ],
)
def test_a_typo_in_a_setting_is_recognised(settings: Table, said: str, tmp_path: Path) -> None:
    """In Python as in the file, where the place is named too; the exit code is 2."""
    with pytest.raises(ConfigError, match=said):
        compare(table(9, 0), table(9, 1), **settings)
    (key, value), file = next(iter(settings.items())), tmp_path / "driftline.yaml"
    file.write_text(f"reference: a.csv\ncurrent: b.csv\n{key}: {json.dumps(value)}\n")
    called = CliRunner().invoke(main, ["check", "-c", str(file)])
    assert called.exit_code == 2
    assert f"error: {file}:3:" in called.stderr
    assert re.search(said, called.stderr)


def test_a_typo_in_a_column_is_recognised() -> None:
    """What is said of a column that the reference does not have is refused, with the nearest name."""
    with pytest.raises(SchemaMismatch, match=r"has no column 'xx'.*\nHint: did you mean 'x'\?"):
        compare(table(9, 0), table(9, 1), columns={"timestamp": "xx"})


def wide(rng: np.random.Generator, rows: int, windows: int = 1, shift: float = 0.0) -> pa.Table:
    """Twenty numbers, the eighth of which may have moved, and a level."""
    numbers = {f"x{i:02}": rng.normal(shift if i == 7 else 0.0, 1.0, rows * windows) for i in range(20)}
    return pa.table({**numbers, "c": rng.choice(["a", "b", "c"], rows * windows)})


@pytest.mark.parametrize("seed", range(3))
class TestPower:
    """What 20,000 rows a window show of one column among twenty."""

    N = 20_000

    def test_a_shift_of_a_twentieth_is_seen_and_of_a_tenth_is_flagged(self, seed: int) -> None:
        """0.05 standard deviations: seen in every window, with its size; 0.1: drifted within two windows; nothing else is."""
        rng = np.random.default_rng(seed)
        reference = wide(rng, 5 * self.N)
        for shift in (0.05, 0.1):
            report = compare(reference, wide(rng, self.N, 2, shift), window={"rows": self.N})
            moved = [column(report, "x07", window) for window in range(2)]
            assert all(c.seen for c in moved)
            effects = [score.effect for c in moved for score in c.scores if score.statistic == "shift"]
            assert effects == pytest.approx([shift] * 2, abs=0.03)
            assert (moved[1].verdict is Verdict.DRIFTED) == (shift == 0.1)
            assert others(report, "x07") == {Verdict.STABLE}

    def test_faults_are_flagged_at_once(self, seed: int) -> None:
        """30% null, another unit, and a new level in 2% of rows, each in the first window; nothing else is."""
        rng = np.random.default_rng(100 + seed)
        reference, now = wide(rng, 5 * self.N), wide(rng, self.N)
        faults = {
            "x03": pa.array(now["x03"].to_numpy(), mask=rng.random(self.N) < 0.3),
            "x04": pa.array(now["x04"].to_numpy() * 1000),
            "c": pa.array(np.where(rng.random(self.N) < 0.02, "new", now["c"].to_numpy(zero_copy_only=False))),
        }
        for name, values in faults.items():
            now = now.set_column(now.column_names.index(name), name, values)
        report = compare(reference, now)
        found = {c.name: c.reason for c in report.windows[0].columns if c.verdict is Verdict.DRIFTED}
        assert found.keys() == faults.keys()
        assert found["x03"].startswith("nulls went from 0% to ")
        assert "'new'" in found["c"]

    def test_one_outlier_moves_nothing(self, seed: int) -> None:
        """10,000 standard deviations in one of 5,000 rows: PSI moves by less than 0.01, and the verdict stays."""
        rng = np.random.default_rng(200 + seed)
        reference, now = rng.normal(size=50_000), rng.normal(size=5000)
        far = np.where(np.arange(5000) == 17, 1e4, now)
        found = [column(compare({"x": reference}, {"x": values}), "x") for values in (now, far)]
        psi = [score.value for c in found for score in c.scores if score.statistic == "psi"]
        assert abs(psi[1] - psi[0]) < 0.01
        assert found[0].verdict is found[1].verdict is Verdict.STABLE


@pytest.fixture(scope="module")
def report() -> Report:
    """A report of a column that drifted."""
    return compare(table(REFERENCE_ROWS, 0), table(ROWS, 1) | {"x": np.random.default_rng(3).normal(1.0, 1.0, ROWS)})


class TestReport:
    """What can be done with a report."""

    def test_it_says_what_was_found(self, report: Report) -> None:
        """Its verdict, since when and why, also where it is printed."""
        assert (report.verdict, report.since) == (Verdict.DRIFTED, None)
        assert report.reason == report.windows[0].reason
        assert repr(report) == f"<driftline report: drifted: {report.reason}>"
        calm = compare(table(REFERENCE_ROWS, 0), table(ROWS, 1))
        assert repr(calm) == f"<driftline report: stable: {calm.reason}>"

    def test_it_is_saved_as_its_ending_says(self, report: Report, tmp_path: Path) -> None:
        """HTML, JSON, Markdown and JUnit, each what the method gives; the path comes back."""
        saved = {ending: report.save(str(tmp_path / f"report{ending}")) for ending in WRITERS}
        assert json.loads(saved[".json"].read_text()) == report.to_dict()
        assert saved[".html"].read_text() == report.to_html()
        assert saved[".md"].read_text() == report.to_markdown()
        assert ET.parse(saved[".xml"]).getroot().tag == "testsuites"
        assert saved.keys() == {".html", ".json", ".md", ".xml"}

    def test_another_ending_is_refused(self, report: Report, tmp_path: Path) -> None:
        """The hint names the ones that can be."""
        with pytest.raises(ConfigError, match=r"cannot be saved as '.htm'\nHint: did you mean '.html'\?"):
            report.save(tmp_path / "report.htm")
        with pytest.raises(ConfigError, match=r"cannot be saved as ''\nHint: known: .html, .json, .md, .xml"):
            report.save(tmp_path / "report")

    def test_a_place_that_is_not_there_is_said(self, report: Report, tmp_path: Path) -> None:
        """The file is named."""
        with pytest.raises(OutsideError, match=r"gone/report.md' cannot be written: No such file"):
            report.save(tmp_path / "gone" / "report.md")

    def test_it_shows_itself_in_a_notebook(self, report: Report) -> None:
        """As HTML that says the verdict."""
        assert "drifted" in report._repr_html_().lower()

    def test_its_json_is_the_commands(self, tmp_path: Path) -> None:
        """`driftline compare --json` and `to_dict` say the same of the same files; the exit codes say the verdict."""
        for name, rows in (("train", table(REFERENCE_ROWS, 0)), ("same", table(ROWS, 1)), ("few", table(3, 1))):
            (tmp_path / f"{name}.csv").write_text(text_of(rows))
        (tmp_path / "moved.csv").write_text(text_of(table(ROWS, 1) | {"y": np.ones(ROWS)}))
        for name, verdict, code in (("same", "stable", 0), ("moved", "drifted", 1), ("few", "inconclusive", 0)):
            places = [str(tmp_path / f"{one}.csv") for one in ("train", name)]
            called = CliRunner().invoke(main, ["compare", *places, "--json"])
            mine, theirs = compare(*places).to_dict(), json.loads(called.stdout)
            assert (theirs["verdict"], called.exit_code) == (verdict, code)
            assert mine["windows"] == theirs["windows"]
            assert CliRunner().invoke(main, ["compare", *places, "--fail-on", "inconclusive"]).exit_code == (verdict != "stable")


class TestMeasure:
    def test_is_the_performance_that_compare_reports(self) -> None:
        """Nothing but performance is looked at, and it is the same as where everything is."""
        before, after = (table(2000, seed, **scored(2000, seed)) for seed in (1, 2))
        found = measure(before, after, window={"rows": 1000})
        told = compare(before, after, window={"rows": 1000}).windows
        assert [one.window for one in found] == [one.window for one in told]
        for one, window in zip(found, told, strict=True):
            values = {name: value.value for name, value in one.realised.items()}
            assert values == {metric.metric: metric.value for metric in window.performance}

    def test_takes_segments_and_counted_profiles(self, tmp_path: Path) -> None:
        """Segments are measured beside all rows, and of files that were counted before nothing is read again."""
        before, after = (table(2000, seed, **scored(2000, seed)) for seed in (1, 2))
        sides = {one.segment for one in measure(before, after, segments=["c"])}
        assert sides == {None, "c=u", "c=v", "c=w"}
        for name, rows in (("before", before), ("after", after)):
            pq.write_table(pa.table(rows), tmp_path / f"{name}.parquet")
        parts = [str(tmp_path / f"{name}.profile") for name in ("before", "after")]
        assert CliRunner().invoke(main, ["profile", f"{tmp_path}/before.parquet", "-o", parts[0]]).exit_code == 0
        made = CliRunner().invoke(main, ["profile", f"{tmp_path}/after.parquet", "--reference", parts[0], "-o", parts[1]])
        assert made.exit_code == 0, made.output
        assert measure(*parts)[0].realised["accuracy"] == measure(before, after)[0].realised["accuracy"]

    def test_says_what_is_missing(self) -> None:
        """Without labels there is nothing to measure, and the error says what to name; other bins cannot be compared."""
        with pytest.raises(DataError, match="no predictions beside labels"):
            measure(table(300, 1), table(300, 2))


def scored(rows: int, seed: int) -> Table:
    """A calibrated model."""
    rng = np.random.default_rng(seed)
    score = rng.random(rows)
    return {"score": score, "prediction": (score > 0.5).astype(int), "label": (rng.random(rows) < score).astype(int)}
