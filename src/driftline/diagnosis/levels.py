"""Levels that are the old ones in another spelling, a default, or new."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.diagnosis.atoms import LEAST_FILLED, credible, filling
from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.mixture import mix
from driftline.diagnosis.named import FEW, names
from driftline.diagnosis.rowwise import UNLIKE, stand_out
from driftline.diagnosis.spelling import as_number, is_sentinel, letters, misread, respelt, similarity
from driftline.diagnosis.wording import listed, rows
from driftline.profile.bins import LevelBins
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.named import Names

    Floats = NDArray[np.float64]

NEARLY_ALL = 0.9
"""Unseen values are told for known ones if so much of them can be."""

LEANING, LIKE = 3.0, 0.6
"""By so much, as a log likelihood, a word leans to one explanation: 20 to 1. Words more alike than this lean to a renaming."""

SEVERAL = 3.0
"""A count exceeds by so many of its standard deviations what chance makes."""

RARE = 2.0
"""Texts so many times as frequent as the rarest level would have been levels, had they been there."""


def category_spelling(case: Case, look: Look) -> Fault | None:
    """Levels in another case, with other spaces or punctuation."""
    found = names(look)
    mapping = respelt(found.unknown, look.levels, letters) if found else {}
    words = "they are known ones in other case, spaces or punctuation", "write them as before, or normalise both sides the same way"
    return _told(case, look, found, mapping, "category_spelling", words)


def format_change(case: Case, look: Look) -> Fault | None:
    """Levels in another type: 1.0 for 1, 7 for 07, True for 1."""
    found = names(look)
    cast = respelt(found.unknown, look.levels, as_number) if found else {}
    # 'n' for 'N' is another case, though both stand for no.
    mapping = {text: level for text, level in cast.items() if letters(text) != letters(level)}
    words = (
        "they are known ones in another type: the column was cast on its way",
        "give the column its type where it is read, not by guessing",
    )
    return _told(case, look, found, mapping, "type_change", words)


def encoding_damage(case: Case, look: Look) -> Fault | None:
    """Levels with damaged characters."""
    found = names(look)
    mapping = misread(found.unknown, look.levels) if found else {}
    words = "they are known ones with damaged characters: bytes were read in the wrong encoding", "name the encoding (UTF-8) on both ends"
    return _told(case, look, found, mapping, "encoding_damage", words)


def _told(case: Case, look: Look, found: Names | None, mapping: Mapping[str, str], signature: str, words: tuple[str, str]) -> Fault | None:
    """A fault where nearly all unseen values are known ones."""
    if found is None or not mapping:
        return None
    telling = _telling(look, found)
    kept = float(found.both.now[telling].sum())
    alike = float(sum(found.both.now[place] for place in telling if found.texts[place] in mapping)) / max(kept, 1e-12)
    if alike < NEARLY_ALL:
        return None
    before, unseen = found.unseen()
    expected, moved = _written_normally(found, mapping)
    p_value, interval = two_shares(unseen * found.both.rows, found.both.rows, before * found.both.base_rows, found.both.base_rows)
    pairs = [f"{level!r} as {text!r}" for text, level in mapping.items()]
    return Fault(
        signature=signature,
        columns=(look.name,),
        window=case.window,
        share=moved,
        interval=interval,
        evidence={"levels": float(len(mapping)), "unseen": unseen, "explained": found.both.explained(expected)},
        p_value=p_value,
        confidence=1.0,
        cause=f"{rows(moved)} have levels that were never seen, and {words[0]}: {listed(pairs)}",
        remedy=words[1],
        mark=Mark(look.place, float(found.known), float(found.known)),
    )


def _telling(look: Look, found: Names) -> list[int]:
    """Places of the unseen texts that are not among the base's own rare ones: so frequent that they would have been levels."""
    both, rare = found.both, 0.0
    if isinstance(look.planned.bins, LevelBins) and look.planned.bins.open:
        rarest = RARE * both.rows * float(both.base[: found.known].min(initial=1.0, where=both.base[: found.known] > 0))
        # So many rows come of what is as rare by chance now and then.
        rare = max(rarest + SEVERAL * math.sqrt(rarest), FEW - 1) / both.rows
    return [i for i in range(found.known, len(found.texts) - 1) if both.now[i] > max(rare, both.base[i])]


def _written_normally(found: Names, mapping: Mapping[str, str]) -> tuple[Floats, float]:
    """The shares if texts are the levels they are mapped to, and which share of the rows has such texts.

    Unseen texts are kept by their hashes, as many as there is room for: those that were not are the other levels alike.
    """
    both = found.both
    expected, moved = both.base.copy(), 0.0
    for text, level in mapping.items():
        there, before = found.texts.index(text), found.texts.index(level)
        expected[there] = both.now[there]
        expected[before] = max(expected[before] - both.now[there], 0.0)
        moved += float(both.now[there])
    others = [place for place in range(found.known) if found.texts[place] not in mapping.values()]
    lost = min(max(float(both.now[-1] - both.base[-1]), 0.0), float(expected[others].sum()))
    if lost > 0:
        expected[others] *= 1 - lost / float(expected[others].sum())
        expected[-1] += lost
    return expected, moved + lost


def level_fill(case: Case, look: Look) -> Fault | None:
    """One level written over others: its share rose, and all others have lost alike."""
    found = names(look)
    if found is None or (found.both.now > 0).sum() <= 1:
        return None
    gained = found.both.now - found.both.base
    told = [fault for place in np.argsort(-gained)[:FEW] if (fault := _filled(case, look, found, int(place))) is not None]
    return max(told, key=lambda fault: (fault.explained, fault.share), default=None)


def _filled(case: Case, look: Look, found: Names, place: int) -> Fault | None:
    if place == len(found.texts) - 1:
        return None
    expected = np.zeros(len(found.texts))
    expected[place] = 1.0
    mixture = mix(found.both, expected)
    floor = case.floor(look.place, "level" if place < found.known else "unseen")
    if not max(LEAST_FILLED, floor) <= mixture.share < 1 or mixture.region.sum() != 1:
        return None
    text, share = found.texts[place], float(found.both.now[place])
    mark = Mark(look.place, *(2 * (float(min(place, found.known)),)))
    if place < found.known:
        certainty = credible(case, mark, share, (share - mixture.share) / share, few=True)
    else:
        # A new level of its own stands out among the rows; what was written over others does not.
        certainty = 1.0 if is_sentinel(text) else 0.8 * (stand_out(case.rows, mark) > UNLIKE)
        certainty *= against(filled(found, place), renamed(found, place))
    return filling(case, look, repr(text), mixture, share, certainty, mark) if certainty else None


def renamed(found: Names, place: int) -> float:
    """Log likelihood of a new text's being one level's new name, whichever level that is; words that are alike lean to it."""
    base, taken = found.both.base, found.both.now[place]
    became = base.copy()
    became[place] += taken
    before = found.terms(base)
    # The new name gains what one level loses: all other levels add to the likelihood what they do anyway.
    others = before.sum() - before[place] + found.terms(became)[place]
    tried = (others - before + found.terms(np.maximum(base - taken, 0.0)))[: found.known]
    near = np.flatnonzero(tried >= tried.max() - LEANING)
    return max(float(tried[level]) + LEANING * (similarity(found.texts[level], found.texts[place]) > LIKE) for level in near)


def filled(found: Names, place: int) -> float:
    """Log likelihood of a new text's being written over all levels; words for what is missing lean to it."""
    share = found.both.now[place]
    expected = found.both.base * (1 - share)
    expected[place] += share
    return found.likelihood(expected) + LEANING * is_sentinel(found.texts[place])


def against(likely: float, rival: float) -> float:
    """The probability of one of two explanations, given their log likelihoods."""
    return float(special.expit(likely - rival))


def new_level(case: Case, look: Look) -> Fault | None:
    """Levels that the base never had, and that are none of its own by another name."""
    found = names(look)
    if found is None or not found.new or (isinstance(look.planned.bins, LevelBins) and look.planned.bins.open):
        return None
    before, unseen = found.unseen()
    # Rare levels come up for the first time now and then, as those did that came once in the base (Good 1953).
    once = float((look.base.counts[: found.known] == 1).sum()) + 1
    hits = unseen * found.both.rows
    p_value, interval = two_shares(hits, found.both.rows, before * found.both.base_rows + once, found.both.base_rows)
    texts = [f"{found.texts[i]!r} ({found.both.now[i] * found.both.rows:,.0f})" for i in found.new]
    return Fault(
        signature="new_level",
        columns=(look.name,),
        window=case.window,
        share=unseen,
        interval=interval,
        evidence={"levels": float(len(found.new)), "unseen": unseen, "was": before, "explained": 1.0},
        p_value=p_value,
        confidence=1.0,
        cause=f"{rows(unseen)} have levels that were never seen: {listed(texts)}",
        remedy="ask whether the levels are meant; if so, the model has to learn them before it may be trusted there",
        mark=Mark(look.place, float(found.known), float(found.known)),
    )
