"""A report as the judge would make it, made up: a payments stream with a unit fault, a null burst, a slow drift and a new level."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import FINE, LARGEST, LevelBins, NumberBins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.schema import Column, Kind, Role
from driftline.verdicts.diagnosis import Change, Diagnosis, Part
from driftline.verdicts.report import Cause, ColumnReport, Concern, Finding, Report, Score, Verdict, WindowReport
from driftline.window import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
CREATED = datetime(2026, 4, 1, 3, 4, tzinfo=UTC)
PROMISE = "At most 1 false alarm in 30 days, over all columns, statistics and windows together."
HOSTILE = (
    "<script>alert('name')</script>",
    "</script><img src=x onerror=alert(1)>",
    "a|b`c`*d*_e_[f](javascript:alert(1))",
    "\"quoted\" & 'single' ${x} {{ 7*7 }} %{y}",
    "esc\x1b[31mred\x07 \u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "<b>bold</b>",
    "a very long name " + "that goes on " * 20,
)
FACES = ("amount", "country", "prediction", "score", "merchant_category", "age_days", "is_new_device", "hour", "n_items", "channel")


def fake_report(columns: int = 24, windows: int = 90, *, seed: int = 0, hostile: bool = False, segments: tuple[str, ...] = ()) -> Report:
    """Make a report of so many columns and windows; the same seed gives the same report."""
    rng = np.random.default_rng(seed)
    planned = [_planned(i, columns, rng, hostile=hostile) for i in range(columns)]
    plan = Plan(columns=tuple(p for p, _ in planned))
    reference = _profile(plan, [shape for _, shape in planned], 40_000, rng)
    judged: list[WindowReport] = []
    profiles: list[Profile] = []
    for w in range(windows):
        rows = 12 if windows > 40 and w == 31 else int(rng.integers(1800, 2600))
        for segment in (None, *segments):
            profile = _profile(plan, [_drifted(i, p, s, w, windows) for i, (p, s) in enumerate(planned)], rows, rng)
            profile = _odd(profile, w, windows)
            judged.append(_judge(profile, reference, w, segment, windows))
            profiles.append(profile)
    return Report(
        monitor="payments <fraud>" if hostile else "payments",
        created=CREATED,
        verdict=Verdict.DRIFTED,
        reason="3 columns have drifted; amount looks as if its unit had changed (× 100) since 2026-03-26",
        since="2026-03-26",
        promise=PROMISE,
        reference=reference,
        windows=tuple(judged),
        profiles=tuple(profiles),
        findings=(
            Finding(
                where="data/2026-02-11.csv", what="14 lines are broken and were left out", rows=14, hint="line 2041 has 11 fields, not 12"
            ),
            Finding(where="timestamp", what="some rows lie in the future", rows=3, hint="check the clock of the writer"),
        ),
    )


def _planned(i: int, columns: int, rng: np.random.Generator, *, hostile: bool) -> tuple[Planned, NDArray[np.float64]]:
    """A column with its bins, and the probability of each value bin and of null."""
    name = FACES[i] if i < len(FACES) else f"feature_{i:03d}"
    if hostile and i >= 4:
        name = HOSTILE[(i - 4) % len(HOSTILE)] + (str(i) if i >= 4 + len(HOSTILE) else "")
    role = Role.PREDICTION if i == 2 else Role.SCORE if i == 3 else Role.FEATURE
    importance = None if i % 7 == 6 else round(float(1 / (1 + i)), 3)
    if i in {1, 2, 4, 6} or i % 5 == 4:
        size = 2 if i in {2, 6} else 40 if i == 4 else 6
        levels = [f"<i>{j}</i>" if hostile else f"level {j:02d}" for j in range(size)]
        weight = np.r_[1 / (1 + np.arange(size)), 0.0, 0.01 if i % 3 else 0.0]
        kind = Kind.BOOLEAN if size == 2 and i == 6 else Kind.CATEGORY
        return Planned(Column(name=name, kind=kind, role=role, importance=importance), LevelBins(tuple(levels))), weight / weight.sum()
    values = _values(i, rng)
    bins = fit_number_bins(values)
    counts = np.bincount(np.searchsorted(bins.array, values, side="right"), minlength=bins.width).astype(float)
    weight = np.r_[counts / counts.sum() * (0.98 if i % 3 else 1.0), 0.02 if i % 3 else 0.0]
    return Planned(Column(name=name, kind=Kind.NUMBER, role=role, importance=importance), bins), weight


def _values(i: int, rng: np.random.Generator) -> NDArray[np.float64]:
    match i % 6:
        case 0:
            values = rng.lognormal(3.5, 1.3, 20_000)
            values[:1600] = 0.0
            return values
        case 1:
            return rng.normal(40, 12, 20_000)
        case 2:
            return rng.poisson(3, 20_000).astype(float)
        case 3:
            return rng.beta(1, 6, 20_000)
        case 4:
            return rng.integers(0, 90, 20_000).astype(float)
        case _:
            return rng.standard_t(1.5, 20_000) * 10


def _drifted(i: int, planned: Planned, shape: NDArray[np.float64], w: int, windows: int) -> NDArray[np.float64]:
    """The probabilities in window `w`, in which some columns are not what they were."""
    part = w / windows
    unseen = np.zeros_like(shape)
    unseen[-2] = 1.0
    changes = {
        0: (part >= 0.933, lambda: _shifted(shape, 100)),
        3: (part >= 0.944, lambda: _shifted(shape, 14)),
        4: (part >= 0.8, lambda: shape * 0.97 + unseen * 0.03),
        5: (0.5 <= part < 0.58, lambda: np.r_[shape[:-1] * 0.7, 1 - shape[:-1].sum() * 0.7]),
        7: (True, lambda: _shifted(shape, int(part * 24))),
        9: (part > 0.2, lambda: _shifted(shape, 2) * 0.03 + shape * 0.97),
    }
    happens, changed = changes.get(i, (i % 41 == 9, lambda: _shifted(shape, int(part * 24))))
    return changed() if happens else shape


def _shifted(shape: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    """Move the probability of each bin so many bins up; what falls off the end is overflow."""
    if not by:
        return shape
    values = shape[:-1]
    moved = np.zeros_like(values)
    top = max(len(values) - 2, 1)
    np.add.at(moved, np.minimum(np.arange(len(values)) + min(by, top), top), values)
    return np.r_[moved, shape[-1]]


def _profile(plan: Plan, shapes: list[NDArray[np.float64]], rows: int, rng: np.random.Generator) -> Profile:
    profile = Profile.empty(plan)
    unseen: list[dict[str, int]] = []
    for i, shape in enumerate(shapes):
        counts = rng.multinomial(rows, shape / shape.sum())
        profile.counts[plan.slice(i)] = counts[:-1]
        profile.odd[i, Odd.NULL] = counts[-1]
        last = int(counts[-2])
        level = isinstance(plan.columns[i].bins, LevelBins)
        unseen.append({"crypto <wallet>": last - last // 3, "gift": last // 3} if level and last > 3 else {})
        bins = plan.columns[i].bins
        if isinstance(bins, NumberBins) and len(bins.edges) > 3:
            top = bins.edges[-2] * (100 if counts[-3] else 1)
            profile.extremes[i] = bins.edges[1], top
    return replace(profile, rows=rows, unseen=tuple(unseen))


def _odd(profile: Profile, w: int, windows: int) -> Profile:
    """Let the second column be absent from the window in the middle."""
    if w == windows // 2 and windows > 20:
        profile.counts[profile.plan.slice(1)] = 0
        profile.odd[1] = 0
        profile.odd[1, Odd.ABSENT] = profile.rows
    return profile


def _judge(profile: Profile, reference: Profile, w: int, segment: str | None, windows: int) -> WindowReport:
    start = FIRST + timedelta(days=w)
    window = Window(20454 + w, f"{start:%Y-%m-%d}", start, start + timedelta(days=1))
    columns = tuple(_column(profile, reference, i, w, windows) for i in range(len(profile.plan.columns)))
    drifted = [c for c in columns if c.verdict is Verdict.DRIFTED]
    short = all(c.verdict is Verdict.INCONCLUSIVE for c in columns)
    verdict = Verdict.DRIFTED if drifted else Verdict.INCONCLUSIVE if short else Verdict.STABLE
    said = {
        Verdict.DRIFTED: f"{len(drifted)} of {len(columns)} columns drifted, first of all {drifted[0].name if drifted else ''}",
        Verdict.INCONCLUSIVE: f"{profile.rows} rows are too few to tell",
        Verdict.STABLE: "no column changed by as much as matters",
    }[verdict]
    told = _explained(columns, w, windows) if verdict is Verdict.DRIFTED else ()
    return WindowReport(window=window, segment=segment, rows=profile.rows, verdict=verdict, reason=said, columns=columns, diagnosis=told)


def _explained(columns: tuple[ColumnReport, ...], w: int, windows: int) -> tuple[Diagnosis, ...]:
    """The unit fault of the last days, and beside it what moves anyway."""
    name, other = columns[0].name, columns[-1].name
    start = next((i for i in range(windows) if i / windows >= 0.933), windows - 1)
    moved = Diagnosis(
        change=Change.COVARIATE,
        kind="covariate_shift",
        columns=(other,),
        sentence=f"the inputs moved ({other})",
        remedy="hold",
        confidence=0.5,
        since=f"{FIRST:%Y-%m-%d}",
        new=w == 0,
    )
    if w < start:
        return (moved,)
    unit = Diagnosis(
        change=Change.FAULT,
        kind="unit_change",
        columns=(name,),
        sentence=f"{name}: values are about 100 times as large in 24% of rows; 92% of it where {other} = <b>de</b> (30% of rows)",
        remedy="undo it where the column is made",
        confidence=0.95,
        share=0.24,
        interval=(0.2, 0.28),
        evidence={"factor": 100.0},
        where=(Part(conditions=(f"{other} = <b>de</b>",), carries=0.92, rate=1.0, rows=0.3, p_value=0.0),),
        since=f"{FIRST + timedelta(days=start):%Y-%m-%d}",
        new=w == start,
        polluted=True,
    )
    return (unit, moved)


def _column(profile: Profile, reference: Profile, i: int, w: int, windows: int) -> ColumnReport:
    planned, role = profile.plan.columns[i], profile.plan.columns[i].column.role
    scores = _scores(profile, reference, i)
    worst = max((s for s in scores if s.verdict), key=lambda s: (s.effect or 0.0) / (s.floor or 0.001))
    ratio = (worst.effect or 0.0) / (worst.floor or 0.001)
    verdict, cause = Verdict.STABLE, Cause.NO_CHANGE
    if profile.rows < 100:
        verdict, cause = Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS
    elif (worst.interval or (0.0, 0.0))[0] > (worst.floor or 0.0):
        verdict, cause = Verdict.DRIFTED, Cause.CHANGED
    elif (worst.interval or (0.0, 0.0))[1] > (worst.floor or 0.0) * 1.5:
        verdict, cause = Verdict.INCONCLUSIVE, Cause.TOO_FEW_ROWS
    fault = worst.statistic in {"null", "absent"} or (i == 0 and verdict is Verdict.DRIFTED)
    concern = Concern.FAULT if fault else Concern.PREDICTION if role in {Role.PREDICTION, Role.SCORE} else Concern.INPUT
    since = f"{FIRST + timedelta(days=max(w - 3, 0)):%Y-%m-%d}" if verdict is Verdict.DRIFTED else None
    return ColumnReport(
        name=planned.name,
        kind=planned.column.kind,
        role=role,
        verdict=verdict,
        cause=cause,
        concern=concern,
        reason=_reason(planned.name, verdict, worst, profile.rows),
        seen=ratio > 0.5,
        since=since,
        worst=worst.statistic,
        weight=max(ratio, 0.0) * (planned.column.importance or 0.1),
        importance=planned.column.importance,
        rows_needed=int(profile.rows * 2.5) if verdict is Verdict.INCONCLUSIVE else None,
        scores=scores,
    )


def _reason(name: str, verdict: Verdict, worst: Score, rows: int) -> str:
    match verdict:
        case Verdict.DRIFTED:
            noise = f"less than {worst.threshold or 0:.3g} is noise at {rows:,} rows"
            return f"{name} changed: {worst.statistic} is {worst.value:.3g}, where {noise}"
        case Verdict.INCONCLUSIVE:
            return f"{rows:,} rows cannot tell a change that matters from noise"
        case _:
            return "no change that matters"


def _scores(profile: Profile, reference: Profile, i: int) -> tuple[Score, ...]:
    p, q = reference.bins(i) / max(reference.rows, 1), profile.bins(i) / max(profile.rows, 1)
    n = max(profile.rows, 1)
    groups = np.minimum(np.arange(p.size) * 10 // max(p.size, 1), 9) if p.size > 12 else np.arange(p.size)
    ps, qs = (np.bincount(groups, side) + 0.5 / n for side in (p, q))
    psi = float(((qs - ps) * np.log(qs / ps)).sum())
    noise = (ps.size - 1) / n
    nulls = float(profile.odd[i, Odd.NULL] / n - reference.odd[i, Odd.NULL] / max(reference.rows, 1))
    gone = float(profile.odd[i, Odd.ABSENT] / n)
    width = 1.64 * math.sqrt(0.02 * 0.98 / n)
    ks = float(np.abs(np.cumsum(p) - np.cumsum(q)).max()) if p.size else 0.0
    made = [
        _score("psi", psi, psi - noise, 2.5 * math.sqrt(max(psi, noise) * noise + 0.1 * noise**2), 0.01, 2.2 * noise),
        _score("null", nulls, nulls, width, 0.01, width),
        _score("absent", gone, gone, 0.0, 0.0, 0.0),
        _score("wrong_type", 0.0, 0.0, 0.0, 0.0, 0.0),
        Score(statistic="ks", value=ks, threshold=None, p_value=min(1.0, math.exp(-2 * n * ks**2)), effect=ks),
        Score(statistic="jensen_shannon", value=math.sqrt(max(psi, 0) / 8)),
        Score(statistic="hellinger", value=math.sqrt(max(psi, 0) / 8) * 0.9),
    ]
    if profile.plan.columns[i].column.kind is Kind.NUMBER:
        shift = float((np.arange(p.size) * (q - p)).sum() / FINE * 3.4)
        tail = float(q[-2:].sum() - p[-2:].sum())
        made[1:1] = [
            _score("shift", shift, shift, 1.64 / math.sqrt(n), 0.05, 2 / math.sqrt(n)),
            _score("spread", shift / 5, abs(shift) / 5, 1.2 / math.sqrt(n), 0.1, 2 / math.sqrt(n)),
            _score("tail", tail, tail, width / 2, 0.005, width / 2),
        ]
    return tuple(made)


def _score(name: str, value: float, effect: float, half: float, floor: float, noise: float) -> Score:
    low, high = effect - half, effect + half
    verdict = Verdict.DRIFTED if low > floor else Verdict.STABLE if high <= floor else Verdict.INCONCLUSIVE
    p_value = min(1.0, math.exp(-max(value, 0.0) / max(noise, 1e-6)))
    return Score(
        statistic=name,
        value=value,
        threshold=floor + 2 * noise,
        p_value=p_value,
        effect=effect,
        interval=(low, high),
        floor=floor,
        detectable=floor + 3 * noise,
        verdict=verdict,
    )


def odd_report() -> Report:
    """Columns and windows as unusual as they come, in windows cut by rows."""
    planned = (
        Planned(Column(name="no values", kind=Kind.NUMBER), NumberBins(edges=(-LARGEST, math.inf))),
        Planned(Column(name="constant", kind=Kind.NUMBER), fit_number_bins(np.full(50, 7.0))),
        Planned(Column(name="instants", kind=Kind.TIMESTAMP), fit_number_bins(1.7e9 + 86400 * np.arange(900.0))),
        Planned(Column(name="huge", kind=Kind.NUMBER), fit_number_bins(np.r_[-1.7e308, np.linspace(-1e300, 1e300, 400), 1.7e308])),
        Planned(Column(name="tiny", kind=Kind.NUMBER), fit_number_bins(np.linspace(5e-324, 1e-310, 400))),
        Planned(Column(name="free text", kind=Kind.TEXT), None),
        Planned(Column(name="one level", kind=Kind.CATEGORY, role=Role.LABEL, importance=0.0), LevelBins(("",))),
        Planned(Column(name="no level", kind=Kind.CATEGORY), LevelBins(())),
    )
    plan = Plan(columns=planned)
    reference = _odd_profile(plan, 100)
    profiles = tuple(_odd_profile(plan, rows) for rows in (40, 0, 1))
    windows = tuple(
        WindowReport(
            window=Window(3 * i, f"rows {40 * i} to {40 * i + 39}", 40 * i, 40 * i + 39),
            segment=None,
            rows=profile.rows,
            verdict=Verdict.DRIFTED if i == 2 else Verdict.INCONCLUSIVE,
            reason="",
            columns=tuple(_odd_column(p, k, i) for k, p in enumerate(planned)) if i != 1 else (),
        )
        for i, profile in enumerate(profiles)
    )
    return Report(
        monitor="",
        created=CREATED.replace(tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        verdict=Verdict.INCONCLUSIVE,
        reason="nothing can be said",
        since=None,
        promise="",
        reference=reference,
        windows=windows,
        profiles=profiles,
    )


def _odd_profile(plan: Plan, rows: int) -> Profile:
    profile = replace(Profile.empty(plan), rows=rows)
    for i, planned in enumerate(plan.columns):
        if planned.name == "no values":
            profile.odd[i, Odd.NULL] = rows
        elif planned.name == "huge":
            profile.counts[plan.slice(i)][0] = rows // 2
            profile.counts[plan.slice(i)][-1] = rows - rows // 2
        else:
            profile.counts[plan.slice(i)][min(3, planned.width - 1)] = rows
    return profile


def _odd_column(planned: Planned, k: int, window: int) -> ColumnReport:
    infinite = Score(statistic="psi", value=math.inf, threshold=math.nan, effect=-math.inf, interval=(-math.inf, math.nan), floor=0.0)
    unknown = Score(statistic="a guest's own", value=math.nan)
    return ColumnReport(
        name=planned.name,
        kind=planned.column.kind,
        role=planned.column.role,
        verdict=Verdict.DRIFTED if (k + window) % 5 == 4 else Verdict.INCONCLUSIVE,
        cause=Cause.NOT_COUNTED,
        concern=Concern.LABEL if k % 2 else Concern.INPUT,
        reason="",
        seen=False,
        since=None,
        worst=("psi", None, "gone")[k % 3],
        weight=math.nan if k % 2 else math.inf,
        importance=planned.column.importance,
        rows_needed=None,
        scores=((), (infinite,), (infinite, unknown))[k % 3],
    )
