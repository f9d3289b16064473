"""`driftline show`: what a profile holds."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftline.cli.outputs import STDOUT, JsonCommand, write

if TYPE_CHECKING:
    from driftline.cli.digest import Digest
    from driftline.store.shelf import Shelf


@click.command(cls=JsonCommand)
@click.argument("profile", type=click.Path(path_type=Path))
@click.option("--window", metavar="LABEL", help="This window only; without it, all of them added.")
@click.option("--segment", metavar="NAME", help="This segment only; without it, all rows.")
@click.option("--column", "columns", metavar="COLUMN", multiple=True, help="This column only.")
@click.option("--json", "document", metavar="[FILE]", help="The same for machines; without a file, on standard output.")
def show(*, profile: Path, window: str | None, segment: str | None, columns: tuple[str, ...], document: str | None) -> None:
    r"""Show what a profile holds.

    For each column: rows, empty values, distinct values, mean, standard deviation, range and quantiles, and the
    most frequent levels. Quantiles are read from the bins; distinct values are estimated, within about 5%.

    \b
    Examples:
      driftline show day.profile
      driftline show days.profile --window 2026-03-29 --column amount
      driftline show day.profile --json | jq '.columns[].name'
    """
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
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from driftline.cli.shelves import counted
    from driftline.reports.wording import clean

    console = Console()
    console.print(Text(f"{path}: {shelf.use.value}, {counted(shelf)}"))
    for key, value in shelf.about.items():
        console.print(Text(f"{key}: {clean(value)}"))
    table = Table(box=box.SIMPLE_HEAD, title=clean(name), title_justify="left")
    table.add_column("column")
    table.add_column("kind")
    for heading in ("empty", "odd", "distinct", "mean", "sd", "least", "5%", "median", "95%", "greatest"):
        table.add_column(heading, justify="right")
    table.add_column("most frequent")
    for item in found:
        table.add_row(*(Text(cell) for cell in _row(item)))
    console.print(table)


def _row(item: Digest) -> list[str]:
    from driftline.cli.digest import LEVELS
    from driftline.reports.wording import clean, number, percent

    at = dict(zip(LEVELS, item.quantiles, strict=False))
    levels = ", ".join(f"{clean(level, 20)} {percent(rows / item.rows)}" for level, rows in item.levels[:3]) if item.rows else ""
    numbers = (item.mean, item.deviation, item.least, at.get(0.05), at.get(0.5), at.get(0.95), item.greatest)
    written = [_instant(value) if item.kind == "timestamp" and i != 1 else number(value) for i, value in enumerate(numbers)]
    written = written if item.least is not None else [""] * len(numbers)
    distinct = "" if item.distinct is None else f"{item.distinct:,}"
    return [clean(item.name, 40), item.kind, percent(item.missing), f"{item.odd:,}" if item.odd else "", distinct, *written, levels]


def _instant(value: float | None) -> str:
    """Seconds since 1970 as a day and a time."""
    from datetime import UTC, datetime

    from driftline.reports.wording import NOTHING

    try:
        return NOTHING if value is None else datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return f"{value:g} s"
