"""Statistics that can be asked for by name: each is one record and one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from driftline.drift import distance, divergence
from driftline.registry import Registry
from driftline.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from driftline.drift.pair import Pair

NUMBERS = frozenset({Kind.NUMBER})
LEVELS = frozenset({Kind.CATEGORY, Kind.BOOLEAN})
ANY = NUMBERS | LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A way to say how far the counts of two windows are apart.

    Attributes:
        name: the word by which it is chosen.
        title: its full name.
        kinds: the kinds of column it serves.
        of: the function, from a `Pair` of C columns and W windows to C × W values; 0 on equals.
        worse: whether a higher value, a lower one or either is worse.
        convention: the threshold in common use, with `source` for where it comes from; None if there is none.
        formula: the formula as people write it.
        smoothing: what is done about empty bins.
    """

    name: str
    title: str
    kinds: frozenset[Kind]
    of: Callable[[Pair], NDArray[np.float64]]
    formula: str
    source: str
    worse: Literal["higher", "either"] = "higher"
    convention: float | None = None
    unit: str = ""
    smoothing: str = "none: empty bins count as empty"


HALF = "half a row is added to every bin of both sides (Jeffreys' prior)"

STATISTICS: Registry[Statistic] = Registry(
    "statistic",
    [
        Statistic(name="psi", title="population stability index", kinds=ANY, of=divergence.psi, convention=0.25,
                  formula="Σ (q - p) · ln(q / p)", smoothing=HALF,
                  source="Siddiqi 2006, Credit Risk Scorecards: 0.1 look, 0.25 act, on ten bins; its distribution: Yurdakul 2018"),
        Statistic(name="jensen_shannon", title="Jensen-Shannon distance", kinds=ANY, of=divergence.jensen_shannon, convention=0.1,
                  formula="√(½ KL(p ‖ (p+q)/2) + ½ KL(q ‖ (p+q)/2)), base 2", source="Lin 1991; Endres and Schindelin 2003"),
        Statistic(name="kullback_leibler", title="Kullback-Leibler divergence", kinds=ANY, of=divergence.kullback_leibler,
                  formula="Σ q · ln(q / p)", smoothing=HALF, unit="nats", source="Kullback and Leibler 1951"),
        Statistic(name="hellinger", title="Hellinger distance", kinds=ANY, of=divergence.hellinger, convention=0.1,
                  formula="√(½ Σ (√q - √p)²)", source="Hellinger 1909"),
        Statistic(name="total_variation", title="total variation distance", kinds=ANY, of=divergence.total_variation,
                  formula="½ Σ |q - p|", source="the share of rows that would have to move"),
        Statistic(name="l_infinity", title="L-infinity distance", kinds=ANY, of=divergence.l_infinity, convention=0.1,
                  formula="max |q - p|", source="the largest change of any bin's share; 0.1 is common practice"),
        Statistic(name="chi_square", title="chi-square of homogeneity", kinds=ANY, of=divergence.chi_square,
                  formula="Σ (observed - expected)² / expected, over both samples", source="Pearson 1900"),
        Statistic(name="g_test", title="G-test of homogeneity", kinds=ANY, of=divergence.g_test,
                  formula="2 Σ observed · ln(observed / expected), over both samples", source="Wilks 1938"),
        Statistic(name="cramers_v", title="Cramér's V", kinds=ANY, of=divergence.cramers_v, convention=0.1,
                  formula="√(χ² / (n + m))", source="Cramér 1946; 0.1 is Cohen's small effect"),
        Statistic(name="ks", title="Kolmogorov-Smirnov distance", kinds=NUMBERS, of=distance.kolmogorov_smirnov, convention=0.1,
                  formula="max |F - G|", source="Smirnov 1939"),
        Statistic(name="cramer_von_mises", title="Cramér-von Mises statistic", kinds=NUMBERS, of=distance.cramer_von_mises,
                  formula="nm/(n+m) · ∫ (F - G)² dH", source="Anderson 1962"),
        Statistic(name="anderson_darling", title="Anderson-Darling statistic", kinds=NUMBERS, of=distance.anderson_darling,
                  formula="nm/(n+m) · ∫ (F - G)² / (H (1 - H)) dH", source="Scholz and Stephens 1987, midrank version"),
        Statistic(name="wasserstein", title="Wasserstein distance", kinds=NUMBERS, of=distance.wasserstein, unit="the column's unit",
                  formula="∫ |F - G| dx", source="Vaserstein 1969; also called earth mover's distance"),
        Statistic(name="wasserstein_normed", title="normed Wasserstein distance", kinds=NUMBERS, of=distance.wasserstein_normed,
                  formula="∫ |F - G| dx / s", unit="standard deviations of the reference", convention=0.1,
                  source="the distance in standard deviations; 0.1 is common practice"),
        Statistic(name="mean_shift", title="mean shift", kinds=NUMBERS, of=distance.mean_shift, worse="either",
                  formula="(mean q - mean p) / s", unit="standard deviations of the reference",
                  source="Glass 1976's Δ; exact from the sums"),
        Statistic(name="quantile_shift", title="quantile shift", kinds=NUMBERS, of=distance.quantile_shift, worse="either",
                  formula="largest move of the 5, 25, 50, 75 or 95% quantile / s", unit="standard deviations of the reference",
                  source="Doksum 1974's shift function, read at five quantiles"),
    ],
)  # fmt: skip
