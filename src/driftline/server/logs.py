"""Structured logs: one JSON object a line, with the request's id where there is one."""

from __future__ import annotations

import json
import logging
import sys
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count

LOG = logging.getLogger("driftline")
REQUEST: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered."""

PROCESS = uuid.uuid4().hex[:20]
COUNT = count(1)


def fresh_id() -> str:
    """An id that no other request or batch has; asking the system for randomness each time would take longer than the request."""
    return f"{PROCESS}{next(COUNT):012x}"


PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class Lines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, what happened, and whatever was said beside."""
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "what": record.getMessage(),
        }
        if REQUEST.get():
            said["request"] = REQUEST.get()
        said |= {key: value for key, value in vars(record).items() if key not in PLAIN}
        if record.exc_info:
            said["trace"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


def log_to_stderr(level: str = "INFO") -> None:
    """Write our logs, and those of the server beneath us, to the standard error stream."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name in ("driftline", "uvicorn", "uvicorn.error"):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [handler], False
        log.setLevel(level if name == "driftline" else logging.WARNING)
