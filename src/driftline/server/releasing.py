"""What the service may do about a monitor's model: its specification with the rows that were received, where it may be trusted to run."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from driftline.config.places import FilesPlace, LabelPlace
from driftline.engines.meaning import hash_array
from driftline.errors import DriftlineError, StateError
from driftline.release.filed import load, place_of
from driftline.store.received import NAME, write_labels, write_rows

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from driftline.config.specification import Specification
    from driftline.release.filed import Filed
    from driftline.server.learning import Library
    from driftline.server.service import Service
    from driftline.store.fleet import Watched


def trusted(service: Service, watched: Watched) -> Specification:
    """The specification of a monitor whose commands may be run: its YAML lay on this machine.

    Raises:
        StateError: it came over HTTP: whoever may send YAML may not run programs here.
        ConfigError: it is wrong.
    """
    if watched.directory == str(service.uploads):
        fact = f"the YAML of {watched.name!r} came over HTTP, and nothing that such a YAML names is run"
        raise StateError(fact, hint="put it into the folder that driftline serve --monitors names")
    return service.library.specification(watched.yaml, watched.directory)


def rollouts(service: Service) -> dict[int, Filed]:
    """The rollout of each monitor as its file has it, whoever began it: the service, or somebody at the command line."""
    known = {one.id: one for word in ("rollout", "training") for one in service.fleet.mentioning(word)}
    found = {}
    for ident, watched in known.items():
        place = None if watched.directory == str(service.uploads) else _place(service.library, watched.yaml, watched.directory)
        filed = None if place is None else _filed(place)
        if filed is not None:
            found[ident] = filed
    return found


@lru_cache(maxsize=4096)
def _place(library: Library, yaml: str, directory: str) -> Path | None:
    """Where a rollout would lie: reading the YAML of a thousand models takes seconds."""
    try:
        return place_of(library.specification(yaml, directory))
    except DriftlineError:
        return None


def _filed(place: Path) -> Filed | None:
    try:
        known = place.stat()
        return _read(place, known.st_mtime_ns, known.st_size)
    except (OSError, DriftlineError):
        return None


@lru_cache(maxsize=4096)
def _read(place: Path, changed: int, size: int) -> Filed | None:  # noqa: ARG001  they tell one state of the file from the next
    return load(place)


def with_rows(service: Service, watched: Watched, training: int, at: datetime) -> Specification:
    """The specification to train and to prove with: its own current data, else the rows that were received by a time.

    Raises:
        StateError: as `trusted`.
    """
    said = trusted(service, watched)
    if said.places.current is not None:
        return said
    names = service.library.naming(watched)
    place = said.releasing.directory / "received" / f"{watched.id}-{training}"
    path = write_rows(service.database, service.rows, watched.id, (names.id, names.label), at, place, hash_array)
    return replace(said, places=replace(said.places, current=FilesPlace((str(path),), NAME), labels=None))


def with_labels(service: Service, watched: Watched, at: datetime) -> Specification:
    """The specification to look at a rollout with: its own labels, else those that were received by a time.

    Raises:
        StateError: as `trusted`.
    """
    said = trusted(service, watched)
    if said.places.labels is not None or said.places.current is not None:
        return said
    names = service.library.naming(watched)
    place = said.releasing.directory / "received" / f"{watched.id}-labels"
    path = write_labels(service.database, service.rows, watched.id, (names.id, names.label), at, place)
    labels = LabelPlace(FilesPlace((str(path),), NAME), names.id, names.label)
    return replace(said, places=replace(said.places, labels=labels))
