"""Every dialect's SQL can be read by SQLGlot as that dialect's, and says the same."""

from __future__ import annotations

import bisect

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.warehouse.dialect import DIALECTS, dialect_of

EDGES = st.lists(st.floats(allow_nan=False), min_size=1, max_size=40, unique=True).map(
    lambda values: sorted({value + 0.0 for value in values})
)


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_written_can_be_read(name: str) -> None:
    """Buckets, rounding, instants, texts and names are sentences of the dialect."""
    dialect = DIALECTS[name]
    value = dialect.quoted('a"b')
    said = [dialect.bucket(value, (-1.0, 0.5, float("inf"))), dialect.rounding.format(value), dialect.since_1970.format(value)]
    said += [
        dialect.total.format(value),
        dialect.among(value, ("it's", "b")),
        dialect.by_bytes.format(value),
        f"CAST({value} AS {dialect.text})",
    ]
    statement = f"SELECT {', '.join(said)} FROM t{dialect.fence}"
    assert sqlglot.parse_one(statement, read=name).sql(dialect=name)


@given(edges=EDGES, value=st.floats())
def test_a_bucket_is_the_number_of_edges_that_are_not_above(edges: list[float], value: float) -> None:
    """As `searchsorted` from the right; what is not a number is one further."""
    said = dialect_of("duckdb").bucket("v", edges)
    (row,) = duckdb.sql(f"SELECT {said} FROM (SELECT CAST('{value!r}' AS DOUBLE) AS v) AS t").fetchall()
    assert row[0] == (len(edges) + 1 if value != value else bisect.bisect_right(edges, value))  # noqa: PLR0124  that is what not a number is


def test_an_unknown_database_is_refused() -> None:
    """The hint says what to leave out."""
    with pytest.raises(ConfigError, match="'oracle' cannot be counted in SQL") as refused:
        dialect_of("oracle")
    assert "--engine sql" in refused.value.hint
