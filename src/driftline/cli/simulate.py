"""`driftline simulate`: a payments stream in which it is known what happens, to try a monitor on."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003  click gives it
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from driftline.simulator import Event

EVENT = re.compile(r"^(?P<kind>\w+):(?P<first>[0-9]+)(?:-(?P<last>[0-9]*))?(?::(?P<size>[0-9.]+))?$")
"""A kind, its first day and, after a dash, its last, and its size."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--days", type=int, default=90, show_default=True, help="How many days are watched.")
@click.option("--rows", type=int, default=3000, show_default=True, help="Rows per day, on average over a week.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another stream of the same kind.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2026-03-02", show_default="2026-03-02", help="The first watched day.")
@click.option(
    "--event", "events", metavar="KIND:FIRST[-LAST][:SIZE]", multiple=True, help="What happens instead of the usual story, by day from 0."
)
@click.option("--companions", type=int, default=0, show_default=True, help="Further columns, which the model does not read.")
@click.option("--no-events", is_flag=True, help="Nothing happens: whatever is found is a false alarm.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
def simulate(  # noqa: PLR0913  one argument an option
    *,
    directory: Path,
    days: int,
    rows: int,
    seed: int,
    start: datetime,
    events: tuple[str, ...],
    companions: int,
    no_events: bool,
    quiet: bool,
) -> None:
    """Write a simulated payments stream into DIRECTORY, and the truth about it beside it.

    The stream has customers, a weekly season, a model that was trained on its first weeks, and labels that
    come days late. Kinds of events: campaign, unit_fault, attack, null_burst, new_category,
    category_rename, stuck_value, duplicated_batch, time_shift, gradual_drift, nothing.

    \b
    Examples:
      driftline simulate stream
      driftline simulate stream --days 30 --event null_burst:10-12:0.5 --event gradual_drift:20
      driftline simulate quiet-stream --no-events --seed 11
    """  # noqa: D301  click reads the mark
    from driftline.simulator import EVENTS, PaymentsConfig, write

    happening = () if no_events else tuple(_event(text) for text in events) or EVENTS
    config = PaymentsConfig(seed=seed, days=days, rows_per_day=rows, start=start.date(), events=happening, companions=companions)
    with progress(quiet=quiet) as told:
        written = write(config, directory, progress=told)
    click.echo(f"wrote {days} days to {written.data}, the reference to {written.reference} and the truth to {written.truth_file}")
    click.echo(f"next: driftline compare {written.reference} {written.data} --timestamp ts --id transaction_id --ignore customer_id")


def _event(text: str) -> Event:
    from driftline.simulator import Event

    found = EVENT.match(text)
    if not found:
        raise ConfigError(f"{text!r} is not an event", hint="write null_burst:10-12, or null_burst:10-12:0.5 with its size")
    last = found["last"]
    # Without a dash it is one day; with a dash and nothing after it, it lasts to the end.
    to_day = int(found["first"]) if last is None else int(last) if last else None
    return Event(kind=found["kind"], from_day=int(found["first"]), to_day=to_day, size=float(found["size"]) if found["size"] else None)
