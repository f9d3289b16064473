"""`driftline rules`: how often each rule would have fired, over the windows there are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftline.cli.progress import progress

if TYPE_CHECKING:
    from driftline.alerting.rules import Tried
    from driftline.cli.main import Session

WHEN = 60
"""Longer expressions are shortened in the table."""


@click.group()
def rules() -> None:
    """Try the rules that make alerts."""


@rules.command()
@click.option("-c", "--config", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="The monitor.")
@click.option("--current", metavar="PLACE", multiple=True, help="Take this data instead of the file's.")
@click.option("--rule", metavar="EXPRESSION", multiple=True, help="Try this rule too: 'drift.psi.max > 0.25'.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def test(session: Session, /, *, config: Path, current: tuple[str, ...], rule: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Run the rules over the current data, and show how often each would have fired.

    The three tiers and the digest, which hold for every monitor, are run too, as the rules that they amount to.

    \b
    Examples:
      driftline rules test
      driftline rules test --rule 'drift.psi.max > 0.25 and performance.f1.drop > 0.05'
      driftline rules test --rule 'segment("region=north").performance.f1.drop > 0.05'
    """  # noqa: D301  click reads the mark
    from driftline import wiring
    from driftline.alerting.rules import DEFAULTS, Rule, tried
    from driftline.alerting.signals import Tier
    from driftline.cli.check import load
    from driftline.config.arrangements import wrong_with
    from driftline.expressions import read

    specification = load(config, None, current, session)
    hints = specification.monitor.hints
    cuts = [*(f"{column}=" for column in hints.segments), *hints.conditions]
    for text in rule:
        for error in wrong_with(text, specification.monitor.policy.statistics, cuts):
            raise error
    extra = [Rule(text, Tier.LOOK, read(text)) for text in rule]
    with progress(quiet=quiet or as_json) as told:
        report = wiring.check(specification, progress=told).report
    defaults = [Rule(f"default: {tier.name.lower()}", tier, read(text)) for tier, text in DEFAULTS.items()]
    found = tried(report.windows, [*specification.alerts.book.rules, *extra, *defaults])
    if as_json:
        click.echo(json.dumps([_written(one) for one in found], indent=1))
        return
    click.echo(f"{'rule':<28} {'fired':>5} {'held':>5} {'unknown':>7}  {'first':<12} {'last':<12} when")
    for one in found:
        click.echo(_line(one))
    click.echo(f"over {len({one.window for one in report.windows})} windows; a rule fires once for each run of windows in which it holds")


def _line(one: Tried) -> str:
    when = one.rule.condition.text
    short = when if len(when) <= WHEN else f"{when[: WHEN - 1]}…"
    name, first, last = one.rule.name[:28], one.first or "never", one.last or ""
    return f"{name:<28} {one.fired:>5} {one.held:>5} {one.unknown:>7}  {first:<12} {last:<12} {short}"


def _written(one: Tried) -> dict[str, object]:
    return {
        "rule": one.rule.name,
        "tier": int(one.rule.tier),
        "when": one.rule.condition.text,
        "windows": one.windows,
        "held": one.held,
        "unknown": one.unknown,
        "fired": one.fired,
        "first": one.first,
        "last": one.last,
    }
