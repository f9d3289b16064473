"""`driftline demo`: a model is watched through ninety simulated days; then another is retrained, released and taken back for real."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import click

from driftline.cli.leaving import ended
from driftline.cli.progress import progress

if TYPE_CHECKING:
    from driftline.cli.main import Session

ABOUT = """A model that scores card payments was trained on four weeks of them; the next four weeks are the reference.
Then it is watched for {days} days of about {rows:,} payments, each day by itself. All of it is simulated (seed {seed}),
so that it is known what truly happens. The files are in {directory}."""


WIDTH = 110
LOOP_ROWS = 2000
"""Payments a day in the second part: with fewer, what it shows would take more days."""

LOOP = """

The second part: the whole loop, with everything real but the payments and the calendar. A scikit-learn model answers in
a server of its own, behind driftline's gateway; the monitor reads what the gateway wrote down."""

END = """
everything is in {place}: story.txt (this), gate.md, gate-hurry.md, incident.html, records/, driftline.yaml; ask it yourself:
  cd {place}; driftline rollout status; driftline decide --as-of {day}"""


@click.command()
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False), default=Path("driftline-demo"), show_default=True, help="Where."
)
@click.option("--days", type=int, default=90, show_default=True, help="How many days are watched.")
@click.option("--rows", type=int, default=3000, show_default=True, help="Rows per day, on average over a week.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another stream of the same kind.")
@click.option("--check-only", is_flag=True, help="Only the first part: watch, and tell what was found.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def demo(session: Session, /, *, directory: Path, days: int, rows: int, seed: int, check_only: bool, quiet: bool) -> None:
    """Watch a model through 90 simulated days, then retrain one, release it and take a bad one back.

    A payments stream is simulated, in which a harmless campaign, an upstream fault and a new attack happen at
    known times; driftline.yaml is written as init would; the days are checked; and what was found is laid
    beside what truly happened. The exit code is 0 whatever is found.

    Then the whole loop, with a real model behind a real gateway: harmless drift is held, a fault is named and kept
    out, an attack leads to a retraining, a gate, a shadow, canaries and a promotion; a bad model is let in on purpose
    and rolled back; the report of the incident is written. Where a verdict does not come out by itself, it says so.

    \b
    Examples:
      driftline demo
      driftline demo --check-only
      driftline demo --directory try --seed 11
    """  # noqa: D301  click reads the mark
    _check(session, directory, days=days, rows=rows, seed=seed, quiet=quiet)
    if not check_only:
        _loop(directory / "loop", seed=seed, quiet=quiet)


def _loop(place: Path, *, seed: int, quiet: bool) -> None:
    """The second part.

    Raises:
        PluginError: the gateway's packages are not installed.
    """
    from driftline.errors import PluginError

    try:
        from driftline.rehearsal.play import rehearse
    except ModuleNotFoundError as error:
        fact = f"the second part needs the package {error.name!r}, which is not installed"
        raise PluginError(fact, hint="pip install 'driftline[demo]', or driftline demo --check-only") from error

    def say(said: str) -> None:
        for line in said.split("\n"):
            indent = " " * (len(line) - len(line.lstrip()) + 2)
            click.echo(fill(line, WIDTH, subsequent_indent=indent))

    click.echo(LOOP)
    with ended(), progress(quiet=quiet) as bar:
        now = datetime.now(UTC)
        failed = rehearse(place, seed=seed, today=now.date(), rows=LOOP_ROWS, say=say, progress=bar)
    for what in failed:
        click.echo(f"did not come out as it should: {what}")
    click.echo(END.format(place=place, day=now.date()))


def _check(session: Session, directory: Path, *, days: int, rows: int, seed: int, quiet: bool) -> None:
    """The first part."""
    from driftline.cli.check import load
    from driftline.cli.init import write_proposal
    from driftline.cli.outputs import Outputs, deliver
    from driftline.cli.reference import look
    from driftline.cli.story import retell, told
    from driftline.config.guess import guess
    from driftline.config.proposal import Answers
    from driftline.simulator import PaymentsConfig, write
    from driftline.wiring import check

    click.echo(ABOUT.format(days=days, rows=rows, seed=seed, directory=directory) + "\n")
    with progress(quiet=quiet) as bar:
        config = PaymentsConfig(seed=seed, days=days, rows_per_day=rows)
        written = write(config, directory, progress=bar)
        answers = Answers(
            reference="reference.parquet",
            current="data",
            labels="labels.parquet",
            label="is_fraud",
            label_time="label_ts",
            monitor="payments",
            arrives="day",
        )
        write_proposal(answers, guess(look({"reference": str(written.reference)}, session, bar)), directory / "driftline.yaml")
        found = check(load(directory / "driftline.yaml", None, (), session), progress=bar, now=config.midnight(days))
    report = found.report
    deliver(report, Outputs(documents={"html": str(directory / "report.html")}, quiet=False), found.decided.decision)
    click.echo("\nWhat truly happened, and what was found\n")
    for line in told(retell(written.truth, report)):
        click.echo(line)
    click.echo(f"\nlook at {directory / 'report.html'}, or at the file that says what is watched: {directory / 'driftline.yaml'}")
