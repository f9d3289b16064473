"""`driftline token`: make, list and close tokens from the machine on which the service's state lies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003  click gives it

import click

from driftline.cli.stored import opened, store_flags
from driftline.errors import ConfigError

ACTOR = "driftline token"


@click.group()
def token() -> None:
    """Make, list and close tokens of the service."""


@token.command("make")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["sender", "viewer", "operator", "admin"]),
    default="sender",
    show_default=True,
    help="Send rows; look; look, send and change monitors; everything.",
)
@click.option("--days", type=click.FloatRange(0, min_open=True), help="How long it holds; for ever without this.")
@store_flags
def make(*, name: str, role: str, days: float | None, data: Path, store: str | None) -> None:
    """Make a token. Its text is shown this once; only its hash is kept.

    \b
    Examples:
      driftline token make churn-model
      driftline token make dashboard --role viewer --days 90
    """  # noqa: D301  click reads the mark
    lasts = timedelta(days=days) if days else None
    click.echo(opened(data, store).tokens.make(name, role, _now(), actor=ACTOR, lasts=lasts))


@token.command("list")
@store_flags
def tokens(*, data: Path, store: str | None) -> None:
    """List all tokens, without their secrets.

    \b
    Examples:
      driftline token list
    """  # noqa: D301  click reads the mark
    now = _now()
    for one in opened(data, store).tokens.every():
        state = "holds" if one.holds(now) else "revoked" if one.revoked else "expired"
        click.echo(f"{one.id}  {one.role.value:8}  {state:7}  {one.created:%Y-%m-%d}  {one.name}")


@token.command("revoke")
@click.argument("ident", metavar="ID")
@store_flags
def revoke(*, ident: str, data: Path, store: str | None) -> None:
    """Close a token for good.

    \b
    Examples:
      driftline token revoke 3f9a0c21b7de
    """  # noqa: D301  click reads the mark
    if not opened(data, store).tokens.revoke(ident, _now(), actor=ACTOR):
        raise ConfigError(f"there is no token {ident!r} that could be closed", hint="driftline token list shows them")
    click.echo(f"closed {ident}")


def _now() -> datetime:
    return datetime.now(UTC)
