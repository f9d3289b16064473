"""Measures the naming of faults on tables thrown at random: the right column and the right name first, and nothing on clean days.

`bench_faults.py --tables 40 --first 200` says how many tables, and where their throws begin. Every way in which a day can be spoilt
(`driftline.backtesting.injections`, and those of `faulty.py`) is tried once on every table that it fits.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict

from faulty import NAMES, Faulty, accused, tried


def main() -> None:
    """Print a line for every fault."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=12)
    parser.add_argument("--first", type=int, default=200)
    asked = parser.parse_args()
    found, clean = defaultdict(list), []
    for seed in range(asked.first, asked.first + asked.tables):
        table = Faulty(seed)
        clean += accused(table)
        for outcome in tried(table):
            found[outcome.name].append(outcome)
            if not outcome.kind:
                print(outcome, file=sys.stderr)
    for name in NAMES:
        if name in found:
            told = f"faults, {name}: right column {share([one.column for one in found[name]])}, of {len(found[name])}; right name"
            print(
                json.dumps({"what": told, "measured": share([one.kind for one in found[name]]), "unit": "", "wanted": 0.95, "more": True})
            )
    every = [one for told in found.values() for one in told]
    print(json.dumps({"what": "faults, all", "measured": share([one.kind for one in every]), "unit": "", "wanted": 0.95, "more": True}))
    print(json.dumps({"what": f"faults named on {len(clean)} clean days", "measured": share(clean), "unit": "", "wanted": 0.01}))


def share(said: list[bool]) -> float:
    """How many of them are so."""
    return round(sum(said) / max(len(said), 1), 3)


if __name__ == "__main__":
    main()
