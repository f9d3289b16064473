"""Measures push-down in a PostgreSQL of its own: rows × 20 columns counted in SQL, beside a plain `count(*), avg(...)` of the same columns.

Seconds are taken in turns, so that a busy minute hits both; the least of the repeats is told. `--url` takes a server that runs already.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from driftline.monitor import Monitor
from driftline.warehouse.count import count
from driftline.warehouse.fit import fit
from driftline.warehouse.opening import open_warehouse
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMES = 3.0
NUMBERS = (
    *("random() * 100", "-ln(random() + 1e-12) * 30", "random() + random() + random()", "sqrt(random()) * 5", "random() * random()"),
    *("floor(random() * 40)", "random() * 1e6", "random()", "random() - 0.5", "case when random() < 0.02 then null else random() end"),
    *("random() * 3", "random() * 7", "floor(random() * 1000)", "floor(random() * random() * 50)"),
)
TEXTS = ("'level ' || floor(random() * random() * 8)", "'lev ' || floor(random() * random() * 40)", "'l ' || floor(random() * 3)")


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--url", help="a PostgreSQL to make the tables in, instead of one of its own")
    options = parser.parse_args()
    with server() if options.url is None else given(options.url) as url:
        measure(url, options.rows, options.repeats)


def measure(url: str, rows: int, repeats: int) -> None:
    """Make the tables, fit bins to a part, and count the whole against the plain query."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    columns = [*(f"{what}::float8 as n{i}" for i, what in enumerate(NUMBERS)), *(f"{what} as c{i}" for i, what in enumerate(TEXTS))]
    made = f"select i as id, timestamptz '2026-01-01' + i * interval '0.1 second' as ts, {', '.join(columns)}, random() < 0.3 as b"
    averages = [*(f"avg(n{i})" for i in range(len(NUMBERS))), *(f"avg(length(c{i}))" for i in range(len(TEXTS)))]
    plain = f"select count(*), avg(id), avg(date_part('epoch', ts)), {', '.join(averages)}, avg(b::int) from counted"
    with engine.connect() as connection:
        for name, many in (("learnt", 100_000), ("counted", rows)):
            connection.exec_driver_sql(f"drop table if exists {name}")
            connection.exec_driver_sql(f"create unlogged table {name} as {made} from generate_series(1, {many}) i")
            connection.exec_driver_sql(f"vacuum analyze {name}")
    windowing = Windowing(Cadence.WHOLE)
    plan = fit(open_warehouse(url, "learnt", "learnt"), Monitor(windowing=windowing))

    def ask() -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(plain).fetchall()

    taken = alternately({"plain": ask, "ours": lambda: count(plan, open_warehouse(url, "counted", "counted"), windowing)}, repeats)
    size = f"{rows:,} rows × {len(plan.columns)} columns in PostgreSQL"
    say(f"{size}: counted in SQL", taken["ours"], "s")
    say("... count(*), avg(...) over the same columns", taken["plain"], "s")
    say("... times the plain query", taken["ours"] / taken["plain"], "×", TIMES)
    engine.dispose()


def alternately(jobs: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """The least seconds of each job, in turns."""
    least = dict.fromkeys(jobs, float("inf"))
    for _ in range(repeats):
        for name, job in jobs.items():
            begun = time.perf_counter()
            job()
            least[name] = min(least[name], time.perf_counter() - begun)
    return least


@contextmanager
def given(url: str) -> Iterator[str]:
    """A server that runs already."""
    yield url


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL on a socket of its own."""
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which("initdb") or str(homes[-1] / "initdb")
    # It refuses to run as root.
    user = "postgres" if os.getuid() == 0 else getpass.getuser()
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        place = Path(folder)
        os.chown(place, pwd.getpwnam(user).pw_uid, -1)
        place.chmod(0o755)

        def call(program: str, *words: str) -> None:
            command = [str(Path(found).with_name(program)), "-D", f"{place}/data", *words]
            subprocess.run(command, check=True, cwd=place, user=user if os.getuid() == 0 else None, stdout=subprocess.DEVNULL)

        call("initdb", "-A", "trust", "-U", "driftline", "--no-sync")
        settings = f"-c listen_addresses='' -c unix_socket_directories={place} -c fsync=off -c shared_buffers=512MB"
        call("pg_ctl", "-o", settings, "-l", f"{place}/log", "-w", "start")
        try:
            yield f"postgresql+psycopg://driftline@/postgres?host={place}"
        finally:
            call("pg_ctl", "-m", "immediate", "-w", "stop")


def say(what: str, measured: float, unit: str, wanted: float | None = None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 2), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
