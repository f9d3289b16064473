"""What every table of the service is made of: instants, numbers, and the metadata that all tables belong to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970, which every database keeps, compares and sorts alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  as SQLAlchemy asks
        """Write an instant."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  as SQLAlchemy asks
        """Read an instant."""
        return None if value is None else EPOCH + timedelta(microseconds=int(value))


METADATA = MetaData()

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only in a column that it calls INTEGER."""


def key() -> Column[int]:
    """A number by which a row is known."""
    return Column("id", NUMBER, primary_key=True, autoincrement=True)


def of_monitor(*, primary_key: bool = False) -> Column[int]:
    """The monitor that a row is about."""
    return Column("monitor_id", NUMBER, nullable=False, primary_key=primary_key)
