"""`driftline explain`: what a statistic, a setting, an error or a word means, and where it comes from."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from driftline.cli.topics import Topic

WIDTH = 100
HEADINGS = {"statistic": "Statistics", "setting": "Settings of driftline.yaml", "error": "Errors", "word": "Words"}


@click.command()
@click.argument("name", required=False)
def explain(name: str | None) -> None:
    """Explain a statistic, a setting, an error or a word.

    A statistic comes with its formula, the source it is from and the threshold in common use. Without a
    name, everything that can be explained is listed.

    \b
    Examples:
      driftline explain psi
      driftline explain false_alarms
      driftline explain columns.id
      driftline explain PlanMismatch
    """  # noqa: D301  click reads the mark
    from driftline.cli import topics

    if name is None:
        click.echo(_contents(list(topics.topics())))
        return
    click.echo("\n\n".join(_told(topic) for topic in topics.explain(name)))


def _told(topic: Topic) -> str:
    """One topic as a paragraph and a table of facts."""
    head = click.style(f"{topic.name}", bold=True) + f"  ({topic.kind})"
    widest = max((len(label) for label, _ in topic.facts), default=0)
    facts = [
        fill(text, WIDTH, initial_indent=f"  {label:<{widest}}  ", subsequent_indent=" " * (widest + 4)) for label, text in topic.facts
    ]
    return "\n".join([head, fill(topic.meaning, WIDTH, initial_indent="  ", subsequent_indent="  "), *([""] if facts else []), *facts])


def _contents(found: list[Topic]) -> str:
    parts = []
    for kind, heading in HEADINGS.items():
        names = ", ".join(topic.name for topic in found if topic.kind == kind)
        parts.append(click.style(heading, bold=True) + "\n" + fill(names, WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n\n".join([*parts, "driftline explain NAME tells of one of them."])
