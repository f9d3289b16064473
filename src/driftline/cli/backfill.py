"""`driftline backfill`: windows that were judged before are counted and judged again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click gives it
from typing import TYPE_CHECKING

import click

from driftline.cli.leaving import ended
from driftline.cli.stored import needed, opened, pace_flags, store_flags
from driftline.errors import DataError

if TYPE_CHECKING:
    from driftline.services.cycle import Pace


@click.command()
@store_flags
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Windows that end after this, in UTC.")
@click.option("--monitor", "names", multiple=True, metavar="NAME", help="Only this monitor; may be given several times.")
@pace_flags
@ended()
def backfill(*, data: Path, store: str | None, since: datetime, names: tuple[str, ...], pace: Pace) -> None:
    """Count and judge again, by the newest version of each monitor, every window that ends after a day.

    Rows are read from where they were kept, and joined with the labels that have come since. Earlier verdicts stay;
    the new ones are revisions. A backfill that is interrupted goes on with the next round.

    \b
    Examples:
      driftline backfill --since 2026-01-01
      driftline backfill --since 2026-03-01 --monitor churn
    """  # noqa: D301  click reads the mark
    service = opened(data, store)
    with needed():
        from driftline.server.worker import Worker
        from driftline.store.reopening import reopen

    chosen = [service.fleet.find(name) for name in names] or service.fleet.page(limit=1_000_000)
    at = since.replace(tzinfo=UTC)
    windows = sum(reopen(service.database, one.id, at, _now(), actor="driftline backfill") for one in chosen)
    done = Worker(service, pace, _now, scheduled=False).round()
    service.close()
    click.echo(f"{windows} windows of {len(chosen)} monitors reopened; {done.judged} windows judged")
    if done.failed:
        raise DataError("; ".join(done.failed), hint="the other monitors were done")


def _now() -> datetime:
    return datetime.now(UTC)
