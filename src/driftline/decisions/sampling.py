"""Which rows to train on, and how heavy each is: never a row from the future, of a spoilt window, or of those held out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

EVERYTHING = "everything"
"""The way that keeps all rows, alike."""

IMPORTANCE = "importance"
"""The one way that asks what rows look like, and not only when they were made."""

FORGET = 4.0
"""Without a half-life of its own, `recent` halves a row's weight for each quarter of the time there is."""

PATIENCE = timedelta(days=366)
"""What takes longer to come is not waited for."""

CLIPPED = 20.0
"""No importance weight is more than so many times the mean: a few rows would decide everything."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Rows that might be trained on. All arrays have one entry a row.

    Attributes:
        made: when each was made, in seconds since 1970.
        known: when its label was known; NaN where it never was.
        rare: it has the rarer label.
        spoilt: it lies in a window that no model should learn from.
    """

    made: Floats
    known: Floats
    rare: Bools
    spoilt: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What choosing rows depends on beside the rows.

    Attributes:
        now: when the model is trained, in seconds since 1970; labels that came later are not known.
        since: when things changed; None where they did not.
        holdout: rows so young, in seconds, are kept to compare models on.
        length: how far back a sliding window reaches, in seconds; a third of the time there is where None.
        half_life: after so many seconds a row weighs half; see `FORGET` where None.
        most: no more rows than this; those of the rarer label are kept before others. None for all.
        recency: how likely each row is to be one of the newest rather than one of the oldest, by a classifier; for `importance`.
    """

    now: float
    since: float | None = None
    holdout: float = 0.0
    length: float | None = None
    half_life: float | None = None
    most: int | None = None
    recency: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Rows to train on.

    Attributes:
        rows: int[k], their places, increasing.
        weights: float64[k], how heavy each is; their mean is 1.
    """

    rows: NDArray[np.intp]
    weights: Floats


def choose(name: str, history: History, terms: Terms, rng: np.random.Generator) -> Chosen:
    """Choose rows in one of the ways of `WAYS`.

    Args:
        name: the way.
        history: the rows.
        terms: when, and how many.
        rng: draws among the common rows where there are too many.

    Raises:
        ConfigError: there is no such way.
    """
    places = np.flatnonzero(usable(history, terms))
    weights = heavy(name, history.made[places], terms, places)
    kept = weights > 0
    rows, weights = places[kept], weights[kept]
    if terms.most is not None and rows.size > terms.most:
        rows, weights = _thinned(rows, weights, history.rare[rows], terms.most, rng)
    return Chosen(rows, weights / weights.mean() if rows.size else weights)


def heavy(name: str, made: Floats, terms: Terms, places: NDArray[np.intp] | None = None) -> Floats:
    """How heavy rows are that may be trained on, by one of the ways of `WAYS`; 0 for those left out, in no unit.

    Args:
        name: the way.
        made: float64[n], when each was made, in seconds since 1970.
        terms: what it depends on beside.
        places: int[n], where each is in `terms.recency`; one after the other where None.

    Raises:
        ConfigError: there is no such way.
    """
    if name not in WAYS:
        raise ConfigError(f"there is no way to choose rows called {name!r}", hint=near_miss(name, WAYS))
    return WAYS[name](made, terms, np.arange(made.size) if places is None else places) if made.size else np.empty(0)


def usable(history: History, terms: Terms) -> Bools:
    """Rows whose label was known, that are not spoilt and not held out."""
    # A label that was never known is not known now: comparisons with NaN are false.
    return np.asarray((history.known <= terms.now) & (history.made < terms.now - terms.holdout) & ~history.spoilt)


def _thinned(rows: NDArray[np.intp], weights: Floats, rare: Bools, most: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], Floats]:
    """At most so many rows: all of the rarer label, up to half; of the others a sample, which weighs as much as all of them."""
    parts = []
    few = min(int(rare.sum()), most // 2)
    for mask, size in ((rare, few), (~rare, most - few)):
        places = np.flatnonzero(mask)
        drawn = np.sort(rng.choice(places, min(size, places.size), replace=False))
        parts.append((drawn, weights[drawn] * (weights[places].sum() / max(weights[drawn].sum(), 1e-300))))
    order = np.argsort(np.concatenate([drawn for drawn, _ in parts]), kind="stable")
    kept = np.concatenate([drawn for drawn, _ in parts])[order]
    return rows[kept], np.concatenate([heavy for _, heavy in parts])[order]


def _everything(made: Floats, terms: Terms, places: NDArray[np.intp]) -> Floats:
    """An expanding window: all there is, alike."""
    del terms, places
    return np.ones(made.size)


def _sliding(made: Floats, terms: Terms, places: NDArray[np.intp]) -> Floats:
    """The newest part of the time there is."""
    del places
    length = (made.max() - made.min()) / 3 if terms.length is None else terms.length
    return np.asarray(made >= made.max() - length, dtype=np.float64)


def _since_change(made: Floats, terms: Terms, places: NDArray[np.intp]) -> Floats:
    """From the change on; all there is where nothing changed."""
    del places
    return np.ones(made.size) if terms.since is None else np.asarray(made >= terms.since, dtype=np.float64)


def _recent(made: Floats, terms: Terms, places: NDArray[np.intp]) -> Floats:
    """All there is, the newest heavier: exponential forgetting."""
    del places
    half_life = max((made.max() - made.min()) / FORGET, 1.0) if terms.half_life is None else terms.half_life
    return np.asarray(0.5 ** ((made.max() - made) / half_life))


def _half_and_half(made: Floats, terms: Terms, places: NDArray[np.intp]) -> Floats:
    """All there is; the rows since the change together weigh as much as all before, where they are fewer."""
    del places
    if terms.since is None:
        return np.ones(made.size)
    after = made >= terms.since
    if not after.any() or after.mean() >= 0.5:  # noqa: PLR2004  half
        return np.ones(made.size)
    return np.where(after, (~after).sum() / after.sum(), 1.0)


def _importance(made: Floats, terms: Terms, places: NDArray[np.intp]) -> Floats:
    """All there is; rows that look like the newest heavier: p / (1 − p), p being the probability that a row is of the newest."""
    if terms.recency is None:
        return np.ones(made.size)
    p = np.clip(terms.recency[places], 1e-6, 1 - 1e-6)
    ratio = p / (1 - p)
    return np.asarray(np.minimum(ratio, CLIPPED * ratio.mean()), dtype=np.float64)


WAYS: dict[str, Callable[[Floats, Terms, NDArray[np.intp]], Floats]] = {
    EVERYTHING: _everything,
    "sliding": _sliding,
    "since the change": _since_change,
    "recent": _recent,
    "half and half": _half_and_half,
    IMPORTANCE: _importance,
}
"""Every way to choose rows, the one that keeps most first; each gives rows their weights, 0 for those left out."""


@dataclass(frozen=True, slots=True)
class Advice:
    """The way to choose rows that history speaks for.

    Attributes:
        way: its name.
        loss: its mean loss over the blocks it was tried on.
        error: the standard error of the difference to the best.
        best: the way with the least mean loss.
        sentence: that in words.
    """

    way: str
    loss: float
    error: float
    best: str
    sentence: str


def advise(losses: dict[str, Floats]) -> Advice:
    """Of the ways that were tried, that which keeps most data and is not worse than the best by more than one standard error.

    Comparisons are paired, block by block (Breiman et al. 1984's rule, towards more data).

    Args:
        losses: for each way its loss in the same blocks of rows, none of which it was trained on; in the order of `WAYS`.

    Raises:
        ConfigError: nothing was tried.
    """
    if not losses:
        raise ConfigError("no way to choose rows was tried", hint="give at least one")
    best = min(losses, key=lambda name: float(losses[name].mean()))
    for name in sorted(losses, key=list(WAYS).index):
        apart = losses[name] - losses[best]
        error = float(apart.std(ddof=1) / np.sqrt(apart.size)) if apart.size > 1 else 0.0
        if apart.mean() <= error:
            mean = float(losses[name].mean())
            also = "" if name == best else f"; {best} has {losses[best].mean():.4g}, which is not shown to be better"
            return Advice(name, mean, error, best, f"{name}: a mean loss of {mean:.4g} over {apart.size} blocks{also}")
    raise AssertionError  # the best is not worse than itself


@dataclass(frozen=True, slots=True)
class Supply:
    """Rows with labels that there are, and how they come.

    Attributes:
        rows: so many there are.
        a_day: so many come a day.
        at: when that is.
    """

    rows: int
    a_day: float
    at: datetime

    def date_of(self, rows: int) -> date | None:
        """When there will be so many; None where they would take more than `PATIENCE`."""
        days = max(rows - self.rows, 0) / self.a_day if self.a_day > 0 else np.inf
        return (self.at + timedelta(days=float(np.ceil(days)))).date() if days <= PATIENCE.days else None


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve: what more rows of how things are now would bring.

    Attributes:
        sizes: rows that were trained on.
        losses: the loss on rows held out.
        gains: what the last step brought.
        enough: more rows would bring less than the margin.
        wanted: so many rows are expected to be enough; None where that cannot be told.
        on: the date on which so many will be there; None where that cannot be told, or there are enough.
        sentence: that in words.
    """

    sizes: tuple[int, ...]
    losses: tuple[float, ...]
    gains: float
    enough: bool
    wanted: int | None
    on: date | None
    sentence: str


def learning_curve(sizes: tuple[int, ...], losses: tuple[float, ...], margin: float, supply: Supply | None = None) -> Curve:
    """Whether there are enough rows: a model on all of them is better than one on fewer by less than a margin.

    The loss is taken to fall as a + b / n, which says how many rows would do where these do not.

    Args:
        sizes: rows trained on, increasing, such as a half, three quarters and all.
        losses: the loss of each on the same rows held out.
        margin: the smallest gain that matters.
        supply: how rows come, by which it is told when there are enough; None where nobody knows.
    """
    gain = losses[-2] - losses[-1]
    if gain < margin:
        said = f"{sizes[-1]:,} rows are enough: the last quarter brought {gain:.3g}"
        return Curve(sizes, losses, gain, enough=True, wanted=sizes[-1], on=None, sentence=said)
    slope = gain / (1 / sizes[-2] - 1 / sizes[-1])
    # A third more rows bring b/n − b/(4n/3) = b/(4n), which is below the margin from n = b/(4·margin) on.
    wanted = int(np.ceil(slope / (4 * margin))) if margin > 0 else None
    on = None if wanted is None or supply is None else supply.date_of(wanted)
    said = f"{sizes[-1]:,} rows are not enough: the last quarter still brought {gain:.3g}{_awaited(wanted, on, supply)}"
    return Curve(sizes, losses, gain, enough=False, wanted=wanted, on=on, sentence=said)


def _awaited(wanted: int | None, on: date | None, supply: Supply | None) -> str:
    """How many rows would do, when they will be there, and what to do until then."""
    if wanted is None:
        return ""
    would = f"; about {wanted:,} would do"
    if supply is None:
        return would
    if wanted <= supply.rows:
        return f"{would}, and {supply.rows:,} are there now"
    meanwhile = "until then keep the champion, or fall back to a rule"
    if on is None:
        return f"{would}, which will not be there within a year: keep the champion, or fall back to a rule"
    return f"{would}, which at {supply.a_day:,.0f} a day are there on {on}; {meanwhile}"
