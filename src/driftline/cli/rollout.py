"""`driftline rollout`: release the challenger step by step, and take it back."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.config.specification import Specification
    from driftline.release.filed import Filed

TAKEN_BACK = 1

config_option = click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the rollout as JSON.")


@click.group()
def rollout() -> None:
    """Release the challenger step by step, and take it back where it is worse."""


@rollout.command()
@config_option
@click.option("--spool", metavar="FOLDER", default="", help="The folder of the gateway's records, from which evidence comes.")
@click.option("--champion", metavar="URL", default="", help="Tell the gateway where the champion's model server is.")
@click.option("--challenger", metavar="URL", default="", help="Tell the gateway where the challenger's model server is.")
@click.option("--version", metavar="V", default="", help="What is released; the challenger by default.")
@json_option
@click.pass_context
def start(ctx: click.Context, /, *, config: Path, spool: str, champion: str, challenger: str, version: str, as_json: bool) -> None:
    """Begin to release the challenger, which must have passed the gate.

    The weights are stored in .driftline/rollouts/NAME.json; the gateway reads them there (--state). Nothing moves
    by itself from then on but by `driftline rollout step`.

    \b
    Examples:
      driftline rollout start --spool records
      driftline rollout step --every 5
    """  # noqa: D301  click reads the mark
    from driftline.release.prospect import foresight
    from driftline.release.prove import proved
    from driftline.release.rollout import start as begin

    servers = {arm: url for arm, url in (("champion", champion), ("challenger", challenger)) if url}
    specification = _specification(ctx, config)
    found = begin(specification, datetime.now(UTC), spool=spool, servers=servers, version=version)
    _show(found, as_json=as_json)
    known = (proved(specification, found.challenger) or {}).get("prospects", {})
    for sentence in [] if as_json else foresight(found.plan, known):
        click.echo(f"  {sentence}")


@rollout.command()
@config_option
@json_option
@click.pass_context
def status(ctx: click.Context, /, *, config: Path, as_json: bool) -> None:
    """Say where the rollout stands, and why."""
    from driftline.release.rollout import status as stands

    _show(stands(_specification(ctx, config)), as_json=as_json)


@rollout.command()
@config_option
@click.option("--every", type=click.FloatRange(min=0.1), metavar="SECONDS", help="Go on looking until it is promoted or taken back.")
@json_option
@click.pass_context
def step(ctx: click.Context, /, *, config: Path, every: float | None, as_json: bool) -> None:
    """Take in what the gateway recorded, and go where that leads: on, back, or nowhere yet.

    Looking often is allowed: one budget of error covers all looks. Exit code 1 means that the challenger was taken
    back.
    """
    from driftline.release.records import Reader
    from driftline.release.rollout import look
    from driftline.release.rollout import status as stands

    specification = _specification(ctx, config)
    reader = Reader(Path(stands(specification).spool))
    found = look(specification, datetime.now(UTC), reader)
    while every is not None and found.running:
        told = found.history[-1:]
        time.sleep(every)
        found = look(specification, datetime.now(UTC), reader)
        if found.history[-1:] != told and not as_json:
            click.echo(_event(found.history[-1]), err=True)
    _show(found, as_json=as_json)
    if found.over:
        ctx.exit(TAKEN_BACK)


def by_hand(name: str, what: str) -> Callable[..., None]:
    """A command by which a person decides."""

    @config_option
    @click.option("--by", metavar="NAME", help="Who says so; who runs this by default.")
    @click.option("--reason", default="", help="Why; it stays on record.")
    @json_option
    @click.pass_context
    def said(ctx: click.Context, /, *, config: Path, by: str | None, reason: str, as_json: bool) -> None:
        from driftline.release.rollout import tell
        from driftline.rollout.rollout import Action

        _show(tell(_specification(ctx, config), Action(name), datetime.now(UTC), by or getuser(), reason), as_json=as_json)

    said.__doc__ = what
    return said


promote = rollout.command("promote")(by_hand("promote", "Let the challenger answer everything, at once."))
pause = rollout.command("pause")(by_hand("pause", "Keep the weights as they are; the step does not end by itself."))
resume = rollout.command("resume")(by_hand("resume", "Go on after a pause; the time of the pause does not count."))
abort = rollout.command("abort")(by_hand("abort", "Let the champion answer everything; nothing was shown against the challenger."))
back = rollout.command("back")(by_hand("roll back", "Take the challenger back, also after it was promoted."))


def _specification(ctx: click.Context, config: Path) -> Specification:
    from driftline.cli.check import load

    return load(config, None, (), ctx.obj)


def _show(found: Filed, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.written(), indent=1))
        return
    parts = found.written()["weights"]
    asked = ", and is asked about everything" if parts["mirrored"] else ""
    steps = found.plan.steps
    where = steps[found.step].name if 0 <= found.step < len(steps) else "promoted" if found.step >= 0 else "over"
    click.echo(
        f"{found.rollout}: {where}: the challenger (version {found.challenger}) answers {parts['challenger']:.3g} of the traffic{asked}"
    )
    click.echo(f"  {found.reason.value}")
    if found.running and found.seen:
        click.echo(f"  seen in this step: {found.seen}")
    for trouble in filter(None, (found.trouble, found.unrouted)):
        click.echo(f"  {trouble}")
    for event in found.history:
        click.echo(_event(event))


def _event(event: dict[str, Any]) -> str:
    by = f" ({event['by']}{': ' + event['why'] if event.get('why') else ''})" if event.get("by") else ""
    return f"  {event['at'][:19]}  {event['state']:<11} step {event['step']:>2}  {event['said']}{by}"
