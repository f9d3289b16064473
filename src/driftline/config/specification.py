"""Reading a specification: from `driftline.yaml`, or from settings that were given some other way."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from driftline.alerting.arrangement import Arrangement
from driftline.config.arrangements import arrangement
from driftline.config.channels import channels, routes
from driftline.config.collecting import Collecting, collecting
from driftline.config.complaints import complaints_of, refuse
from driftline.config.contradictions import contradictions
from driftline.config.document import Document
from driftline.config.domain import monitor
from driftline.config.environment import secrets
from driftline.config.keeping import keeping
from driftline.config.mentions import unknown
from driftline.config.parse import Complaint, Parsed, parse
from driftline.config.places import KpiPlace, LabelPlace, Places, place, texts_of
from driftline.config.release import Releasing, releasing
from driftline.config.releasing import Mlflow
from driftline.config.scheduling import schedule
from driftline.errors import ConfigError
from driftline.services.keeping import Keeping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from driftline.channels.courier import Route
    from driftline.channels.kinds import Settings
    from driftline.config.environment import Secret
    from driftline.config.scheduling import Schedule
    from driftline.monitor import Monitor

FILE = "driftline.yaml"
"""What a specification is called where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Where messages go: channels by name, routes to them, where a reader may look further, and where people reach the service."""

    channels: Mapping[str, Settings] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    link: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A monitor, where its data lie, who is told of what, the file that says so, and what must not be shown in messages."""

    monitor: Monitor
    places: Places
    alerts: Arrangement = field(default_factory=Arrangement)
    releasing: Releasing
    outlets: Outlets = field(default_factory=Outlets)
    keeping: Keeping = field(default_factory=Keeping)
    collecting: Collecting = field(default_factory=Collecting)
    schedule: Schedule | None = None
    path: Path | None = None
    secrets: tuple[Secret, ...] = field(default=(), repr=False)
    written: tuple[Document, Parsed] | None = field(default=None, repr=False, compare=False)

    def check_columns(self, known: Iterable[str]) -> None:
        """Refuse names of columns that the reference does not have; call it as soon as its columns are known.

        Raises:
            ConfigError: some are unknown; each is named with its line and column.
        """
        if self.written is not None:
            error = unknown(self.written[0], self.written[1], known)
            if error is not None:
                raise error


def read(path: Path, environ: Mapping[str, str]) -> Specification:
    """Read a `driftline.yaml`.

    Args:
        path: the file; relative paths in it begin where it lies.
        environ: the environment's variables, for `${NAME}`.

    Raises:
        ConfigError: the file cannot be read, or something in it is wrong; everything that is wrong is named, with line and column.
    """
    return read_text(_text(path), path, environ)


def read_text(text: str, path: Path, environ: Mapping[str, str]) -> Specification:
    """Read what stands, or will stand, in a `driftline.yaml` at `path`."""
    return _specify(parse(text, str(path)), path.parent, environ, path)


def specify(
    settings: Mapping[str, Any], environ: Mapping[str, str], *, name: str = "the settings", directory: Path = Path()
) -> Specification:
    """Read settings of the same form that do not come from a file.

    Args:
        settings: the document's keys and values.
        environ: the environment's variables.
        name: what the settings are called in messages.
        directory: where relative paths begin.

    >>> specify({"reference": "a.csv", "window": {"rows": 10}}, {}).monitor.windowing.rows
    10
    """
    return _specify(Parsed(name, dict(settings)), directory, environ, None)


def _specify(parsed: Parsed, directory: Path, environ: Mapping[str, str], path: Path | None) -> Specification:
    document = _document(parsed, environ)
    kpis = (document.performance.kpis if document.performance else None) or []
    collect = [document.collect.predictions, document.collect.labels] if document.collect else []
    said = [
        one
        for one in (document.reference, document.current, document.labels and document.labels.from_, *collect, *(kpi.from_ for kpi in kpis))
        if one is not None
    ]
    registry = [document.training.registry.mlflow] if document.training and isinstance(document.training.registry, Mlflow) else []
    current = None if document.current is None else place(document.current, directory, environ)
    return Specification(
        monitor=monitor(document),
        places=Places(
            place(document.reference, directory, environ),
            current,
            _labels(document, directory, environ),
            tuple(KpiPlace(kpi.name, place(kpi.from_, directory, environ), kpi.time, kpi.value, kpi.of) for kpi in kpis),
        ),
        alerts=arrangement(document),
        releasing=releasing(document, directory, environ),
        outlets=Outlets(
            channels=channels(document, directory, environ),
            routes=routes(document),
            link=(document.alerts and document.alerts.link) or "",
            service=(document.alerts and document.alerts.service) or "",
        ),
        keeping=keeping(document.keep),
        collecting=collecting(document.collect, directory, environ),
        schedule=schedule(document.schedule),
        path=path,
        secrets=secrets([*registry, *(text for one in said for _, text in texts_of(one))], environ),
        written=(document, parsed),
    )


def _labels(document: Document, directory: Path, environ: Mapping[str, str]) -> LabelPlace | None:
    """Where labels lie; `contradictions` has seen to it that their columns have names."""
    said, columns = document.labels, document.columns
    if said is None or columns is None:
        return None
    found = place(said.from_, directory, environ)
    return LabelPlace(found, id=said.id or columns.id or "", label=said.label or columns.label or "", time=said.time)


def _document(parsed: Parsed, environ: Mapping[str, str]) -> Document:
    """Check the form first, then what cannot hold together."""
    found = list(parsed.complaints)
    broken = found and parsed.data is None
    if parsed.data is None and not broken:
        found.append(Complaint(0, 0, "the file is empty", "write one with: driftline init --reference train.parquet"))
    try:
        document = Document.model_validate(parsed.data) if parsed.data is not None else None
    except ValidationError as error:
        raise refuse(parsed, [*found, *complaints_of(error, parsed)]) from error
    if document is not None:
        found += [Complaint(*parsed.locate(path), fact, hint) for path, fact, hint in contradictions(document, environ)]
    if document is None or found:
        raise refuse(parsed, found)
    return document


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        hint = "write one with: driftline init --reference train.parquet"
        raise ConfigError(f"there is no file {str(path)!r}", hint=hint) from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        raise ConfigError(f"{path}:{line}:{column}: the file is not UTF-8", hint="save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}", hint="give the path of a file that may be read") from error
