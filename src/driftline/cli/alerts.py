"""`driftline alerts`: who would have been told what, over the windows there are."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress
from driftline.cli.stored import opened, store_flags
from driftline.errors import ConfigError, OutsideError, near_miss

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from driftline.alerting.incident import Notice
    from driftline.channels.courier import Sent
    from driftline.cli.main import Session

MOST = 1000
"""So many incidents are listed."""


@click.group()
def alerts() -> None:
    """Say what fires now, and which messages the verdicts would have sent."""


@alerts.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]),
    help="Look as somebody did then (UTC): labels that came later are not known.",
)
@click.option("--fires-after", type=click.IntRange(min=1), help="Windows that have to show it, instead of the file's.")
@click.option("--resolves-after", type=click.IntRange(min=1), help="Calm windows until it is over, instead of the file's.")
@click.option("--json", "as_json", is_flag=True, help="Print the messages as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def simulate(
    session: Session,
    /,
    *,
    config: Path,
    current: tuple[str, ...],
    as_of: datetime | None,
    fires_after: int | None,
    resolves_after: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Replay the current data window by window, and print every message that would have left.

    What begins together, or follows from a fault, is one incident, told when it begins, when it gets worse
    and when it is over. Plain input drift is told to nobody. A window that cannot tell changes nothing.

    \b
    Examples:
      driftline alerts simulate
      driftline alerts simulate --fires-after 2 --json
    """  # noqa: D301  click reads the mark
    from datetime import UTC

    from driftline import wiring
    from driftline.alerting.replay import replay
    from driftline.cli.check import load

    specification = load(config, None, current, session)
    with progress(quiet=quiet or as_json) as told:
        report = wiring.check(specification, progress=told, now=as_of and as_of.replace(tzinfo=UTC)).report
    said = specification.alerts.patience
    patience = replace(said, fires_after=fires_after or said.fires_after, resolves_after=resolves_after or said.resolves_after)
    board, notices = replay(report, replace(specification.alerts, patience=patience))
    if as_json:
        click.echo(json.dumps([_written(report.monitor, notice) for notice in notices], indent=1))
        return
    for notice in notices:
        click.echo(_said(report.monitor, notice))
    windows = len({window.window for window in report.windows})
    untold = sum(not any(notice.incident.number == one.number for notice in notices) for one in board.incidents)
    click.echo(f"{len(notices)} messages over {windows} windows; {untold} incidents were told to nobody")


@alerts.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--channel", "chosen", metavar="NAME", multiple=True, help="Only through this channel.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
@click.pass_obj
def test(session: Session, /, *, config: Path, chosen: tuple[str, ...], as_json: bool) -> None:
    """Send an example through every channel, and say what came of it.

    Exit code 6 means that a channel did not take it.

    \b
    Examples:
      driftline alerts test
      driftline alerts test --channel pager
    """  # noqa: D301  click reads the mark
    from datetime import UTC, datetime

    from driftline import wiring
    from driftline.alerting.announcement import example
    from driftline.config.specification import read

    specification = read(config, os.environ)
    session.secrets = specification.secrets
    courier = wiring.courier(specification)
    for name in chosen:
        if name not in courier.channels:
            raise ConfigError(f"there is no channel called {name!r}", hint=near_miss(name, courier.channels))
    told = example(specification.monitor.name, datetime.now(UTC).date().isoformat())
    _report(courier.show(told, chosen or tuple(courier.channels)), as_json=as_json)


@alerts.command()
@click.argument("ident", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@store_flags
def show(*, ident: int, as_json: bool, data: Path, store: str | None) -> None:
    """Show one incident of the service: what it is, what belongs to it, and who was told what.

    \b
    Example:
      driftline alerts show 3
    """  # noqa: D301  click reads the mark
    one = opened(data, store).incidents.incident(ident)
    if as_json:
        click.echo(_json(one))
        return
    click.echo(f"{one['monitor']}  {one['subject']}\n\n{one['body']}\n")
    for member in one["members"]:
        click.echo(f"  {member['concern']:<18}{member['name']}  since {member['since']}")
    for message in reversed(one["messages"]):
        receivers = ", ".join(
            f"{to['receiver']}{'' if to['done'] and not to['error'] else ' (' + to['error'] + ')'}" for to in message["receivers"]
        )
        click.echo(f"{message['created']:%Y-%m-%d %H:%M}  {message['news']:<11}to {receivers or 'nobody yet'}")


@alerts.command()
@click.argument("ident", metavar="ID", type=int)
@click.option("--by", metavar="WHO", help="Who takes care of it.  [default: you]")
@click.option("--note", default="", metavar="TEXT", help="What others should know.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@store_flags
def ack(*, ident: int, by: str | None, note: str, as_json: bool, data: Path, store: str | None) -> None:
    """Take care of an incident: it is not told again, unless it gets worse or is over.

    \b
    Example:
      driftline alerts ack 3 --note 'the feed is being repaired'
    """  # noqa: D301  click reads the mark
    done = opened(data, store).orders.answer(ident, _now(), actor=by or _you(), note=note)
    click.echo(_json(done) if as_json else f"{done['by']} takes care of incident {ident} of {done['monitor']}")


@alerts.command()
@click.argument("matchers", required=False)
@click.option("--for", "lasts", metavar="TIME", default="2 hours", show_default=True, help="How long: 30 minutes, 2 hours, 1 day.")
@click.option("--comment", default="", metavar="TEXT", help="Why.")
@click.option("--by", metavar="WHO", help="Who says so.  [default: you]")
@click.option("--lift", metavar="ID", type=int, help="End this silence instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the silences that hold then as JSON.")
@store_flags
def silence(
    *, matchers: str | None, lasts: str, comment: str, by: str | None, lift: int | None, as_json: bool, data: Path, store: str | None
) -> None:
    """Tell nobody of what fits, for a time; without matchers, list the silences.

    MATCHERS are written as Alertmanager's: labels are monitor, name, concern, tier, segment and kind. What still goes
    on when the silence is over is told then.

    \b
    Examples:
      driftline alerts silence 'monitor="payments", name="amount"' --for '2 hours' --comment 'known, being repaired'
      driftline alerts silence 'concern="prediction drift"' --for '1 day'
      driftline alerts silence
      driftline alerts silence --lift 4
    """  # noqa: D301  click reads the mark
    from driftline.config.arrangements import span

    orders, now, actor = opened(data, store).orders, _now(), by or _you()
    said: list[str] = []
    if lift is not None:
        if not orders.lift(lift, now, actor=actor):
            raise ConfigError(f"there is no silence {lift} that holds", hint="driftline alerts silence lists them")
        said.append(f"silence {lift} is over")
    elif matchers is None:
        said = [
            f"{one['id']:>4}  until {one['ends']:%Y-%m-%d %H:%M}  {one['matchers']}  {one['actor']}  {one['comment']}".rstrip()
            for one in orders.silences(now)
        ]
    else:
        ends = now + span(lasts)
        ident = orders.silence(matchers, now, ends, now, actor=actor, comment=comment)
        said.append(f"silence {ident} holds until {ends:%Y-%m-%d %H:%M} UTC")
    for line in [_json(orders.silences(now))] if as_json else said:
        click.echo(line)


def _json(said: object) -> str:
    return json.dumps(said, indent=1, default=str, ensure_ascii=False)


def _you() -> str:
    return f"driftline alerts, {getpass.getuser()}"


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _report(sent: Sequence[Sent], *, as_json: bool) -> None:
    """Say how it went with each channel.

    Raises:
        OutsideError: one did not take its message.
    """
    if as_json:
        told = ("channel", "attempts", "error", "hint")
        click.echo(_json([{"sent": not one.error, **{name: getattr(one, name) for name in told}} for one in sent]))
    for one in () if as_json else sent:
        click.echo(f"{one.channel:<16}{one.error or 'sent'}{f' (tried {one.attempts} times)' if one.attempts > 1 else ''}")
    failed = [one for one in sent if one.error]
    if failed:
        names = ", ".join(dict.fromkeys(one.channel for one in failed))
        raise OutsideError(f"{len(failed)} messages did not arrive, at {names}", hint=failed[0].hint)


def _said(monitor: str, notice: Notice) -> str:
    from textwrap import fill

    from driftline.alerting.message import compose

    message = compose(monitor, notice)
    body = fill(message.body, 96, initial_indent="    ", subsequent_indent="    ")
    return f"{notice.window}  {message.subject}\n{body}\n"


def _written(monitor: str, notice: Notice) -> dict[str, object]:
    """A message for machines."""
    from driftline.alerting.message import compose

    message = compose(monitor, notice)
    return {
        "key": notice.key,
        "window": notice.window,
        "news": notice.news.value,
        "tier": int(notice.incident.tier),
        "subject": message.subject,
        "body": message.body,
        "members": [{"name": one.name, "concern": one.concern.value, "since": one.since} for one in notice.incident.ranked],
    }


@alerts.command("list")
@click.option("--monitor", metavar="NAME", help="Only those of this monitor.")
@click.option("--all", "every", is_flag=True, help="Those that are over, too; the newest come first.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON, with every alert that belongs to them.")
@store_flags
def incidents(*, monitor: str | None, every: bool, as_json: bool, data: Path, store: str | None) -> None:
    """List the incidents that are open in the service's store: what fires now, since when, and how urgent it is.

    \b
    Examples:
      driftline alerts list
      driftline alerts list --all --monitor churn --json
    """  # noqa: D301  click reads the mark
    service = opened(data, store)
    whose = None if monitor is None else service.fleet.find(monitor).id
    items = service.incidents.incidents(monitor=whose, open_only=not every, limit=MOST)
    service.close()
    if as_json:
        click.echo(_json(items))
        return
    for one in items:
        click.echo(_line(one))
    click.echo(f"{len(items)} incidents{'' if every else ' are open'}")


def _line(one: dict[str, Any]) -> str:
    over = f", over {one['closed']:%Y-%m-%d %H:%M}" if one["closed"] else ""
    return f"{one['id']}  {one['monitor']}  since {one['window']}{over}\n    {one['subject']}\n    {one['body']}"
