"""The gallery: what pages show is cut from each verdict once, when it is given, so that no page has to read a thousand reports."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from driftline.errors import StateError
from driftline.pages.glance import detail, glance, pack
from driftline.pages.history import history
from driftline.pages.inside import Close
from driftline.pages.standing import WINDOWS, standing
from driftline.store.decisions import Decisions
from driftline.store.glances import Glances
from driftline.store.pressed import unpress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.decisions.evidence import Evidence
    from driftline.pages.history import History
    from driftline.profile.profile import Profile
    from driftline.server.learning import Library
    from driftline.store.database import Database
    from driftline.store.fleet import Watched
    from driftline.store.glances import Judgement, Listed, Seen


class Gallery:
    """Glances and standings, kept up with the verdicts.

    Args:
        database: where both lie.
        library: the bins of monitors.
    """

    def __init__(self, database: Database, library: Library) -> None:
        self._kept = Glances(database)
        self._decisions = Decisions(database)
        self._library = library

    def catch_up(self, now: datetime, monitor: int | None = None) -> int:
        """Cut what is missing, of one monitor or of all; how many windows that were. It may be done twice, and by two at once."""
        many = 0
        for ident, judged in groupby(self._kept.judgements(self._kept.behind(monitor)), key=lambda one: one.monitor):
            for one in judged:
                self._kept.keep(one, pack(glance(one.report)), detail(one.report, self._counts(one)))
                many += 1
            found = self.history("", ident, WINDOWS)
            if found is not None:
                self._kept.stand(ident, standing(found, self._evidence(ident)), now)
        return many

    def fleet(self) -> list[Listed]:
        """Every monitor, by name."""
        return self._kept.fleet()

    def firing(self) -> dict[int, int]:
        """How many alerts fire, by monitor."""
        return self._kept.firing()

    def came(self, monitors: Sequence[int]) -> dict[int, tuple[int, int]]:
        """How many windows have rows of which nothing was said yet, and how many rows, by monitor; of these monitors only."""
        return self._kept.came(monitors) if monitors else {}

    def mark(self, monitor: int | None) -> str:
        """What changes whenever pages would show something new."""
        return self._kept.mark(monitor)

    def history(self, name: str, monitor: int, limit: int, *, until: str | None = None) -> History | None:
        """The last windows of a monitor, up to one with a label where one is given; None where nothing was said yet."""
        return history(name, self._kept.seen(monitor, limit, until=until))

    def detailed(self, monitor: int, limit: int, until: str | None = None) -> list[Seen]:
        """Some windows with all that was said of their columns, up to one with a label where one is given; none where there is none."""
        return self._kept.seen(monitor, limit, until=until, detail=True)

    def close(self, watched: Watched, seen: list[Seen], segment: str | None, *, counts: bool = True) -> Close:
        """Windows with what was said of their columns, and the counts of all columns where they are wanted.

        Raises:
            StateError: the reference is not there.
        """
        known = self._library.counts(watched)
        if known is None or watched.way is None:
            raise StateError(f"the reference of {watched.name!r} has not been learnt", hint="wait a moment")
        plan, reference = known
        bodies = self._kept.counts([one.id for one in seen], watched.way, segment or "") if counts else {}
        return Close(seen, segment, {ident: unpress(body, plan) for ident, body in bodies.items()}, reference)

    def _evidence(self, monitor: int) -> Evidence | None:
        """What the newest decision about a monitor rests on; None before the first."""
        made = self._decisions.last(monitor)
        return None if made is None else made.evidence

    def _counts(self, judged: Judgement) -> dict[str | None, Profile]:
        """What a window held, by segment, counted as the newest version of its monitor counts; empty where it was counted otherwise."""
        watched = self._library.watched(judged.monitor)
        known = self._library.counts(watched)
        if known is None or watched.way is None:
            return {}
        bodies = self._kept.counted(judged.window_id, watched.way)
        return {segment or None: unpress(body, known[0]) for segment, body in bodies.items()}
