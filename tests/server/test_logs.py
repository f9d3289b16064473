"""Logs: one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys

from driftline.server.logs import REQUEST, Lines, fresh_id, log_to_stderr


def record(what: str, **given: object) -> logging.LogRecord:
    """A record."""
    return logging.makeLogRecord({"msg": what, "levelname": "INFO", "created": 0, **given})


def test_a_line_says_what_was_said() -> None:
    """Time, level, what, the request, and whatever stands beside; line ends stay within."""
    mark = REQUEST.set("r1")
    line = Lines().format(record("judged\nagain", monitor="churn", odd=object))
    REQUEST.reset(mark)
    said = json.loads(line)
    assert "\n" not in line
    assert (said["at"], said["level"], said["what"]) == ("1970-01-01T00:00:00.000+00:00", "info", "judged\nagain")
    assert (said["request"], said["monitor"], said["odd"]) == ("r1", "churn", str(object))
    assert "request" not in json.loads(Lines().format(record("x")))


def test_an_exception_is_told_with_its_trace() -> None:
    """Within the line."""
    try:
        {}["gone"]
    except KeyError:
        said = json.loads(Lines().format(record("failed", exc_info=sys.exc_info())))
    assert "KeyError: 'gone'" in said["trace"]


def test_ids_are_never_the_same() -> None:
    """However many are asked for."""
    assert len({fresh_id() for _ in range(10_000)}) == 10_000


def test_our_lines_go_to_the_standard_error_stream() -> None:
    """Once each; those of the server beneath us only from warnings on."""
    logs = [logging.getLogger(name) for name in ("driftline", "uvicorn", "uvicorn.error")]
    before = [(log.handlers, log.propagate, log.level) for log in logs]
    try:
        log_to_stderr()
        log_to_stderr()
        assert [len(log.handlers) for log in logs] == [1, 1, 1]
        assert [log.isEnabledFor(logging.INFO) for log in logs] == [True, False, False]
    finally:
        for log, (handlers, propagate, level) in zip(logs, before, strict=True):
            log.handlers, log.propagate = handlers, propagate
            log.setLevel(level)
