"""`driftline export`: jobs for schedulers, and what other tools need to watch the service."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftline.cli.outputs import write

if TYPE_CHECKING:
    from collections.abc import Callable


def job_options(*own: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The options of every job, then a scheduler's own."""
    path = click.Path(path_type=Path, dir_okay=False)
    options = (
        click.option("-c", "--config", metavar="FILE", default="driftline.yaml", show_default=True, help="The monitor, for the job."),
        click.option("--name", help="What the job is called.  [default: the monitor's name]"),
        click.option("--schedule", metavar="CRON", default="10 * * * *", show_default=True, help="When."),
        click.option("--command", "driftline", metavar="PATH", default="driftline", show_default=True, help="driftline, for the job."),
        *own,
        click.option("-o", "--output", type=path, help="The file to write.  [default: standard output]"),
    )
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


@click.group()
def export() -> None:
    """Write what other tools need to run driftline, and to watch its service."""


@export.command()
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False), default=Path("monitoring"), show_default=True, help="Where.")
@click.option("--target", metavar="HOST:PORT", multiple=True, help="Where the service listens.  [default: localhost:8321]")
@click.option("--token-file", metavar="FILE", help="A file with a viewer's token, as Prometheus sees it.")
@click.option("--webhook", metavar="URL", default="http://localhost:5001/alerts", show_default=True, help="Where alerts go.")
@click.option("--alertmanager", metavar="HOST:PORT", default="localhost:9093", show_default=True, help="Where Alertmanager listens.")
@click.option("--prometheus-url", metavar="URL", default="http://localhost:9090", show_default=True, help="Prometheus, for Grafana.")
@click.option("--every", metavar="TIME", default="15s", show_default=True, help="How often to scrape.")
@click.option("--no-grafana", is_flag=True, help="No dashboards.")
def prometheus(
    *,
    directory: Path,
    target: tuple[str, ...],
    token_file: str | None,
    webhook: str,
    alertmanager: str,
    prometheus_url: str,
    every: str,
    no_grafana: bool,
) -> None:
    """Write configuration and rules for Prometheus, a receiver for Alertmanager, and dashboards for Grafana.

    \b
    Examples:
      driftline export prometheus
      driftline export prometheus --directory /etc/prometheus/driftline --token-file /run/secrets/driftline
    """  # noqa: D301  click reads the mark
    from driftline.exports import grafana
    from driftline.exports import prometheus as written

    wishes = written.Wishes(
        targets=target or ("localhost:8321",), token_file=token_file, webhook=webhook, alertmanager=alertmanager, every=every
    )
    files = {
        "prometheus.yml": written.prometheus(wishes),
        written.RULES: written.rules(),
        "alertmanager.yml": written.alertmanager(wishes),
    }
    if not no_grafana:
        files |= {f"grafana/dashboards/{name}": text for name, text in grafana.dashboards().items()}
        files["grafana/provisioning/dashboards/driftline.yml"] = grafana.provisioning()
        files["grafana/provisioning/datasources/driftline.yml"] = grafana.datasource(prometheus_url)
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text)
        click.echo(f"wrote {path}")


@export.command()
@job_options()
def airflow(**asked: Any) -> None:
    """Write an Airflow DAG that checks a monitor, and retrains, or fails where the data must be fixed.

    It uses the provider airflow-provider-driftline, and marks assets that other DAGs can be scheduled by.

    \b
    Examples:
      driftline export airflow -o dags/driftline_payments.py
      driftline export airflow --command /opt/driftline/bin/driftline --schedule "10 6 * * *"
    """  # noqa: D301  click reads the mark
    _write("airflow", **asked)


@export.command()
@job_options()
def prefect(**asked: Any) -> None:
    """Write a Prefect flow that checks a monitor, and retrains, or fails where the data must be fixed.

    It uses prefect-driftline; the event driftline.decided can trigger other deployments.
    """
    _write("prefect", **asked)


@export.command()
@job_options(click.option("--user", default="driftline", show_default=True, help="Who runs it."))
def cron(**asked: Any) -> None:
    """Write a line for cron that checks a monitor."""
    _write("cron", **asked)


@export.command()
@job_options(click.option("--image", default="driftline:latest", show_default=True, help="A container image with driftline."))
def kubernetes(**asked: Any) -> None:
    """Write a CronJob of Kubernetes that checks a monitor."""
    _write("kubernetes", **asked)


@export.command()
@job_options()
def github(**asked: Any) -> None:
    """Write a workflow of GitHub Actions that checks a candidate's data before it is merged.

    \b
    Examples:
      driftline export github -o .github/workflows/driftline.yml
    """  # noqa: D301  click reads the mark
    _write("github", **asked)


@export.command()
@job_options()
def jenkins(**asked: Any) -> None:
    """Write a Jenkinsfile that checks a candidate's data before it is merged."""
    _write("jenkins", **asked)


def _write(scheduler: str, config: str, name: str | None, output: Path | None, **rest: str) -> None:
    """Write the job into its file, or on the standard output."""
    from driftline.exports.jobs import Job, Scheduler, written

    text = written(Scheduler(scheduler), Job(name=name or _name(config), config=config, **rest))
    if output is None:
        click.echo(text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    write(output, text)
    click.echo(f"wrote {output}")


def _name(config: str) -> str:
    """The monitor's name where its file can be read here, else the file's."""
    import os

    from driftline.config.specification import read
    from driftline.errors import DriftlineError

    try:
        return read(Path(config), os.environ).monitor.name
    except DriftlineError:
        return Path(config).stem
