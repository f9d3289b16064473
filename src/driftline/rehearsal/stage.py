"""What is there before the rehearsal begins: a stream, a monitor over the gateway's records, and a champion in a registry."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from driftline.config.specification import read_text
from driftline.errors import ConfigError
from driftline.registries.aliases import promotion
from driftline.rehearsal import program
from driftline.rehearsal.traffic import TIME
from driftline.release.retrain import models
from driftline.simulator import PaymentsConfig, write
from driftline.simulator.events import Event

if TYPE_CHECKING:
    from datetime import date, datetime

    from driftline.config.specification import Specification
    from driftline.simulator.files import Progress, Written
    from driftline.simulator.model import Model

DAYS, CAMPAIGN, FAULT, ATTACK = 52, (3, 9), 12, 16
"""How many days there are at most, and on which something happens."""

NAME = "payments"
YAML = """# The rehearsal of `driftline demo`: a monitor over what a gateway wrote down, and all that a new model takes.
# Times are those of the simulated payments.
schema: 1
monitor: payments
task: binary
reference: reference.parquet
current: records/*.jsonl
labels: {{from: feed/labels.parquet, time: label_ts}}
columns: {{timestamp: paid_at, id: transaction_id, prediction: prediction, score: score, label: is_fraud, ignore: [customer_id]}}
window: {{every: day, timezone: UTC}}
false_alarms: 1 in 30 days
decisions:
  enough_labels: {enough}
  sampling: {{loss: everything}}   # an attack is a part of the traffic: what was there before goes on
  actions: {{retrain: automatic}}
training:
  command: {python} model.py train{careless}
  score: {python} model.py score
  holdout: 3 days
gate:
  metric: roc_auc
  margin: -0.02      # it has to be better by two points at least
  guards: {{recall: 0.05}}
  latency_ms: 200
  size_mb: 20
rollout:
  shadow: {shadow}
  canary: [0.25, 0.5]
  step: 3 days
  samples: 500
  aims: {{roc_auc: 0.05}}
  slow_ms: 10000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the rehearsal plays on.

    Attributes:
        place: the folder.
        config: the stream.
        specification: the monitor.
        hurry: the same monitor as somebody left it who forgot a filter and skips the shadow.
        champion: the folder of the model that answers.
    """

    place: Path
    config: PaymentsConfig
    specification: Specification
    hurry: Specification
    champion: Path

    @property
    def model(self) -> Path:
        """The model's program."""
        return self.place / "model.py"

    @property
    def records(self) -> Path:
        """What the gateway writes."""
        return self.place / "records"

    @property
    def state(self) -> Path:
        """Where the rollout is stored."""
        return self.specification.releasing.directory / "rollouts" / f"{NAME}.json"

    def evening(self, day: int) -> datetime:
        """When a day is over."""
        return self.config.midnight(day + 1)

    def feed(self, day: int) -> Path:
        """The payments of a day."""
        return self.place / "feed" / "data" / f"payments-{self.config.date_of(day)}.parquet"


def stream(seed: int, today: date, rows: int) -> PaymentsConfig:
    """The stream: a campaign, an upstream fault, an attack; it begins on a Monday, and ends before today.

    Args:
        seed: of everything in it.
        today: the machine's date; the gateway's clock is the machine's, and no simulated step may begin after it.
        rows: a day.
    """
    latest = today - timedelta(days=DAYS + 1)
    return PaymentsConfig(
        seed=seed,
        days=DAYS,
        rows_per_day=rows,
        start=latest - timedelta(days=latest.weekday()),
        train_days=21,
        reference_days=21,
        fraud_rate=0.02,
        events=(
            Event(kind="campaign", from_day=CAMPAIGN[0], to_day=CAMPAIGN[1]),
            Event(kind="unit_fault", from_day=FAULT, to_day=FAULT),
            Event(kind="attack", from_day=ATTACK, size=0.03),
        ),
    )


def build(place: Path, config: PaymentsConfig, *, progress: Progress | None = None) -> Stage:
    """Write everything into a folder, from which an earlier rehearsal is removed.

    Raises:
        ConfigError: the folder is somebody else's.
    """
    if place.exists() and any(place.iterdir()) and not (place / "model.py").exists():
        raise ConfigError(f"'{place}' holds something that no rehearsal wrote", hint="give another --directory")
    shutil.rmtree(place, ignore_errors=True)
    (place / "records").mkdir(parents=True)
    made = write(config, place / "feed", progress=progress)
    _reference(made, place / "reference.parquet")
    shutil.copyfile(Path(program.__file__), place / "model.py")
    specifications = {}
    for name, careless, shadow in (("driftline.yaml", "", "true"), ("hurry.yaml", " --careless", "false")):
        text = YAML.format(python=shlex.quote(sys.executable), careless=careless, shadow=shadow, enough=config.rows_per_day // 8)
        (place / name).write_text(text, encoding="utf-8")
        specifications[name] = read_text(text, place / name, {})
    specification = specifications["driftline.yaml"]
    champion = _champion(specification, made.model, place / "first")
    return Stage(place=place, config=config, specification=specification, hurry=specifications["hurry.yaml"], champion=champion)


def _reference(made: Written, path: Path) -> None:
    """The reference weeks under the names that records have."""
    names = {"ts": TIME, "model_score": "score", "model_pred": "prediction"}
    table = pq.read_table(made.reference)
    pq.write_table(table.rename_columns([names.get(name, name) for name in table.column_names]), path)


def _champion(specification: Specification, model: Model | None, draft: Path) -> Path:
    """The model that scored the reference weeks, in the registry, as its first version; it is in the form of `model.py`."""
    if model is None:
        raise ConfigError("there is no model to begin with", hint="let the stream be scored")
    draft.mkdir()
    levels = {name: levels.to_pylist() for name, levels in model.levels.items()}
    program.write(draft, model.trees, levels, model.threshold)
    registry = models(specification)
    version = registry.register(NAME, draft, {"run": "first", "reason": "it is the first"})
    registry.change(NAME, version, promotion)
    shutil.rmtree(draft)
    return registry.folder(NAME, version)
