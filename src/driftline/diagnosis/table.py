"""Faults of the whole table: rows sent twice, sent again, multiplied by a join; a part that is not there; rows that stop early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.levels import against
from driftline.diagnosis.named import names
from driftline.diagnosis.renaming import merged
from driftline.diagnosis.wording import rows
from driftline.schema import Role
from driftline.verdicts.diagnosis import EVERY_COLUMN, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.named import Names
    from driftline.profile.sample import Sample

    Keys = NDArray[np.uint64]

LEAST_SHARE = 0.005
"""A smaller share of repeated rows is not told."""

SAME = 0.5
"""Rows that repeat an id are copies if at least this share of them repeat everything else; else a join made them."""

GONE = 0.1
"""A part has gone where no more than this of its share is left."""

MATCHES = 0.25
"""The rows that are missing are the part's, if their number is its usual one give or take this share of it."""

USUALLY = 2.0
"""And by so many standard deviations of the usual number of rows."""

VARY = 0.05
"""The number of rows is taken to go up and down by at least so much of it (a standard deviation)."""

BIG_ENOUGH = 0.02
"""Parts with a smaller share of the rows cannot be missed in the number of rows."""


def duplicated_batch(case: Case) -> Iterator[Fault]:
    """Rows that are there twice, with all that is in them."""
    found = _repeats(case)
    if found is not None and found[1] >= SAME:
        yield _repeated(case, "duplicated_batch", found[0])


def join_fan_out(case: Case) -> Iterator[Fault]:
    """Rows with one id and different contents: a join found more than one partner."""
    found = _repeats(case)
    if found is not None and found[1] < SAME:
        yield _repeated(case, "join_fan_out", found[0])


def _repeats(case: Case) -> tuple[tuple[float, float, float, float], float] | None:
    """Repeated and sampled rows of window and reference, and which share of the repeated ones are whole copies."""
    now = _twins(case.now.sample)
    if not now[1] or now[0] / now[1] < LEAST_SHARE:
        return None
    before = np.array([_twins(block.sample) for block in case.blocks] or [(0.0, 0.0, 0.0)]).sum(0)
    base = _by_chance(case, float(before[0]), float(max(before[1], 1.0)))
    if now[0] / now[1] <= base[0] / base[1]:
        return None
    return (now[0], now[1], *base), now[2] / max(now[0], 1.0)


def _by_chance(case: Case, hits: float, looked: float) -> tuple[float, float]:
    """What blocks show of repeated rows, as a window would show it.

    Whole contents repeat by chance the oftener the more rows there are, at most in proportion; ids do not.
    """
    if case.plan.with_role(Role.ID) is not None:
        return hits, looked
    usual = float(np.median([block.rows for block in case.blocks])) if case.blocks else 0.0
    longer = max(case.now.rows / max(usual, 1.0), 1.0)
    return min((hits + 1) * longer, looked), looked


def _twins(sample: Sample) -> tuple[float, float, float]:
    """Rows that repeat the key of another, sampled rows, and those that repeat all values too. Equal keys lie together."""
    again = sample.keys[1:] == sample.keys[:-1]
    alike = ((sample.values[1:] == sample.values[:-1]) | np.isnan(sample.values[1:]) & np.isnan(sample.values[:-1])).all(1)
    return float(again.sum()), float(sample.keys.size), float((again & alike).sum())


def _repeated(case: Case, signature: str, counts: tuple[float, float, float, float]) -> Fault:
    hits, sampled, before, known = counts
    p_value, (low, high) = two_shares(*counts)
    copies = signature == "duplicated_batch"
    by_id = case.plan.with_role(Role.ID) is not None
    what = ("an id" if by_id else "the whole content") + " of another row"
    return Fault(
        signature=signature,
        columns=(EVERY_COLUMN,),
        window=case.window,
        share=hits / sampled,
        interval=(max(low, 0.0), high),
        evidence={"is": hits / sampled, "was": before / known, "explained": 1.0},
        p_value=p_value,
        confidence=1.0,
        cause=f"{rows(hits / sampled)} have {what}: "
        + ("a file or a load that was sent twice" if copies else "a join that finds several partners multiplies rows"),
        remedy="load the window once more without the copies, and make the load idempotent"
        if copies
        else "find the join whose key is no longer unique, and choose one partner",
    )


def replayed_rows(case: Case) -> Iterator[Fault]:
    """Rows that were in an earlier window already.

    Samples keep the rows with the smallest keys, so that of two windows with the same rows the same ones are kept.
    """
    met = np.isin(case.earlier.keys, case.now.sample.keys)
    if not met.any():
        return
    source = int(np.bincount(case.earlier.windows[met]).argmax())
    hits, looked = _shared(case.now.sample.keys, case.earlier.keys[case.earlier.windows == source])
    if hits < LEAST_SHARE * looked:
        return
    pairs = [_shared(one.sample.keys, other.sample.keys) for one, other in zip(case.blocks[1:], case.blocks, strict=False)]
    usual = np.array(pairs or [(0.0, looked)]).sum(0)
    base = _by_chance(case, float(usual[0]), float(max(usual[1], 1.0)))
    if hits / looked <= base[0] / base[1]:
        return
    p_value, (low, high) = two_shares(hits, looked, *base)
    yield Fault(
        signature="replayed_rows",
        columns=(EVERY_COLUMN,),
        window=case.window,
        share=hits / looked,
        interval=(max(low, 0.0), high),
        evidence={"is": hits / looked, "was": base[0] / base[1], "explained": 1.0},
        # The earlier window was chosen among all.
        p_value=min(p_value * len(case.earlier.labels), 1.0),
        confidence=1.0,
        cause=f"{rows(hits / looked)} were in window {case.earlier.labels[source]} already: old data was sent again",
        remedy="find why the source went back (an offset, a file name, a backfill), and load the window again",
    )


def _shared(one: Keys, other: Keys) -> tuple[float, float]:
    """How many of one sample's rows are in the other too, among those that both would have kept. Keys are increasing."""
    if not one.size or not other.size:
        return 0.0, 0.0
    kept = np.unique(one[one <= min(one[-1], other[-1])])
    return float(np.isin(kept, other).sum()), float(kept.size)


def missing_partition(case: Case) -> Iterator[Fault]:
    """A level that has gone, and as many rows with it as it usually has."""
    if not case.usual_rows:
        return
    # Where the number of rows goes up and down by more than a part has, it says little; that all others kept their shares does.
    lacking = 1 - case.now.rows / case.usual_rows
    for place in case.changed:
        for look in case.looks.get(place, ())[:1]:
            found = names(look)
            if found is not None and lacking > 0 and (fault := _missing(case, look, found, lacking)) is not None:
                yield fault


def _missing(case: Case, look: Look, found: Names, lacking: float) -> Fault | None:
    both = found.both
    gone = [v for v in range(found.known) if both.now[v] <= GONE * both.base[v] and both.base[v] >= BIG_ENOUGH]
    share = float(both.base[gone].sum())
    if not gone or abs(lacking - share) > MATCHES * share + USUALLY * case.varies:
        return None
    if found.new and sum(both.now[found.new]) > MATCHES * share:
        # What came instead, under other names, was not left undelivered.
        return None
    left = both.base.copy()
    left[gone] = 0.0
    left /= left.sum()
    p_value, _ = two_shares(both.now[gone].sum() * both.rows, both.rows, share * both.base_rows, both.base_rows)
    texts = [repr(found.texts[v]) for v in gone]
    return Fault(
        signature="missing_partition",
        columns=(look.name,),
        window=case.window,
        share=share,
        interval=(share * (1 - MATCHES), min(share * (1 + MATCHES), 1.0)),
        evidence={"share": share, "lacking": lacking, "rows": float(case.now.rows), "explained": both.explained(left)},
        p_value=p_value,
        confidence=against(found.likelihood(left) + _rows_say(case, lacking, share), merged(found)),
        cause=f"no rows with {', '.join(texts)} came, and {rows(lacking)} are lacking that are usual: a part of the data was not delivered",
        remedy="find the partition, file or region that was not delivered, and load it",
        mark=Mark(look.place, float(min(gone)), float(max(gone))) if len(gone) == 1 else None,
    )


def _rows_say(case: Case, lacking: float, share: float) -> float:
    """Log likelihood of so many rows lacking where a part is lacking, less that where all came, if under other names."""
    variance = case.varies**2 + VARY**2
    return (lacking**2 - (lacking - share) ** 2) / (2 * variance)


def missing_rows(case: Case) -> Iterator[Fault]:
    """Fewer rows than are usual, or none in the last part of the window."""
    for name, score in case.table.items():
        effect = score.effect or 0.0
        lost = (name == "volume" and effect < 0) or (name == "silence" and effect > 0)
        if not lost or score.verdict is None or score.verdict.value != "drifted":
            continue
        share = 1 - float(np.exp(effect)) if name == "volume" else score.value
        low, high = score.interval or (effect, effect)
        bounds = (1 - float(np.exp(high)), 1 - float(np.exp(low))) if name == "volume" else (low, high)
        what = f"{rows(share)} that are usual did not come" if name == "volume" else f"no rows in the last {share:.0%} of the window"
        yield Fault(
            signature="missing_rows",
            columns=(EVERY_COLUMN,),
            window=case.window,
            share=share,
            interval=(max(bounds[0], 0.0), min(bounds[1], 1.0)),
            evidence={"effect": effect, "explained": 1.0},
            p_value=score.p_value if score.p_value is not None else 1.0,
            confidence=1.0,
            cause=f"{what}: a feed that stopped, or a load that ended early",
            remedy="wait for the late data or load it, and judge the window again",
        )
