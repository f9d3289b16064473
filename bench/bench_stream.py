"""Measures the detector on labelled loss: false alarms on streams that do not change beside the promise, and delays.

Each stream is learnt from sixty daily cohorts and followed for a year under the promise "at most one false alarm in 30 days".
Errors come at 5%; those that hang together are Markov chains with the given correlation of neighbouring labels. The
delay from 5% to 10% per label is that on which ADWIN needed 685 labels, Page-Hinkley 1,095, HDDM_A 1,859 and MAPIE's risk
monitor more than 4,600.

Then labels that come late: so many predictions of sixty days and their labels in sixty files, in order and shuffled, joined
by id in a process of their own, whose peak memory is told beside that of a process that only reads both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftline.performance.stream import Cohorts, exactly, follow, grant, threshold
from driftline.sources.joined import Joined
from driftline.sources.opening import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Losses = NDArray[np.float64]

KNOWN, FOLLOWED = 60, 365
LIMIT, WANTED = 1e5, 350
RATE, WORSE = 0.05, 0.10
HANGING = (0.0, 0.3, 0.5, 0.8)
SIZES = (50, 200, 1000)


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200, help="streams for each number")
    parser.add_argument("--quick", action="store_true", help="cohorts of one size only, and fewer streams")
    parser.add_argument("--join", nargs=3, metavar=("HOW", "PREDICTIONS", "LABELS"), help="used by this script itself")
    options = parser.parse_args()
    if options.join:
        print(json.dumps(joined(*options.join)))
        return
    streams = options.streams // 4 if options.quick else options.streams
    for size in SIZES[:1] if options.quick else SIZES:
        for name, found in quiet(size, streams, np.random.default_rng([1, size])):
            say(f"false alarms in 30 days, {name}, {size} labels a day", found, "", 1.0)
    dice = np.random.default_rng(2)
    say("delay per label, 5% to 10%, one false alarm in 100,000 labels", per_label(dice, 500, streams), "labels", WANTED)
    say("... without a good label before", per_label(dice, 0, streams), "labels", None)
    for hang in HANGING:
        for limit, promise in ((LIMIT, "100,000 labels"), (threshold(SIZES[1]), "30 days")):
            delay = per_day(dice, SIZES[1], streams, hang, limit)
            say(f"delay by cohorts of 200, 5% to 10%, correlation {hang}, one false alarm in {promise}", delay, "labels", None)
    for rows in (10**6,) if options.quick else (10**6, 10**7):
        late_labels(rows)


def quiet(size: int, streams: int, dice: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Streams that do not change, and their false alarms in 30 days."""
    days = KNOWN + FOLLOWED
    for hang in HANGING:
        name = f"correlation {hang}" if hang else "independent"
        yield name, monthly(size, cohorts(markov(dice, days * size, streams, RATE, hang), size))
    week = RATE * (1 + 0.5 * np.sin(2 * np.pi * np.arange(days) / 7))
    weekly = dice.binomial(size, week[:, None], (days, streams)).astype(np.float64)
    yield "a weekly season", monthly(size, weekly, season=7)
    yield "a weekly season nobody told of", monthly(size, weekly)
    wander = np.exp(0.3 * wandering(dice, days, streams, 0.5))
    yield "days that hang together", monthly(size, dice.binomial(size, np.minimum(RATE * wander, 1.0)).astype(np.float64))
    losses, squares = skewed(dice, days, size, streams)
    yield "skewed losses in [0, 1]", monthly(size, losses, squares)


def markov(dice: np.random.Generator, labels: int, streams: int, rate: float, hang: float) -> Losses:
    """Errors whose neighbours correlate. Shape: labels × streams."""
    found = np.empty((labels, streams), dtype=np.float64)
    found[0] = dice.random(streams) < rate
    for t in range(1, labels):
        found[t] = dice.random(streams) < np.where(found[t - 1] > 0, rate + hang * (1 - rate), rate * (1 - hang))
    return found


def wandering(dice: np.random.Generator, days: int, streams: int, hang: float) -> Losses:
    """Standard normal values of days that hang together. Shape: days × streams."""
    found = dice.standard_normal((days, streams))
    for t in range(1, days):
        found[t] = hang * found[t - 1] + np.sqrt(1 - hang**2) * found[t]
    return found


def skewed(dice: np.random.Generator, days: int, size: int, streams: int) -> tuple[Losses, Losses]:
    """Sums and sums of squares of gamma losses, day by day."""
    sums, squares = np.empty((days, streams)), np.empty((days, streams))
    for day in range(days):
        losses = np.minimum(dice.gamma(1.5, 0.05, (size, streams)), 1.0)
        sums[day], squares[day] = losses.sum(0), (losses**2).sum(0)
    return sums, squares


def cohorts(losses: Losses, size: int) -> Losses:
    """Sums of consecutive labels."""
    return np.asarray(losses.reshape(-1, size, losses.shape[1]).sum(1))


def monthly(size: int, sums: Losses, squares: Losses | None = None, season: int = 1) -> float:
    """Alarms in 30 days, learnt from the first sixty."""
    slots, rows = np.arange(len(sums)) % season, np.full(sums.shape, float(size))
    known, later = (
        Cohorts(rows[part], sums[part], None if squares is None else squares[part], slots[part])
        for part in (slice(None, KNOWN), slice(KNOWN, None))
    )
    found = follow(grant(known), later, threshold(size))
    return float(found.alarms.sum(0).mean() / FOLLOWED * 30)


def per_label(dice: np.random.Generator, before: int, streams: int) -> float:
    """Labels from the change to the alarm, one label at a time, the risk known."""
    parts = [markov(dice, labels, 4 * streams, rate, 0.0) for labels, rate in ((before or 1, RATE), (3000, WORSE))]
    losses = np.concatenate(parts if before else parts[1:])
    alarms = follow(exactly(np.full(losses.shape[1], RATE)), Cohorts(np.ones(losses.shape), losses), LIMIT).alarms
    quiet_before = ~alarms[:before].any(0)
    return float((alarms[before:, quiet_before].argmax(0) + 1).mean())


def per_day(dice: np.random.Generator, size: int, streams: int, hang: float, limit: float) -> float:
    """Labels from the change to the end of the cohort with the alarm, after thirty good days; never is 120 days."""
    known = cohorts(markov(dice, KNOWN * size, streams, RATE, hang), size)
    parts = [markov(dice, days * size, streams, rate, hang) for days, rate in ((30, RATE), (120, WORSE))]
    later = cohorts(np.concatenate(parts), size)
    granted = grant(Cohorts(np.full(known.shape, float(size)), known))
    alarms = follow(granted, Cohorts(np.full(later.shape, float(size)), later), limit).alarms
    alarms = alarms[30:, ~alarms[:30].any(0)]
    return float(np.where(alarms.any(0), alarms.argmax(0) + 1, 120).mean() * size)


def late_labels(rows: int) -> None:
    """Join shuffled labels to their predictions, and the same labels in order."""
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), rows)
        read, shuffled, ordered = (
            run(how, Path(place) / "predictions", Path(place) / labels)
            for how, labels in (("read", "late"), ("join", "late"), ("join", "prompt"))
        )
    say(f"{rows:,} late labels joined: beyond reading both", shuffled["seconds"] - read["seconds"], "s", None)
    say("... peak memory beyond reading both", shuffled["megabytes"] - read["megabytes"], "MB", 200)
    say("... bytes that differ from labels in order", float(shuffled["digest"] != ordered["digest"]), "", 0)


def write(place: Path, rows: int) -> None:
    """Write predictions in order, and their labels in sixty files, twice."""
    dice = np.random.default_rng(3)
    places = {name: np.arange(rows) for name in ("predictions", "prompt")} | {"late": dice.permutation(rows)}
    for name, order in places.items():
        (place / name).mkdir()
        for number, part in enumerate(np.array_split(order, 60)):
            table = {"id": pa.array([f"order-{i:010d}" for i in part.tolist()])}
            if name == "predictions":
                table |= {"score": pa.array(part % 1000 / 1000), "prediction": pa.array(part % 3 % 2)}
            else:
                table |= {"label": pa.array(part % 7 % 2), "at": pa.array(part * 1000, pa.timestamp("us", "UTC"))}
            pq.write_table(pa.table(table), place / name / f"{number:02d}.parquet")


def run(how: str, predictions: Path, labels: Path) -> dict[str, Any]:
    """Join, or only read, in a process of its own."""
    command = [sys.executable, __file__, "--join", how, str(predictions), str(labels)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def joined(how: str, predictions: str, labels: str) -> dict[str, float | str]:
    """Seconds and peak memory of a reading, and a digest of all labels in the order of the predictions."""
    digest, start = hashlib.blake2b(), time.perf_counter()
    sources = [open_source(place) for place in (predictions, labels)]
    if how == "join":
        sources = [Joined(*sources, "id", "label", label_time="at", prediction="prediction")]
    for source in sources:
        for batch in source.batches():
            if how == "join":
                digest.update(batch.column(batch.schema.get_field_index("label")).fill_null(-1).to_numpy().tobytes())
    taken = time.perf_counter() - start
    # What the system says of finished processes would include the one that started this.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"seconds": taken, "megabytes": int(status["VmHWM"].split()[0]) / 1024, "digest": digest.hexdigest()}


def say(what: str, measured: float, unit: str, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 3), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
