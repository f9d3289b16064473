"""Settings given as flags: the same settings as in driftline.yaml, checked by the same document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAMED = re.compile(r"^([^=<>!]+)=(?!=)(.+)$", re.DOTALL)
"""A name, an equals sign and what belongs to it."""

ROWS = re.compile(r"^([0-9]+) rows?$")
COLUMN = re.compile(r"^column (.+)$")
WINDOWS = re.compile(r"^([0-9]+) windows?$")


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: how it is called, what it means, and whether it may be given more than once."""

    name: str
    metavar: str
    help: str
    many: bool = False

    @property
    def key(self) -> str:
        """The flag as a key."""
        return self.name.removeprefix("--").replace("-", "_")


FLAGS = (
    Flag("--timestamp", "COLUMN", "The time of each row."),
    Flag("--window", "WINDOW", "hour, day, week, month, whole, '1000 rows' or 'column batch'."),
    Flag("--timezone", "ZONE", "Where a day begins, such as Europe/Berlin."),
    Flag("--id", "COLUMN", "What tells rows apart."),
    Flag("--query-column", "COLUMN", "Of a ranking: what each row answers, such as a search or a user."),
    Flag("--item", "COLUMN", "Of a ranking: what each row shows."),
    Flag("--depth", "K", "Of a ranking: how many of the first places are looked at.  [default: 10]", many=True),
    Flag("--prediction", "COLUMN", "What the model said.", many=True),
    Flag("--score", "COLUMN", "How sure the model was.", many=True),
    Flag("--label", "COLUMN", "What turned out to be true."),
    Flag("--feature", "COLUMN", "What the model is given; without any, every other column.", many=True),
    Flag("--ignore", "COLUMN", "A column that is not read.", many=True),
    Flag("--segment", "COLUMN|NAME=CONDITION", "Judge each value, or a condition, by itself: 'large=amount > 1000'.", many=True),
    Flag("--kind", "COLUMN=KIND", "number, category, boolean, timestamp or text, where it would be inferred wrongly.", many=True),
    Flag("--importance", "COLUMN=SHARE", "How much the model leans on a column, 0 to 1.", many=True),
    Flag("--metric", "NAME", "The metric that means healthy, such as roc_auc or ndcg@10."),
    Flag("--kpi", "NAME=FILE:TIME:VALUE[:sum]", "A business figure beside performance: 'conversion=kpi.csv:day:rate'.", many=True),
    Flag("--task", "TASK", "binary, multiclass, regression, ranking, text or none."),
    Flag("--false-alarms", "BUDGET", "The false-alarm budget.  [default: 1 in 30 days]"),
    Flag("--compare-with", "WHAT", "reference, previous, 'same weekday', 'same hour' or '7 windows'."),
    Flag("--floor", "[COLUMN.]EFFECT=SIZE", "The smallest change that matters: shift=0.1, amount.psi=0.05.", many=True),
    Flag("--threshold", "COLUMN.STATISTIC=VALUE", "A threshold set by hand: amount.psi=0.2, '*.ks=0.1'.", many=True),
    Flag("--statistic", "NAME", "A statistic reported beside the judged ones.", many=True),
)
"""Settings that can be given as flags. `settings` turns them into the document's form."""


def settings_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the flags, which reach it as one mapping, `settings`, in the document's form."""

    @wraps(command)
    def with_settings(*args: Any, **given: Any) -> Any:
        flags = {flag.key: given.pop(flag.key) for flag in FLAGS}
        return command(*args, settings=settings({key: value for key, value in flags.items() if value}), **given)

    wrapped: Callable[..., Any] = with_settings
    for flag in reversed(FLAGS):
        wrapped = click.option(flag.name, metavar=flag.metavar, multiple=flag.many, help=flag.help)(wrapped)
    return wrapped


def settings(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Turn flags into the document's form.

    >>> settings({"timestamp": "ts", "window": "day", "kind": ("zip=category",)})
    {'columns': {'timestamp': 'ts', 'kinds': {'zip': 'category'}}, 'window': 'day'}
    """
    columns = _columns(flags)
    found: dict[str, Any] = {"columns": columns} if columns else {}
    found |= {key: flags[key] for key in ("task", "false_alarms") if key in flags}
    found |= _performance(flags)
    if "segment" in flags:
        found["segments"] = [{named[1]: named[2]} if (named := NAMED.match(text)) else text for text in flags["segment"]]
    if "window" in flags or "timezone" in flags:
        found["window"] = _window(flags.get("window", "day"), flags.get("timezone"))
    if "compare_with" in flags:
        trailing = WINDOWS.match(flags["compare_with"])
        found["compare_with"] = {"trailing": int(trailing[1])} if trailing else flags["compare_with"]
    if "floor" in flags:
        found["floors"] = _floors(flags["floor"])
    if "threshold" in flags:
        found["thresholds"] = _thresholds(flags["threshold"])
    if "statistic" in flags:
        found["statistics"] = list(flags["statistic"])
    return found


def _columns(flags: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        COLUMNS.get(key, key): flags[key] for key in ("timestamp", "id", "query_column", "item", "label") if key in flags
    }
    columns |= {COLUMNS.get(key, key): list(flags[key]) for key in ("prediction", "score", "ignore", "feature") if key in flags}
    if "kind" in flags:
        columns["kinds"] = dict(_pair("--kind", text) for text in flags["kind"])
    if "importance" in flags:
        columns["importance"] = {name: _number(value) for name, value in (_pair("--importance", text) for text in flags["importance"])}
    return columns


def _performance(flags: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"metric": flags["metric"]} if "metric" in flags else {}
    if "depth" in flags:
        said["depths"] = [int(text) if text.isdecimal() else text for text in flags["depth"]]
    if "kpi" in flags:
        said["kpis"] = [_kpi(text) for text in flags["kpi"]]
    return {"performance": said} if said else {}


def _kpi(text: str) -> dict[str, str]:
    """A business figure in the document's form; its file may hold colons.

    >>> _kpi("sales=s3://shop/sales.csv:day:eur:sum")
    {'name': 'sales', 'from': 's3://shop/sales.csv', 'time': 'day', 'value': 'eur', 'of': 'sum'}
    """
    name, _, rest = text.partition("=")
    parts = rest.split(":")
    of = {"of": parts.pop()} if parts[-1] in {"mean", "sum"} else {}
    if len(parts) < 3 or not all([name, *parts[-2:]]):  # noqa: PLR2004  a file, a time and a value
        raise ConfigError(f"--kpi takes a name, a file and its columns, not {text!r}", hint="write --kpi conversion=kpi.csv:day:rate")
    return {"name": name, "from": ":".join(parts[:-2]), "time": parts[-2], "value": parts[-1], **of}


COLUMNS = {"query_column": "query", "feature": "features"}
"""Keys under `columns` that are called otherwise as flags; `--query` is that of a database."""


def placed(said: Sequence[str], query: str | None = None) -> Any:
    """A place in the document's form.

    >>> placed(["a.csv"]), placed(["a", "b"]), placed(["sqlite:///a.db"], "scores")
    ('a.csv', ['a', 'b'], {'database': 'sqlite:///a.db', 'query': 'scores'})
    """
    if query:
        return {"database": said[0], "query": query}
    return said[0] if len(said) == 1 else list(said)


def _window(text: str, timezone: str | None) -> Any:
    if timezone:
        return {"every": text, "timezone": timezone}
    if rows := ROWS.match(text):
        return {"rows": int(rows[1])}
    column = COLUMN.match(text)
    return {"column": column[1]} if column else text


def _floors(texts: Sequence[str]) -> dict[str, Any]:
    floors: dict[str, Any] = {}
    for text in texts:
        name, size = _pair("--floor", text)
        column, _, effect = name.rpartition(".")
        home = floors.setdefault("columns", {}).setdefault(column, {}) if column else floors
        home[effect] = _number(size)
    return floors


def _thresholds(texts: Sequence[str]) -> dict[str, Any]:
    thresholds: dict[str, Any] = {}
    for text in texts:
        name, value = _pair("--threshold", text)
        column, _, statistic = name.rpartition(".")
        thresholds.setdefault(column or "*", {})[statistic] = _number(value)
    return thresholds


def _pair(flag: str, text: str) -> tuple[str, str]:
    """A name and a value; the name may hold an equals sign, the value may not."""
    name, sign, value = text.rpartition("=")
    if not (sign and name and value):
        raise ConfigError(f"{flag} takes a name and a value, not {text!r}", hint=f"write {flag} {HOW[flag]}")
    return name, value


HOW = {
    "--kind": "zip=category",
    "--importance": "amount=0.4",
    "--floor": "shift=0.1 or amount.shift=0.1",
    "--threshold": "amount.psi=0.2",
}
"""How the flags that take a name and a value are written."""


def _number(text: str) -> Any:
    """A number where it is one; else the text, of which the document will complain."""
    try:
        return float(text)
    except ValueError:
        return text
