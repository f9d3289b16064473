"""Measures how light driftline is: its start, its direct dependencies, and what a base installation puts on the disk.

The dependencies are installed into a virtual environment of their own, once for each list of them; where there is no
package registry the installation is left out, with a sentence.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftline-bench"
IMPORT_MS, HELP_MS, DEPENDENCIES, MEGABYTES = 150, 300, 12, 500


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15, help="the median of so many starts is told")
    parser.add_argument("--quick", action="store_true", help="leave the installation out, unless it was made before")
    options = parser.parse_args()
    starts(options.repeats)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    say("direct dependencies of the base installation", len(project["dependencies"]), "packages", DEPENDENCIES)
    place = CACHE / f"base-{hashlib.blake2b(repr(sorted(project['dependencies'])).encode(), digest_size=6).hexdigest()}"
    if installed(place, project["dependencies"], quick=options.quick):
        say("base installation, with pip and driftline itself", megabytes(place) + megabytes(ROOT / "src"), "MB", MEGABYTES)


def starts(repeats: int) -> None:
    """Time starts of the interpreter, alternately with nothing, the package and the command, so that a busy minute hits all."""
    jobs = {
        "nothing": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", "import driftline"],
        "help": [sys.executable, "-m", "driftline", "--help"],
    }
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for name in [*jobs] * (repeats + 1):
        taken[name].append(milliseconds(jobs[name]))
    # The first start of each fills the disk's cache.
    middle = {name: statistics.median(times[1:]) for name, times in taken.items()}
    say("`import driftline`, beyond starting Python", middle["import"] - middle["nothing"], "ms", IMPORT_MS)
    say("`driftline --help`, with starting Python", middle["help"], "ms", HELP_MS)
    say("... starting Python alone", middle["nothing"], "ms", None)


def milliseconds(command: list[str]) -> float:
    """How long a command takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
    return (time.perf_counter() - start) * 1000


def say(what: str, measured: float, unit: str, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 1), "unit": unit, "wanted": wanted}), flush=True)


def installed(place: Path, dependencies: list[str], *, quick: bool) -> bool:
    """Whether an environment with the dependencies is there, made now if need be."""
    done = place / "done"
    if done.exists():
        return True
    if quick:
        print("the base installation was not made before: left out", file=sys.stderr)
        return False
    venv.create(place, with_pip=True, clear=True)
    command = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *dependencies]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        print("the base installation cannot be made here: left out", file=sys.stderr)
        return False
    done.touch()
    return True


def megabytes(place: Path) -> float:
    """What the packages take on the disk."""
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file() and not file.is_symlink()) / 2**20


if __name__ == "__main__":
    main()
