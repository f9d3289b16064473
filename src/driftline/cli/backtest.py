"""`driftline backtest`: what retraining policies would have cost on the user's own past."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.backtesting.backtest import Backtest
    from driftline.cli.main import Session
    from driftline.config.specification import Specification


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Replay this data instead of the file's.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="End the past then (UTC): labels that came later are not known.",
)
@click.option("--cost", type=click.FloatRange(min=0), help="What a retraining costs. Without this: as decisions.cost says.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Where models' costs are kept, so that a stopped backtest goes on. Without this: .driftline.",
)
@click.option("--sampling", is_flag=True, help="Try every way to choose rows, too, and say whether there are enough.")
@click.option("--inject", is_flag=True, help="Put known shifts into the past instead, and say how soon each is found and how often missed.")
@click.option("--tries", type=click.IntRange(1), default=4, show_default=True, help="With --inject: how often each shift is tried.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path), help="Draw the cumulative cost.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def backtest(  # noqa: PLR0913  one argument an option
    session: Session,
    /,
    *,
    config: Path,
    current: tuple[str, ...],
    as_of: datetime | None,
    cost: float | None,
    folder: Path | None,
    sampling: bool,
    inject: bool,
    tries: int,
    html: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Replay the past under this policy and under simpler ones, and say which would have cost least.

    A model is trained at the end of every window, on rows whose labels were known then: with the monitor's own
    program (training: command and score), else with scikit-learn's trees as a stand-in. From the matrix of what
    each window would have cost with each model come this policy, never, every week, every month, always on drift,
    random timing, the best period and the oracle, which knows the future. Where the difference to a plain
    schedule is no more than chance it says so.

    With --inject nothing is trained. Known shifts and faults are put into the past, one at a time, each from a
    window on in which its column did not drift: how many windows later it is found, how often it is missed, and
    how often it is called by its name.

    \b
    Examples:
      driftline backtest
      driftline backtest --cost 40 --html backtest.html
      driftline backtest --inject
    """  # noqa: D301  click reads the mark
    from datetime import UTC

    from driftline.backtesting.backtest import backtest as replay
    from driftline.cli.check import load
    from driftline.cli.outputs import write
    from driftline.reports import bill

    specification = load(config, None, current, session)
    end = as_of and as_of.replace(tzinfo=UTC)
    if inject:
        _injected(specification, end, tries, as_json=as_json, quiet=quiet)
        return
    kept = folder or specification.releasing.directory / "backtest"
    with progress(quiet=quiet or as_json) as told:
        found = replay(specification, now=end, cost=cost, folder=kept, sampling=sampling, progress=told)
    if html is not None:
        write(html, bill.to_html(found.comparison, found.windows, found.unit, found.monitor))
    _print(found, as_json=as_json)


def _print(found: Backtest, *, as_json: bool) -> None:
    """What each policy would have cost, as JSON or in lines."""
    from driftline.reports import bill

    if as_json:
        document = bill.to_dict(found.comparison, found.windows, found.unit)
        rows = None if found.rows is None else found.rows.sentence
        curve = None if found.curve is None else found.curve.sentence
        click.echo(json.dumps(document | {"assumed": list(found.assumed), "alarms": found.alarms, "rows": rows, "curve": curve}, indent=1))
        return
    for line in bill.lines(found.comparison, found.unit):
        click.echo(line)
    if found.rows is not None and found.curve is not None:
        click.echo(f"rows to train on: {found.rows.sentence}")
        click.echo(f"learning curve: {found.curve.sentence}")
    for line in found.assumed:
        click.echo(f"note: {line}")


def _injected(specification: Specification, end: datetime | None, tries: int, *, as_json: bool, quiet: bool) -> None:
    """Put known shifts into the past, and print what became of them."""
    from driftline.backtesting.injecting import inject
    from driftline.reports import detection

    with progress(quiet=quiet or as_json) as told:
        found = inject(specification, now=end, tries=tries, progress=told)
    if as_json:
        click.echo(json.dumps(detection.to_dict(found), indent=1))
        return
    for line in detection.lines(found):
        click.echo(line)
    for line in found.notes:
        click.echo(f"note: {line}")
