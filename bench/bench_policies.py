"""Replays retraining policies on simulated payments of several seeds: whether each decision is right, and which policy costs least.

`bench_policies.py --seeds 1 2 3` says which streams: ninety days each, in which a harmless campaign, two days of cents, and an attack
that the model does not know happen. What each model costs is kept in `--folder`, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.backtesting.backtest import backtest
from driftline.config.specification import specify
from driftline.decisions.policies import ORACLE, OURS
from driftline.simulator import PaymentsConfig, write

if TYPE_CHECKING:
    from driftline.backtesting.backtest import Backtest

COLUMNS = {
    "timestamp": "ts", "id": "transaction_id", "prediction": "model_pred", "score": "model_score", "label": "is_fraud",
    "ignore": ["customer_id"],
}  # fmt: skip
DOCUMENT = {
    "reference": "reference.parquet", "current": "data", "task": "binary", "columns": COLUMNS, "window": "day",
    "labels": {"from": "labels.parquet", "time": "label_ts"},
    "performance": {"value": {"false_positive": -5.0, "false_negative": -100.0, "currency": "EUR"}},
    "decisions": {"cost": 1000.0},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of one stream.

    Attributes:
        seed: of the stream.
        strange: days before the attack on which something else was said than what is right: hold, or fix data at the fault.
        kept_out: whether no model learnt from the fault's days.
        shown: days from the attack's first day to the evening on which labels showed a loss; -1 where none did.
        asked: likewise to the first decision to retrain.
        begun: the days on which our policy began a retraining, counted alike.
        costs: by policy, the cheapest first.
    """

    seed: int
    strange: tuple[str, ...]
    kept_out: bool
    shown: int
    asked: int
    begun: tuple[int, ...]
    costs: dict[str, float]

    @property
    def right(self) -> bool:
        """Whether every decision was the right one, and none but the oracle cost less."""
        timely = 0 <= self.asked <= self.shown + 1 and len(self.begun) == 1
        return not self.strange and self.kept_out and timely and list(self.costs)[:2] == [ORACLE, OURS]


def main() -> None:
    """Print a line for every stream."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    parser.add_argument("--rows", type=int, default=3000, help="a day")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as place:
            told = replayed(seed, asked.rows, Path(place), asked.folder)
        costs = ", ".join(f"{name} {cost:,.0f}" for name, cost in told.costs.items())
        print(f"seed {seed}: {told}", file=sys.stderr, flush=True)
        print(json.dumps({"what": f"policies, seed {seed}: {costs}; every decision right and the cheapest", "measured": float(told.right),
                          "unit": "", "wanted": 1.0, "more": True}), flush=True)  # fmt: skip


def replayed(seed: int, rows: int, place: Path, folder: Path | None) -> Replayed:
    """Make a stream and replay it."""
    config = PaymentsConfig(seed=seed, rows_per_day=rows)
    write(config, place)
    found = backtest(specify(DOCUMENT, {}, directory=place), now=config.midnight(config.days), folder=folder)
    return judged(found, config)


def judged(found: Backtest, config: PaymentsConfig) -> Replayed:
    """What was decided beside what is right."""
    days = {event.kind: (event.from_day, config.days if event.to_day is None else event.to_day + 1) for event in config.events}
    fault, attack = range(*days["unit_fault"]), days["attack"][0]
    actions = [one.decision.action.value for one in found.decided]
    ours = found.comparison.of(OURS).retrains
    labels = {config.date_of(day).isoformat() for day in fault}
    wanted = ["fix data" if day in fault else "hold" for day in range(attack)]
    return Replayed(
        seed=config.seed,
        strange=tuple(f"{day} {said}" for day, (said, right) in enumerate(zip(actions, wanted, strict=False)) if said != right),
        kept_out=all(labels <= set(found.decided[day].decision.how.keep_out) for day in ours if day >= fault[0]),
        shown=next((day - attack for day, one in enumerate(found.decided) if one.evidence.loss is not None and day >= attack), -1),
        asked=next((day - attack for day, said in enumerate(actions) if said == "retrain" and day >= attack), -1),
        begun=tuple(day - attack for day in ours),
        costs={one.name: one.total for one in found.comparison.tried},
    )


if __name__ == "__main__":
    main()
