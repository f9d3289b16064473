"""Runs every bench and prints what was measured beside what was wanted, in one table.

A bench is a script `bench_*.py`. For each thing it measures it prints one line of JSON:
`{"what": "...", "measured": 5.9, "unit": "ns", "wanted": 6.0}`, with `"wanted": null` where there is
only something to compare with, and `"more": true` where more is better. Its other lines go to the
standard error stream. Words after `run.py` choose benches by a part of their name.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def main(words: list[str]) -> int:
    """Run the chosen benches; 1 where a script broke or a number was missed."""
    scripts = [s for s in sorted(HERE.glob("bench_*.py")) if not words or any(word in s.stem for word in words)]
    print("| bench | what | measured | wanted | |\n|---|---|---|---|---|")
    return max([run(script) for script in scripts], default=0)


def run(script: Path) -> int:
    """Run one bench and print its rows as they come."""
    name = script.stem.removeprefix("bench_")
    missed = False
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            measure = read(line)
            if measure is None:
                print(line, end="", file=sys.stderr)
                continue
            print(row(name, measure), flush=True)
            missed |= met(measure) is False
    if process.returncode:
        print(f"| {name} | broke with exit code {process.returncode} | | | ✗ |")
    return int(missed or process.returncode != 0)


def read(line: str) -> dict[str, Any] | None:
    """A measurement, if the line is one."""
    if not line.startswith('{"what"'):
        return None
    measure: dict[str, Any] = json.loads(line)
    return measure


def met(measure: dict[str, Any]) -> bool | None:
    """Whether the number is as good as was wanted; None where nothing was."""
    wanted = measure.get("wanted")
    if wanted is None:
        return None
    return bool(measure["measured"] >= wanted if measure.get("more") else measure["measured"] <= wanted)


def row(name: str, measure: dict[str, Any]) -> str:
    """One row of the table."""
    unit, wanted = measure.get("unit", ""), measure.get("wanted")
    bound = "" if wanted is None else f"{'at least' if measure.get('more') else 'at most'} {wanted:,.4g} {unit}"
    mark = {None: "", True: "✓", False: "✗"}[met(measure)]
    return f"| {name} | {measure['what']} | {measure['measured']:,.4g} {unit} | {bound} | {mark} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
