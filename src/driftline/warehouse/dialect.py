"""What each warehouse says in its own way: quoting, doubles, buckets, rounding, instants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from driftline.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Dialect:
    """One warehouse's SQL.

    Attributes:
        name: what SQLGlot calls it; identifiers and texts are quoted by SQLGlot.
        double: the type of 64-bit floats.
        rounding: rounds a double to the nearest whole one, halves to the even one.
        since_1970: seconds since 1970 of an instant, as a double.
        thresholds: finds a value's place among sorted doubles, where the warehouse has a function for it.
        by_bytes: orders texts by their bytes, which is how they are ordered here.
        total: the sum of 64-bit integers, which may need more bits.
        fence: ends a subquery whose expressions must not be evaluated once for each use.
        settings: run before counting.
        lanes: connections that count different columns at the same time, at one snapshot.
    """

    name: str
    double: str = "DOUBLE"
    whole: str = "BIGINT"
    text: str = "VARCHAR"
    rounding: str = "ROUND({0}, 0)"
    since_1970: str = "EXTRACT(EPOCH FROM {0})"
    thresholds: str | None = None
    by_bytes: str = "{0}"
    total: str = "SUM({0})"
    fence: str = ""
    settings: tuple[str, ...] = ()
    lanes: int = 1

    def quoted(self, name: str) -> str:
        """An identifier."""
        return exp.to_identifier(name, quoted=True).sql(dialect=self.name)

    def said(self, text: str) -> str:
        """A text."""
        return exp.Literal.string(text).sql(dialect=self.name)

    def real(self, number: float) -> str:
        """A double, to the last bit.

        >>> dialect_of("duckdb").real(0.1)
        "CAST('0.1' AS DOUBLE)"
        """
        return f"CAST('{number!r}' AS {self.double})"

    def among(self, value: str, texts: Sequence[str]) -> str:
        """Whether a text is one of several."""
        return f"{value} IN ({', '.join(map(self.said, texts))})" if texts else "FALSE"

    def bucket(self, value: str, edges: Sequence[float]) -> str:
        """How many edges are at most the value, a double: its bin; one more where it is not a number; null where it is null."""
        if self.thresholds is not None:
            return self.thresholds.format(value, ",".join(map(repr, (*edges, float("nan")))))
        tree = self._tree(value, edges, 0, len(edges))
        # Not every warehouse puts what is not a number behind all numbers.
        return f"CASE WHEN {value} IS NULL THEN NULL WHEN {value} = {self.real(float('nan'))} THEN {len(edges) + 1} ELSE {tree} END"

    def _tree(self, value: str, edges: Sequence[float], low: int, high: int) -> str:
        """Halve what is left until one answer is."""
        if low == high:
            return str(low)
        half = (low + high) // 2
        below, above = self._tree(value, edges, low, half), self._tree(value, edges, half + 1, high)
        return f"CASE WHEN {value} < {self.real(edges[half])} THEN {below} ELSE {above} END"


DIALECTS: Mapping[str, Dialect] = {
    "postgres": Dialect(
        "postgres",
        double="DOUBLE PRECISION",
        text="TEXT",
        rounding="ROUND({0})",
        # EXTRACT gives a numeric there, which takes ten times as long.
        since_1970="DATE_PART('epoch', {0})",
        thresholds="WIDTH_BUCKET({0}, CAST('{{{1}}}' AS DOUBLE PRECISION[]))",
        by_bytes='{0} COLLATE "C"',
        # Else what is grouped by is computed anew in every grouping set, or sorted for.
        fence=" OFFSET 0",
        settings=("SET LOCAL enable_sort = off",),
        # As many processes as one query of PostgreSQL takes by itself.
        lanes=3,
    ),
    "duckdb": Dialect("duckdb", rounding="ROUND_EVEN({0}, 0)", since_1970="EPOCH_US({0}) / CAST('1e6' AS DOUBLE)"),
    "snowflake": Dialect(
        "snowflake", rounding="ROUND({0}, 0, 'HALF_TO_EVEN')", since_1970="DATE_PART(EPOCH_MICROSECOND, {0}) / 1e6::DOUBLE"
    ),
    "bigquery": Dialect(
        "bigquery",
        double="FLOAT64",
        whole="INT64",
        text="STRING",
        rounding="CAST(ROUND(CAST({0} AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS FLOAT64)",
        since_1970="UNIX_MICROS(CAST({0} AS TIMESTAMP)) / 1e6",
        total="SUM(CAST({0} AS BIGNUMERIC))",
    ),
}
"""PostgreSQL and DuckDB are tested against the real ones; of the others only that SQLGlot can read what is written."""

CALLED = {"postgresql": "postgres"}
"""Databases that SQLAlchemy's URLs call by another name."""


def dialect_of(database: str) -> Dialect:
    """The SQL of a database, as its URL calls it.

    Raises:
        ConfigError: nothing is known of it.
    """
    name = CALLED.get(database, database)
    if name not in DIALECTS:
        fact = f"rows in {database!r} cannot be counted in SQL"
        raise ConfigError(fact, hint=f"{near_miss(name, tuple(DIALECTS))}; or leave --engine sql out, and rows are read and counted here")
    return DIALECTS[name]
