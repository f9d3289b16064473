"""The Python interface: compare two tables, look at the report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline import wiring
from driftline.config.specification import specify
from driftline.errors import ConfigError, OutsideError, near_miss
from driftline.reports.document import to_dict
from driftline.reports.html import to_html
from driftline.reports.junit import to_junit
from driftline.reports.markdown import to_markdown
from driftline.reports.notebook import to_notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.services.measure import Measured
    from driftline.verdicts.report import Report as Found
    from driftline.verdicts.report import Verdict, WindowReport

WRITERS: dict[str, Callable[[Found], str]] = {
    ".html": to_html,
    ".json": lambda report: json.dumps(to_dict(report), indent=1),
    ".md": to_markdown,
    ".xml": to_junit,
}
"""What `Report.save` writes, by the file's ending."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found. In a notebook it shows itself."""

    found: Found

    @property
    def verdict(self) -> Verdict:
        """Stable, drifted or inconclusive."""
        return self.found.verdict

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        return self.found.reason

    @property
    def since(self) -> str | None:
        """Label of the window since which it has drifted; None where it has not."""
        return self.found.since

    @property
    def windows(self) -> tuple[WindowReport, ...]:
        """Every window, with its columns and their scores."""
        return self.found.windows

    def to_dict(self) -> dict[str, Any]:
        """The report for machines, as `docs/json.md` describes it."""
        return to_dict(self.found)

    def to_html(self) -> str:
        """The report for people: one page that needs nothing else."""
        return to_html(self.found)

    def to_markdown(self) -> str:
        """The report for a pull request."""
        return to_markdown(self.found)

    def save(self, path: str | Path) -> Path:
        """Write the report; the file's ending (.html, .json, .md, .xml) says as what.

        Raises:
            ConfigError: the ending is none of them.
            OutsideError: the file cannot be written.
        """
        place = Path(path)
        if place.suffix not in WRITERS:
            raise ConfigError(f"a report cannot be saved as {place.suffix!r}", hint=near_miss(place.suffix, WRITERS))
        text = WRITERS[place.suffix](self.found)
        try:
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutsideError(
                f"{str(place)!r} cannot be written: {error.strerror}", hint="choose a place that may be written to"
            ) from error
        return place

    def _repr_html_(self) -> str:
        return to_notebook(self.found)

    def __repr__(self) -> str:
        since = f" since {self.since}" if self.since else ""
        return f"<driftline report: {self.verdict.value}{since}: {self.reason}>"


def compare(reference: object, current: object, **settings: object) -> Report:
    """Judge one table, file, directory or profile against another.

    Args:
        reference: the data to trust: a path, a glob, a URL, or a table (pandas, Polars, Arrow, DuckDB, a dict of
            columns: anything that offers an Arrow stream).
        current: the data to question, likewise.
        settings: any key of `driftline.yaml`, such as `window="day"`, `columns={"timestamp": "ts"}` or
            `false_alarms="1 in 30 days"`.

    Raises:
        ConfigError: a setting is wrong.
        DataError: the data cannot be read or compared.

    >>> import numpy as np
    >>> day = np.random.default_rng(0)
    >>> compare({"x": day.normal(size=9000)}, {"x": day.normal(1.0, size=3000)}).verdict.value
    'drifted'
    """
    specification = specify({"reference": "reference", "current": "current", **settings}, {}, name="compare()")
    return Report(wiring.compare(reference, current, monitor=specification.monitor, kpis=specification.places.kpis))


def measure(reference: object, current: object, **settings: object) -> tuple[Measured, ...]:
    """How well a model did in each window: what labels say, beside what scores say that it must be.

    Only times, scores, predictions and labels are looked at; nothing is judged. Arguments and errors are those of `compare`.

    >>> import numpy as np
    >>> score = np.random.default_rng(0).random((2, 4000))
    >>> past, now = ({"score": part, "label": (part > 0.5).astype(int)} for part in score)
    >>> window, *_ = measure(past, now, window={"rows": 2000})
    >>> [round(float(found["roc_auc"].value), 2) for found in (window.realised, window.estimated)]
    [1.0, 1.0]
    """
    specification = specify({"reference": "reference", "current": "current", **settings}, {}, name="measure()")
    return wiring.measure(reference, current, monitor=specification.monitor)
