"""Counts the messages of ninety simulated days with 50 columns, in which three things happen: driftline's, and its peers' flags.

The peers send no messages: told is on how many days each of their checks flags something at its defaults, and how many flags that are.
Each peer lives in an environment of its own, as for `bench_peers.py`; one that is not there is left out, with a sentence.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyarrow import dataset

from driftline.alerting.replay import replay
from driftline.config.specification import read
from driftline.simulator import PaymentsConfig, write
from driftline.wiring import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from driftline.alerting.incident import Board, Notice

HERE = Path(__file__).parent
COMPANIONS, COLUMNS = 36, 50
UNWATCHED = {"transaction_id", "ts", "customer_id"}
ECHO = timedelta(days=1)
"""A day's rows may show on the day after that something is over."""

YAML = """
monitor: payments
reference: reference.parquet
current: data
labels: {from: labels.parquet, time: label_ts}
columns: {timestamp: ts, id: transaction_id, prediction: model_pred, score: model_score, label: is_fraud, ignore: [customer_id]}
window: day
performance: {metric: roc_auc}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """What was told of a stream.

    Attributes:
        messages: how many messages left.
        false: those about nothing that truly happened.
        groups: by event, how many incidents there were about it, told or not.
        silent: incidents that nobody was told of.
    """

    messages: int
    false: int
    groups: Mapping[str, int]
    silent: int


def main() -> None:
    """Count, and print one line of JSON for each number, then a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    options = parser.parse_args()
    place = made(options.seed)
    truth = json.loads((place / "truth.json").read_text())
    ours = told(place, truth)
    say(f"seed {options.seed}: messages in 90 days, {COLUMNS} columns", ours.messages, None)
    say("... false ones", ours.false, 1)
    for event, groups in ours.groups.items():
        say(f"... groups about the {event}", groups, 1)
    lines = [f"| driftline: messages | {ours.messages} | {ours.messages} | {ours.false} |"]
    for peer in () if options.alone else ("evidently", "nannyml"):
        lines += table(peer, flags(peer, place), truth)
    print("\n| what | days with one | flags | days with one on which nothing happens |\n|---|---|---|---|", *lines, sep="\n")


def made(seed: int) -> Path:
    """The stream, made if it is not there yet."""
    place = Path(tempfile.gettempdir()) / f"driftline-bench-messages-{seed}"
    if not (place / "truth.json").exists():
        write(PaymentsConfig(seed=seed, companions=COMPANIONS), place)
    (place / "driftline.yaml").write_text(YAML)
    return place


def told(place: Path, truth: Mapping[str, Any]) -> Tale:
    """What driftline tells of a stream, with its defaults."""
    board, notices = replay(check(read(place / "driftline.yaml", os.environ)).report)
    return tale(board, notices, truth)


def tale(board: Board, notices: Sequence[Notice], truth: Mapping[str, Any]) -> Tale:
    """Lay incidents and messages beside what truly happened."""
    about = {one.number: event_of(truth, date.fromisoformat(one.window)) for one in board.incidents}
    heard = {notice.incident.number for notice in notices}
    return Tale(
        messages=len(notices),
        false=sum(about[notice.incident.number] is None for notice in notices),
        groups={event["kind"]: list(about.values()).count(event["kind"]) for event in truth["events"]},
        silent=sum(one.number not in heard for one in board.incidents),
    )


def event_of(truth: Mapping[str, Any], day: date) -> str | None:
    """What happened on a day, or was over the day before."""
    for event in truth["events"]:
        last = event["to_date"]
        if date.fromisoformat(event["from_date"]) <= day and (last is None or day <= date.fromisoformat(last) + ECHO):
            return str(event["kind"])
    return None


def flags(peer: str, place: Path) -> list[tuple[str, str, str]]:
    """What a peer flags: day, column and check."""
    from bench_peers import QUIET, python  # noqa: PLC0415  a test loads this file alone

    interpreter = python(peer, install=False)
    if interpreter is None:
        return []
    names = [name for name in dataset.dataset(place / "data").schema.names if name not in UNWATCHED]
    command = [interpreter, str(HERE / "message_jobs.py"), peer, str(place), ",".join(names)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **QUIET})
    return [(day, name, by) for day, name, by in json.loads(done.stdout.splitlines()[-1])]


def table(peer: str, found: Sequence[tuple[str, str, str]], truth: Mapping[str, Any]) -> Iterable[str]:
    """A row for each of a peer's checks: days with a flag, flags, and such days on which nothing happens."""
    for asked in sorted({by for _, _, by in found}):
        days = [day for day, _, by in found if by == asked]
        quiet = {day for day in days if event_of(truth, date.fromisoformat(day)) is None}
        yield f"| {peer}: {asked} | {len(set(days))} | {len(days)} | {len(quiet)} |"


def say(what: str, measured: float, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": measured, "unit": "", "wanted": wanted}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
