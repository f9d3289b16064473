"""Measures what the service holds in memory while it works, an hour (`--minutes 60`) or less, at half the rate that we promise.

Lists and single rows at once, at `--share` of what one process must take; the service runs as a user starts it, with SQLite,
and counts them meanwhile. The numbers say how long it was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from bench_intake import MEMORY_MB, P99_MS, ROWS, SINGLES, load, memory, processor, quantile, requests_of, row, say, served

SLICE = 10.0
"""Seconds of load between two looks."""


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the load lasts")
    parser.add_argument("--share", type=float, default=0.5, help="of the rates that are promised")
    parser.add_argument("--place", type=Path, help="where the data lies; a new directory without this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as place, served(Path(place), 0.5) as (port, token, process):
        single = requests_of(token, lambda dice: json.dumps(row(dice)).encode(), "application/json", 400)
        listed = requests_of(token, lambda dice: json.dumps([row(dice) for _ in range(1000)]).encode(), "application/json", 12)
        held: list[float] = []
        lists: list[float] = []
        singles: list[float] = []

        async def both() -> None:
            found = await asyncio.gather(
                load(port, listed, SLICE, connections=8, per_second=ROWS / 1000 * options.share),
                load(port, single, SLICE, connections=64, per_second=SINGLES * options.share),
            )
            lists.extend(found[0][1])
            singles.extend(found[1][1])

        begun, busy = time.perf_counter(), processor(process.pid)
        while time.perf_counter() - begun < options.minutes * 60:
            asyncio.run(both())
            held.append(memory(process.pid))
        spent, peak = time.perf_counter() - begun, memory(process.pid, "VmHWM")
        quarter = max(len(held) // 4, 1)
        say(
            f"{spent / 60:.0f} minutes of load, {len(lists) * 1000 + len(singles):,} rows: memory of the service, its peak",
            peak,
            "MB",
            MEMORY_MB,
        )
        say("... the most at a look in the first quarter", max(held[:quarter]), "MB", None)
        say("... and in the last", max(held[-quarter:]), "MB", MEMORY_MB)
        say("... processor time of the service, of one processor", (processor(process.pid) - busy) / spent * 100, "%", None)
        say("... a list of 1,000 rows, p99", quantile(lists, 0.99), "ms", P99_MS)
        say("... a request of one row, p99", quantile(singles, 0.99), "ms", P99_MS)


if __name__ == "__main__":
    main()
