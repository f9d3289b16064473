"""The gallery: what pages show is cut from each verdict once, when it is given, so that no page has to read a thousand reports."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from driftline.pages.glance import detail, glance, pack
from driftline.pages.history import history
from driftline.pages.standing import WINDOWS, standing
from driftline.store.glances import Glances

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.pages.history import History
    from driftline.store.database import Database
    from driftline.store.glances import Listed, Seen


class Gallery:
    """Glances and standings, kept up with the verdicts.

    Args:
        database: where both lie.
    """

    def __init__(self, database: Database) -> None:
        self._kept = Glances(database)

    def catch_up(self, now: datetime, monitor: int | None = None) -> int:
        """Cut what is missing, of one monitor or of all; how many windows that were. It may be done twice, and by two at once."""
        many = 0
        for ident, judged in groupby(self._kept.judgements(self._kept.behind(monitor)), key=lambda one: one.monitor):
            for one in judged:
                self._kept.keep(one, pack(glance(one.report)), detail(one.report))
                many += 1
            found = self.history("", ident, WINDOWS)
            if found is not None:
                self._kept.stand(ident, standing(found), now)
        return many

    def fleet(self) -> list[Listed]:
        """Every monitor, by name."""
        return self._kept.fleet()

    def history(self, name: str, monitor: int, limit: int, before: int | None = None) -> History | None:
        """The last windows of a monitor; None where nothing was said yet."""
        return history(name, self._kept.seen(monitor, limit, before=before))

    def detailed(self, monitor: int, limit: int, before: int | None = None) -> list[Seen]:
        """The last windows with all that was said of their columns."""
        return self._kept.seen(monitor, limit, before=before, detail=True)
