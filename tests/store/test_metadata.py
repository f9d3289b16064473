"""What tables are made of: an instant comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from driftline.store.metadata import Instant

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis adds the zone


@given(at=INSTANTS, hours=st.integers(-12, 12))
def test_an_instant_is_the_same_in_every_zone(at: datetime, hours: int) -> None:
    """It is kept to the microsecond, and comes back in UTC."""
    kind, dialect = Instant(), sa.create_engine("sqlite://").dialect
    written = kind.process_bind_param(at.astimezone(timezone(timedelta(hours=hours))), dialect)
    assert kind.process_result_value(written, dialect) == at


def test_no_instant_is_none() -> None:
    """A column that may be empty may be empty."""
    dialect = sa.create_engine("sqlite://").dialect
    assert Instant().process_bind_param(None, dialect) is None
    assert Instant().process_result_value(None, dialect) is None
