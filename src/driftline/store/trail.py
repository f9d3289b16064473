"""The audit trail: who changed what, written in the transaction that changed it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from driftline.store.tables import audit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection


def remember(tx: Connection, actor: str, action: str, subject: str, detail: Mapping[str, object], now: datetime) -> None:
    """Write down one change.

    Args:
        tx: the transaction that makes it.
        actor: a token's id and name, or the command line.
        action: what was done, such as `monitor.create`.
        subject: to what.
        detail: what else is worth knowing; no secrets.
        now: when.
    """
    text = json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str)
    tx.execute(audit.insert().values(at=now, actor=actor, action=action, subject=subject, detail=text))
