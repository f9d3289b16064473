"""Deciding in the service: a mistake in it keeps no verdict from being kept."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from driftline.errors import DataError
from driftline.monitor import Monitor
from driftline.server.deciding import Deciding
from driftline.services.decide import Recalled


class Broken:
    """A report that nobody can read."""

    monitor = "m"

    def __init__(self, error: Exception) -> None:
        self._error = error

    @property
    def windows(self) -> Any:
        """Raises."""
        raise self._error


@pytest.mark.parametrize("error", [DataError("no rows", hint="send some"), ZeroDivisionError()])
def test_what_cannot_be_decided_is_logged(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is decided, and somebody can read why."""
    report: Any = Broken(error)
    with caplog.at_level(logging.WARNING, "driftline"):
        assert list(Deciding(Monitor())(report, Recalled(), ())) == []
    assert [record.monitor for record in caplog.records] == ["m"]  # type: ignore[attr-defined]  logging adds what it is given
