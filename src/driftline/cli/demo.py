"""`driftline demo`: a model is watched through ninety simulated days, and what was found is laid beside the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress

if TYPE_CHECKING:
    from driftline.cli.main import Session

ABOUT = """A model that scores card payments was trained on four weeks of them; the next four weeks are the reference.
Then it is watched for {days} days of about {rows:,} payments, each day by itself. All of it is simulated (seed {seed}),
so that it is known what truly happens. The files are in {directory}."""


@click.command()
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False), default=Path("driftline-demo"), show_default=True, help="Where."
)
@click.option("--days", type=int, default=90, show_default=True, help="How many days are watched.")
@click.option("--rows", type=int, default=3000, show_default=True, help="Rows per day, on average over a week.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, another stream of the same kind.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def demo(session: Session, /, *, directory: Path, days: int, rows: int, seed: int, quiet: bool) -> None:
    """Watch a model through 90 simulated days, and see what is found.

    A payments stream is simulated, in which a harmless campaign, an upstream fault and a new attack happen at
    known times; driftline.yaml is written as init would; the days are checked; and what was found is laid
    beside what truly happened. The exit code is 0 whatever is found.

    \b
    Examples:
      driftline demo
      driftline demo --directory try --seed 11
    """  # noqa: D301  click reads the mark
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
