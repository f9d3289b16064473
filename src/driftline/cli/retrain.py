"""`driftline retrain`: train a challenger on rows that are fit for it, and put it into the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.release.retrain import Retrained

DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
NOT_TRAINED = 1


@click.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option("--reason", default="asked for by hand", show_default=True, help="Why; it stays with the model.")
@click.option(
    "--decided", is_flag=True, help="Only if that is what driftline decide says, for its reason and without the windows it keeps out."
)
@click.option("--agreed", metavar="NAME", default="", help="Who agrees, where the decision needs a person.")
@click.option("--since", type=click.DateTime(DATES), help="Leave out rows before (UTC).")
@click.option("--exclude", metavar="WINDOW[=WHY]", multiple=True, help="Leave out this window, such as 2026-03-29='amount was in cents'.")
@click.option(
    "--sampling",
    type=click.Choice(["everything", "sliding", "since the change", "recent", "half and half", "importance"]),
    default="everything",
    show_default=True,
    help="Which rows, and how heavy each is; with --decided as the decision says.",
)
@click.option("--changed", metavar="WINDOW", default="", help="Since this window things are otherwise, for --sampling.")
@click.option("--as-of", type=click.DateTime(DATES), help="Train as somebody would have then (UTC): labels that came later are not known.")
@click.option("--cancel", "cancelled", is_flag=True, help="End the run that is on.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Do not show the run's log.")
@click.pass_context
def retrain(  # noqa: PLR0913  one argument an option
    ctx: click.Context,
    /,
    *,
    config: Path,
    current: tuple[str, ...],
    reason: str,
    decided: bool,
    agreed: str,
    since: datetime | None,
    exclude: tuple[str, ...],
    sampling: str,
    changed: str,
    as_of: datetime | None,
    cancelled: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a challenger as driftline.yaml says, and put it into the registry.

    The rows are the current data whose labels are known, less the newest, which are kept for the gate. They are
    written down as Parquet with a manifest; the run is one at a time for each model, tried again where it fails,
    and not made twice for the same request. Exit code 1 means that there is no model, and the reason is printed.

    \b
    Examples:
      driftline retrain --reason "recall fell on 2026-05-12"
      driftline retrain --exclude 2026-04-21="amount was in cents" --json
      driftline retrain --sampling "half and half" --changed 2026-05-12
      driftline retrain --decided --agreed ann
      driftline retrain --cancel
    """  # noqa: D301  click reads the mark
    from driftline.cli.check import load
    from driftline.release import retrain as release

    specification = load(config, None, current, ctx.obj)
    if cancelled:
        click.echo(f"{release.cancel(specification)} runs were asked to end")
        return
    excluded = {label: why or "left out by hand" for label, _, why in (one.partition("=") for one in exclude)}
    report, made = _looked(specification, as_of, decided=decided)
    request = release.Request(
        reason=reason, since=since and since.replace(tzinfo=UTC), excluded=excluded, sampling=sampling, changed=changed, report=report
    )
    if decided:
        asked = release.request_of(made, agreed)
        request = replace(asked, since=request.since, excluded={**asked.excluded, **excluded}, report=report)
    found = release.retrain(
        specification, request, _instant(as_of), lambda line: None if quiet or as_json else click.echo(f"  {line}", err=True)
    )
    if as_json:
        click.echo(json.dumps(_written(found), indent=1))
    else:
        click.echo(_said(found))
    if not found.version:
        ctx.exit(NOT_TRAINED)


def _looked(specification: Specification, as_of: datetime | None, *, decided: bool) -> tuple[str, Decided]:
    """What is seen now, or was then, in Markdown, and what is decided by it."""
    from driftline import replaying, wiring
    from driftline.reports.markdown import to_markdown

    if as_of and decided:
        report, made = replaying.judged_as_of(specification, _instant(as_of))
    else:
        found = wiring.check(specification, now=as_of and _instant(as_of))
        report, made = found.report, found.decided
    return to_markdown(report, decision=made.decision), made


def _instant(as_of: datetime | None) -> datetime:
    return as_of.replace(tzinfo=UTC) if as_of else datetime.now(UTC)


def _said(found: Retrained) -> str:
    rows = f"{found.snapshot.rows} rows in {found.snapshot.folder}"
    left = [f"  left out: {one['rows']} rows {one['what']}" for one in found.snapshot.manifest["exclusions"] if one["rows"]]
    ended = f"version {found.version} is the challenger" if found.version else f"no model: {found.run.end.value}: {found.run.why}"
    way = found.snapshot.manifest.get("sampling", "everything")
    chosen = [] if way == "everything" else [f"  chosen and weighed by {way!r}"]
    return "\n".join([rows, *chosen, *left, f"{ended} (run {found.run.key}, attempt {found.run.attempt})"])


def _written(found: Retrained) -> dict[str, object]:
    manifest = {key: found.snapshot.manifest.get(key) for key in ("digest", "rows", "sampling", "from", "to", "exclusions")}
    return {"version": found.version or None, "run": found.run.written(), "snapshot": {"folder": str(found.snapshot.folder), **manifest}}
