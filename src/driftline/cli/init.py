"""`driftline init`: look at the reference data, ask what it cannot tell, and write driftline.yaml."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftline.cli.progress import progress
from driftline.cli.tools import CRON, TOOLS, next_step
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.cli.main import Session
    from driftline.config.guess import Guess
    from driftline.config.proposal import Answers


@click.command()
@click.option("--reference", metavar="PLACE", required=True, help="What is normal: a path, directory, glob, URL or .profile.")
@click.option("--current", metavar="PLACE", help="What the model sees now.")
@click.option("--labels", metavar="PLACE", help="Labels that come later; they are joined to the predictions by id.")
@click.option("--label-time", metavar="COLUMN", help="Since when a label is known.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("driftline.yaml"), show_default=True, help="Where to write.")
@click.option("--name", "monitor", help="What the monitor is called.")
@click.option(
    "--task", type=click.Choice(["binary", "multiclass", "regression", "ranking", "text", "none"]), help="What kind of model it is."
)
@click.option("--timestamp", metavar="COLUMN", help="The time of each row.")
@click.option("--id", metavar="COLUMN", help="What tells rows apart.")
@click.option("--prediction", metavar="COLUMN", help="What the model said.")
@click.option("--score", metavar="COLUMN", multiple=True, help="How sure it was; again for each class that has its own.")
@click.option("--label", metavar="COLUMN", help="What turned out to be true.")
@click.option("--query-column", "query", metavar="COLUMN", help="Of a ranking: what each row answers, such as a search or a user.")
@click.option("--item", metavar="COLUMN", help="Of a ranking: what each row shows.")
@click.option("--ignore", metavar="COLUMN", multiple=True, help="A column that is not read.")
@click.option("--segment", "segments", metavar="COLUMN", multiple=True, help="Judge each value of this column by itself.")
@click.option("--unstable", metavar="COLUMN", multiple=True, help="A feature that moves often without harm.")
@click.option("--arrives", type=click.Choice(["hour", "day", "week", "month", "once"]), help="How often new data arrives.")
@click.option("--act-on", metavar="SIZE", help="How large a change must be: any, small, medium, large, or a shift in standard deviations.")
@click.option("--false-alarms", metavar="BUDGET", help="How many false alarms are accepted, such as '1 in 30 days'.")
@click.option("--metric", metavar="NAME", help="Which metric tells that the model is healthy.")
@click.option("--tool", "tools", type=click.Choice(list(TOOLS)), multiple=True, help="What runs things here; prints the next step for it.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing; take what is suggested.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.pass_obj
def init(session: Session, /, *, output: Path, tools: tuple[str, ...], yes: bool, force: bool, quiet: bool, **said: Any) -> None:
    """Look at the reference data and write driftline.yaml.

    Columns, their roles, the task and the window are inferred; what data cannot tell is asked in plain
    words, and every question can be skipped. Each choice is explained in the file.

    \b
    Examples:
      driftline init --reference train.parquet
      driftline init --reference train.parquet --current 'data/*.parquet' --yes
      driftline init --reference train.csv --task regression --unstable price --act-on medium --tool cron
    """  # noqa: D301  click reads the mark
    from driftline.cli.questions import ask
    from driftline.cli.reference import look
    from driftline.config.guess import guess
    from driftline.config.proposal import Answers, check_answers

    if output.exists() and not force:
        raise ConfigError(f"{str(output)!r} is already there", hint="give --force to overwrite it, or -o for another file")
    answers = check_answers(Answers(**_answers(said)))
    columns = {"columns": {"ignore": list(answers.ignore)}} if answers.ignore else {}
    with progress(quiet=quiet) as told:
        suggested = guess(look({"reference": answers.reference, **columns}, session, told))
    if not yes and sys.stdin.isatty():
        answers = check_answers(ask(answers, suggested))
    here: dict[str, Any] = {key: _seen_from(output.parent, getattr(answers, key)) for key in ("reference", "current", "labels")}
    write_proposal(replace(answers, **here), suggested, output)
    for line in _next(answers, suggested, output, tools):
        click.echo(line)


def _answers(said: dict[str, Any]) -> dict[str, Any]:
    from driftline.schema import Task

    scores = tuple(name for name in said["score"] if name) if said["score"] else None
    return {**said, "task": Task(said["task"]) if said["task"] else None, "score": scores}


def _seen_from(directory: Path, said: str | None) -> str | None:
    """A path as the file will say it: seen from where the file lies."""
    if said is None or "://" in said or said.startswith(("~", "$")) or directory == Path():
        return said
    return os.path.relpath(said, directory)


def write_proposal(answers: Answers, guess: Guess, output: Path) -> None:
    """Write the file, having read it as `check` will."""
    from driftline.cli.outputs import write
    from driftline.config.proposal import propose
    from driftline.config.specification import read_text

    text = propose(answers, guess)
    read_text(text, output, os.environ)
    write(output, text)


def _taken(answers: Answers, guess: Guess) -> Iterator[str]:
    """What columns are taken to be, and what is missing before a model can be judged and not its data alone."""
    from driftline.config.proposal import ROLES
    from driftline.schema import Role

    named = {role: answers.named(guess, Role(role)) for role in ROLES}
    if any(named.values()):
        yield "taken as " + "; ".join(f"{role}: {', '.join(columns)}" for role, columns in named.items() if columns)
    if not (named["prediction"] or named["score"]):
        yield "no prediction was found: name it with --prediction or --score, and the model is judged, not its data alone"
    if not (named["label"] or answers.labels):
        yield "no label was found: name it with --label, or where labels lie with --labels, and the performance is judged too"


def _next(answers: Answers, guess: Guess, output: Path, tools: tuple[str, ...]) -> list[str]:
    arrives = answers.arrives or (guess.arrives.value if guess.arrives else "day")
    every = arrives if arrives in CRON else "day"
    check = "driftline check" + ("" if output.name == "driftline.yaml" else f" -c {output.name}")
    directory = output.resolve().parent
    enter = "" if directory == Path.cwd() else f"cd {output.parent} && "
    lines = [f"wrote {output}: {guess.columns} columns, {guess.rows:,} rows in the reference", *_taken(answers, guess)]
    lines.append(f"next: {enter}{check}" + ("" if answers.current else " --current day.parquet"))
    return lines + [next_step(tool, every=every, directory=str(directory), check=check) for tool in tools]
