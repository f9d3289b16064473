"""Two data sets and a verdict, with no file to write first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def table(rows: int, seed: int, scale: float = 1.0) -> pa.Table:
    """Amounts and countries."""
    rng = np.random.default_rng(seed)
    return pa.table({"amount": rng.lognormal(size=rows) * scale, "country": rng.choice(["de", "fr", "it"], rows)})


@pytest.fixture(autouse=True, scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A directory with a reference, a day like it, and one whose amounts are in cents."""
    directory = tmp_path_factory.mktemp("data")
    pq.write_table(table(20_000, 1), directory / "train.parquet")
    pq.write_table(table(5000, 2), directory / "same.parquet")
    pq.write_table(table(5000, 3, 100.0), directory / "cents.parquet")
    pyarrow.csv.write_csv(table(5000, 4), directory / "same.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        yield directory


def compare(*args: str) -> Any:
    """What `driftline compare` gives."""
    return CliRunner().invoke(main, ["compare", *args])


def judged(*args: str) -> Any:
    """The report that `--json` prints."""
    found = compare(*args, "--json")
    assert found.exit_code in {0, 1}, found.output
    return json.loads(found.stdout)


def test_two_files_give_a_verdict_and_a_code() -> None:
    """The same data is not drifted, cents for euros are."""
    assert compare("train.parquet", "same.parquet").exit_code == 0
    found = compare("train.parquet", "cents.parquet")
    assert found.exit_code == 1
    assert "amount" in found.stdout


def test_several_files_are_one_place() -> None:
    """The shell may have unfolded a pattern; formats may be mixed."""
    assert judged("train.parquet", "same.parquet", "same.csv")["windows"][0]["rows"] == 10_000


def test_flags_are_settings() -> None:
    """Columns, windows and statistics are as in the file."""
    found = judged("train.parquet", "same.parquet", "--ignore", "country", "--window", "1000 rows", "--statistic", "hellinger")
    assert len(found["windows"]) == 5
    assert [column["name"] for column in found["windows"][0]["columns"]] == ["amount"]
    assert "hellinger" in [score["statistic"] for score in found["windows"][0]["columns"][0]["scores"]]


def test_a_database_is_a_place_with_a_query(here: Path) -> None:
    """The query is a flag of its own."""
    engine = sa.create_engine(f"sqlite:///{here}/scores.db")
    with engine.begin() as connection:
        connection.execute(sa.text("create table scores (amount float, country text)"))
        rows = table(3000, 5).to_pylist()
        connection.execute(sa.text("insert into scores values (:amount, :country)"), rows)
    engine.dispose()
    assert judged("train.parquet", "sqlite:///scores.db", "--query", "select * from scores")["windows"][0]["rows"] == 3000


def searches(seed: int, noise: float) -> pa.Table:
    """Lists of ten, relevant or not, from two countries."""
    dice = np.random.default_rng(seed)
    relevance = (dice.random((400, 10)) < 0.3).astype(int)
    score = relevance + noise * dice.normal(size=relevance.shape)
    query, country = np.repeat(np.arange(400), 10), np.repeat(dice.choice(["de", "fr"], 400), 10)
    return pa.table({"query": query, "score": score.ravel(), "label": relevance.ravel(), "country": country})


def test_a_ranking_is_judged_by_its_lists(here: Path) -> None:
    """NDCG decides, per window and segment, with every metric in JSON, in the table and in the documents."""
    pq.write_table(searches(1, 0.5), here / "before.parquet")
    pq.write_table(searches(2, 1.5), here / "after.parquet")
    args = ("before.parquet", "after.parquet", "--query-column", "query", "--depth", "5", "--segment", "country")
    found = judged(*args, "--markdown", "ranking.md", "--html", "ranking.html")
    for window in found["windows"]:
        ndcg, *others = window["performance"]
        assert (ndcg["metric"], ndcg["verdict"], ndcg["decides"]) == ("ndcg@5", "drifted", True)
        assert [one["metric"] for one in others] == ["precision@5", "recall@5", "hit_rate@5", "mrr", "map"]
        assert all(one["interval"][0] <= one["value"] <= one["interval"][1] for one in (ndcg, *others))
    assert "normalised discounted cumulative gain" in " ".join(compare(*args).stdout.split())
    assert all("discounted cumulative gain" in (here / name).read_text() for name in ("ranking.md", "ranking.html"))


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("train.parquet",), 2, "missing argument 'CURRENT...'"),
        (("train.parquet", "same.parquet", "--window", "dya"), 2, "the command line: 'window' should be 'hour'"),
        (("train.parquet", "same.parquet", "--statistic", "hellnger"), 2, "Hint: did you mean 'hellinger'?"),
        (("train.parquet", "same.parquet", "--ignore", "contry"), 2, "Hint: did you mean 'country'?"),
        (("train.parquet", "same.parqet"), 3, "same.parquet"),
        (("train.parquet", "postgresql://ann:pw-4711@db/x", "--query", "q"), 2, "a password is written out"),
    ],
)
def test_what_is_wrong_is_told(args: tuple[str, ...], code: int, said: str) -> None:
    """With the code of whoever must act, and never with the secret."""
    found = compare(*args)
    assert (found.exit_code, found.stdout) == (code, "")
    assert said in found.stderr
    assert "pw-4711" not in found.stderr
