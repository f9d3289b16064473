"""`driftline export`: what other tools need to watch the service."""

from __future__ import annotations

from pathlib import Path

import click

from driftline.cli.outputs import write


@click.group()
def export() -> None:
    """Write what other tools need to watch the service."""


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


@export.command("job")
@click.argument("scheduler", type=click.Choice(["airflow", "prefect", "cron", "kubernetes", "github", "jenkins"]))
@click.option("-c", "--config", metavar="FILE", default="driftline.yaml", show_default=True, help="The monitor, as the job will see it.")
@click.option("--name", help="What the job is called.  [default: the monitor's name]")
@click.option("--schedule", metavar="CRON", default="10 * * * *", show_default=True, help="When.")
@click.option("--command", metavar="PATH", default="driftline", show_default=True, help="driftline, as the job will find it.")
@click.option("--user", default="driftline", show_default=True, help="Who runs it, for cron.")
@click.option("--image", default="driftline:latest", show_default=True, help="A container image with driftline, for Kubernetes.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.  [default: standard output]")
def job(*, scheduler: str, config: str, name: str | None, schedule: str, command: str, user: str, image: str, output: Path | None) -> None:
    """Write a job that checks a monitor: for Airflow, Prefect, cron, Kubernetes, GitHub Actions or Jenkins.

    Airflow's and Prefect's do what is decided, too: they retrain, fail where the data must be fixed, and
    leave an asset or an event that others can be scheduled by.

    \b
    Examples:
      driftline export job airflow -o dags/driftline_payments.py
      driftline export job cron --schedule "10 6 * * *" --command /opt/driftline/bin/driftline
      driftline export job github -o .github/workflows/driftline.yml
    """  # noqa: D301  click reads the mark
    from driftline.exports.jobs import Job, Scheduler, written

    made = Job(name=name or _name(config), config=config, schedule=schedule, driftline=command, user=user, image=image)
    text = written(Scheduler(scheduler), made)
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
