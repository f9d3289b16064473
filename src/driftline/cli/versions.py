"""`driftline versions`: which registered versions of a model made predictions, and one held against another."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click gives it
from typing import TYPE_CHECKING

import click

from driftline.cli.stored import needed, opened, store_flags
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


@click.command()
@click.argument("monitor")
@click.argument("reference", required=False)
@click.argument("current", required=False)
@store_flags
@click.option("--json", "as_json", is_flag=True, help="The same for machines.")
def versions(*, monitor: str, reference: str | None, current: str | None, data: Path, store: str | None, as_json: bool) -> None:
    """List the versions of a model whose predictions the service counted, or hold one against another.

    `columns: {version: …}` in the monitor's YAML says which column holds the version. What is compared are the counts
    that were kept of each version's last windows, so that no row is read again.

    \b
    Examples:
      driftline versions churn
      driftline versions churn 41 42
    """  # noqa: D301  click reads the mark
    service = opened(data, store)
    with needed():
        from driftline.server import versions as kept

    try:
        watched = service.fleet.find(monitor)
        if reference is None:
            seen = [
                {"version": one.version, "rows": one.rows, "first": one.first, "last": one.last} for one in kept.versions(service, watched)
            ]
            lines = [f"{one['version']}  {one['rows']:,} predictions, {one['first']} to {one['last']}" for one in seen]
            click.echo(json.dumps(seen, indent=2) if as_json else "\n".join(lines) or "no version was told")
            return
        if current is None:
            raise ConfigError(f"{reference!r} is held against nothing", hint=f"name two: driftline versions {monitor} {reference} OTHER")
        _say(kept.compare(service, watched, reference, current, datetime.now(UTC)), as_json=as_json)
    finally:
        service.close()


def _say(report: Report, *, as_json: bool) -> None:
    from driftline.reports.document import to_dict
    from driftline.reports.markdown import to_markdown

    click.echo(json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) if as_json else to_markdown(report))
