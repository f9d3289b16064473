"""`driftline run`: one round of the cycle, for cron and other schedulers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.leaving import ended
from driftline.cli.stored import needed, opened, pace_flags, store_flags
from driftline.errors import DataError

if TYPE_CHECKING:
    from driftline.services.cycle import Pace


@click.command()
@store_flags
@click.option("--monitors", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A directory of YAML files, one a monitor.")
@pace_flags
@ended()
def run(*, data: Path, store: str | None, monitors: Path | None, pace: Pace) -> None:
    """Do one round of the cycle: count what came, judge windows that are over, train what was decided, and leave.

    It may be called as often as you like, and beside any number of others: what is done is not done again, and what
    was interrupted is taken up. Exit code 3 means that a monitor could not be judged.

    \b
    Examples:
      driftline run
      driftline run --monitors monitors --lateness 60
      driftline run --store postgresql://driftline@db/driftline --data /srv/driftline
    """  # noqa: D301  click reads the mark
    service = opened(data, store)
    with needed():
        from driftline.server.courier import Courier
        from driftline.server.logs import log_to_stderr
        from driftline.server.outlets import Outlets
        from driftline.server.steward import Steward
        from driftline.server.trainer import Trainer
        from driftline.server.worker import Worker
        from driftline.store.trainings import TRAINING

    log_to_stderr("WARNING")
    wrong = service.watch_directory(monitors, _now(), actor="driftline run") if monitors else []
    worker = Worker(service, replace(pace, settle=timedelta(0)), _now, scheduled=False)
    done = worker.round()
    Courier(service.database, Outlets(service), _now, worker.owner).round()
    Courier(service.database, Trainer(service, _now), _now, worker.owner, topics=(TRAINING,), lease="trainer").round()
    Steward(service, _now, worker.owner).round()
    service.close()
    click.echo(f"{done.turns} monitors had work; {done.counted} parcels counted, {done.judged} windows judged, {done.busy} busy elsewhere")
    if wrong or done.failed:
        raise DataError("; ".join([*wrong, *done.failed]), hint="the other monitors were done")


def _now() -> datetime:
    return datetime.now(UTC)
