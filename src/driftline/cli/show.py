"""`driftline show`: what a profile holds."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftline.cli.outputs import STDOUT, JsonCommand, write

if TYPE_CHECKING:
    from rich.console import Console

    from driftline.cli.digest import Digest
    from driftline.store.shelf import Shelf

WIDE = 110
"""From this width on there is room for more quantiles."""

HOLDS = "what it holds"


@click.command(cls=JsonCommand)
@click.argument("profile", type=click.Path(path_type=Path))
@click.option("--window", metavar="LABEL", help="This window only; without it, all of them added.")
@click.option("--segment", metavar="NAME", help="This segment only; without it, all rows.")
@click.option("--column", "columns", metavar="COLUMN", multiple=True, help="This column only.")
@click.option("--json", "document", metavar="[FILE]", help="The same for machines; without a file, on standard output.")
def show(*, profile: Path, window: str | None, segment: str | None, columns: tuple[str, ...], document: str | None) -> None:
    """Show what a profile holds.

    For each column: rows, empty values, distinct values, mean, standard deviation, range and quantiles, and the
    most frequent levels. Quantiles are read from the bins; distinct values are estimated, within about 5%.

    \b
    Examples:
      driftline show day.profile
      driftline show days.profile --window 2026-03-29 --column amount
      driftline show day.profile --json | jq '.columns[].name'
    """  # noqa: D301  click reads the mark
    from driftline.cli.digest import digest
    from driftline.cli.shelves import chosen
    from driftline.errors import ConfigError, near_miss
    from driftline.store.profiles import load

    shelf = load(profile)
    name, counts = chosen(shelf, window, segment)
    found = digest(counts)
    for column in columns:
        if column not in shelf.plan.names:
            raise ConfigError(f"there is no column {column!r}", hint=near_miss(column, shelf.plan.names))
    kept = [item for item in found if not columns or item.name in columns]
    if document:
        text = json.dumps(_document(shelf, name, counts.rows, kept), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if document == STDOUT:
            click.echo(text, nl=False)
        else:
            write(Path(document), text)
    else:
        _table(shelf, profile, name, kept)


def _document(shelf: Shelf, name: str, rows: int, found: list[Digest]) -> dict[str, Any]:
    return {
        "schema": 1,
        "use": shelf.use.value,
        "about": dict(shelf.about),
        "plan": shelf.plan.fingerprint,
        "window": name,
        "rows": rows,
        "windows": list(dict.fromkeys(window.label for _, window, _ in shelf.entries)),
        "segments": sorted({segment for segment, _, _ in shelf.entries if segment is not None}),
        "columns": [_plain(asdict(item)) for item in found],
    }


def _plain(value: Any) -> Any:
    """JSON has no infinity."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case tuple() | list():
            return [_plain(item) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
    return value


def _table(shelf: Shelf, path: Path, name: str, found: list[Digest]) -> None:
    from rich.console import Console
    from rich.text import Text

    from driftline.cli.shelves import counted
    from driftline.reports.wording import clean

    console = Console(width=shutil.get_terminal_size((100, 24)).columns)
    console.print(Text(f"{path}: {shelf.use.value}, {counted(shelf)}"))
    for key, value in shelf.about.items():
        console.print(Text(f"{key}: {clean(value)}"))
    console.print(Text(clean(name)))
    numbers = [item for item in found if item.quantiles and item.kind == "number"]
    others = [item for item in found if item not in numbers]
    if numbers:
        shown = [0.05, 0.5, 0.95] if console.width >= WIDE else [0.5]
        headings = ["mean", "sd", "least", *(f"{level:.0%}" for level in shown), "greatest"]
        _print(console, ["number", "empty", "odd", "distinct", *headings], [_number_row(item, shown) for item in numbers])
    if others:
        _print(console, ["other column", "empty", "odd", "distinct", HOLDS], [_other_row(item) for item in others])


def _print(console: Console, headings: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        words = heading in {headings[0], HOLDS}
        table.add_column(heading, justify="left" if words else "right", no_wrap=heading != HOLDS, overflow="ellipsis")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _counts(item: Digest) -> list[str]:
    from driftline.reports.wording import clean, percent

    distinct = "" if item.distinct is None else f"{item.distinct:,}"
    return [clean(item.name, 32), percent(item.missing), f"{item.odd:,}" if item.odd else "", distinct]


def _number_row(item: Digest, levels: list[float]) -> list[str]:
    from driftline.cli.digest import LEVELS
    from driftline.reports.wording import number

    at = dict(zip(LEVELS, item.quantiles, strict=True))
    values = (item.mean, item.deviation, item.least, *(at[level] for level in levels), item.greatest)
    return [*_counts(item), *(number(value) for value in values)]


def _other_row(item: Digest) -> list[str]:
    from driftline.reports.wording import clean, percent

    if item.least is not None and item.greatest is not None:
        holds = f"{_instant(item.least)} to {_instant(item.greatest)}"
    elif item.rows:
        unseen = [f"unseen {clean(level, 20)} {percent(rows / item.rows)}" for level, rows in list((item.unseen or {}).items())[:1]]
        holds = ", ".join([*(f"{clean(level, 20)} {percent(rows / item.rows)}" for level, rows in item.levels[:4]), *unseen])
    else:
        holds = ""
    return [*_counts(item), holds or (item.kind if item.role == "feature" else item.role)]


def _instant(seconds: float) -> str:
    """Seconds since 1970 as a day and a time, where the calendar has one."""
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g} s"
