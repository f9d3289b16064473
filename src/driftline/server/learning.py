"""What is learnt from a monitor's reference: once for each version, kept as a profile file, and remembered while it is used."""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from driftline import wiring
from driftline.config.specification import FILE, read_text
from driftline.errors import ConfigError, DriftlineError
from driftline.learning import learn
from driftline.profile.profile import total
from driftline.schema import Role
from driftline.services.cycle import lately
from driftline.services.intake import naming
from driftline.store.profiles import load, save

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from driftline.alerting.arrangement import Arrangement
    from driftline.config.scheduling import Schedule
    from driftline.config.specification import Specification
    from driftline.monitor import Monitor
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.services.check import Counted
    from driftline.services.intake import Naming
    from driftline.services.keeping import Keeping
    from driftline.store.fleet import Fleet, Watched

REMEMBERED = 16
"""So many references are in memory."""

NAMINGS = 4096
SHOWN = 8
"""So many references are at hand for pages, summed up."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A version of a monitor with the bins and counts of its reference; `way` tells how it counts from every other way."""

    monitor: Monitor
    plan: Plan
    reference: Counted
    way: str
    alerts: Arrangement
    link: str


class Library:
    """The references of all monitors.

    Args:
        fleet: the monitors.
        directory: where profile files of references lie.
        uploads: where YAML is said to lie that came from strangers.
    """

    def __init__(self, fleet: Fleet, directory: Path, uploads: Path) -> None:
        self._fleet = fleet
        self._uploads = str(uploads)
        self._directory = directory
        self._learnt: OrderedDict[tuple[int, int], Learnt] = OrderedDict()
        self._known: OrderedDict[tuple[int, int], tuple[Naming, Keeping, Schedule | None]] = OrderedDict()
        self._counts: OrderedDict[tuple[int, int], tuple[Plan, Profile]] = OrderedDict()
        self._lock = Lock()

    def learn(self, watched: Watched, now: datetime, patience: timedelta) -> Learnt | None:
        """What is known of a monitor's newest version; learnt now where it never was.

        Returns:
            None where it cannot be learnt: the fleet knows why, and it is tried again after `patience`.
        """
        key = (watched.id, watched.version)
        with self._lock:
            if key in self._learnt:
                self._learnt.move_to_end(key)
                return self._learnt[key]
        if watched.problem is not None and watched.tried is not None and lately(watched.tried, patience, now):
            return None
        try:
            found = self._read(watched, now)
        except DriftlineError as error:
            self._fleet.failed(watched.id, watched.version, str(error), now)
            return None
        with self._lock:
            self._learnt[key] = found
            while len(self._learnt) > REMEMBERED:
                self._learnt.popitem(last=False)
        return found

    def watched(self, ident: int) -> Watched:
        """The newest version of a monitor."""
        return self._fleet.by_id(ident)

    def counts(self, watched: Watched) -> tuple[Plan, Profile] | None:
        """The bins of a monitor's newest version and what its reference counted to in them; None until that was learnt."""
        key = (watched.id, watched.version)
        with self._lock:
            if key in self._counts:
                return self._counts[key]
        if watched.reference is None or not (self._directory / watched.reference).exists():
            return None
        shelf = load(self._directory / watched.reference)
        found = shelf.plan, total([profile for segment, _, profile in shelf.entries if segment is None])
        with self._lock:
            self._counts[key] = found
            while len(self._counts) > SHOWN:
                self._counts.popitem(last=False)
        return found

    def naming(self, watched: Watched) -> Naming:
        """What a monitor's columns are called."""
        return self._told(watched)[0]

    def keeping(self, watched: Watched) -> Keeping:
        """What may be written of its rows."""
        return self._told(watched)[1]

    def schedule(self, watched: Watched) -> Schedule | None:
        """When it is looked at; whenever something is to be done for None."""
        return self._told(watched)[2]

    def _told(self, watched: Watched) -> tuple[Naming, Keeping, Schedule | None]:
        key = (watched.id, watched.version)
        with self._lock:
            if key in self._known:
                return self._known[key]
        said = self.specification(watched.yaml, watched.directory)
        found = (naming(said.monitor.hints), said.keeping, said.schedule)
        with self._lock:
            self._known[key] = found
            while len(self._known) > NAMINGS:
                self._known.popitem(last=False)
        return found

    def specification(self, yaml: str, directory: str) -> Specification:
        """Read a monitor's YAML.

        Raises:
            ConfigError: something in it is wrong; everything that is wrong is named.
        """
        environ = {} if directory == self._uploads else os.environ
        try:
            return read_text(yaml, Path(directory) / FILE, environ)
        except DriftlineError:
            raise
        except (ValueError, ArithmeticError, RecursionError) as error:
            # What the YAML library stumbles over: numbers of thousands of digits, thousands of brackets.
            fact = f"the YAML cannot be read: {(str(error).splitlines() or ['?'])[0]}"
            raise ConfigError(fact, hint="write it as docs/configuration.md says") from error

    def _read(self, watched: Watched, now: datetime) -> Learnt:
        """From the file where it was learnt before, else from the reference itself."""
        said = self.specification(watched.yaml, watched.directory)
        if watched.reference is None or not (self._directory / watched.reference).exists():
            shelf = wiring.profile(replace(said, places=replace(said.places, current=None)))
            self._directory.mkdir(parents=True, exist_ok=True)
            name = f"{watched.id}-{watched.version}.profile"
            save(shelf, self._directory / name)
            self._fleet.learnt(watched.id, watched.version, way_of(shelf.plan, said.monitor), name, now)
        else:
            shelf = load(self._directory / watched.reference)
        plan, reference = learn(shelf, said.monitor)
        return Learnt(said.monitor, plan, reference, way_of(plan, said.monitor), said.alerts, said.outlets.link)


def way_of(plan: Plan, monitor: Monitor) -> str:
    """The fingerprint of how a version counts: its bins, segments and windows."""
    hints = monitor.hints
    said = [plan.fingerprint, list(hints.segments), sorted(hints.conditions.items()), hints.named(Role.TIMESTAMP), repr(monitor.windowing)]
    # Counts of versions are counts of their own. Where there are none, the way is what it was before there were versions.
    said += [hints.version] if hints.version else []
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
