"""The trainer, with real programs: from a decision that somebody agrees to, over a run and the gate, to a rollout that is on."""

from __future__ import annotations

import shlex
import sys
from contextlib import ExitStack
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import OutsideError
from driftline.lock import held
from driftline.release.filed import load, place_of
from driftline.server.courier import Courier
from driftline.server.face import wall_clock
from driftline.server.steward import Steward
from driftline.server.trainer import Trainer
from driftline.services.intake import Kind
from driftline.store.trainings import TRAINING, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

YAML = """
monitor: churn
task: binary
reference: {reference}
columns: {{id: id, timestamp: ts, score: score, label: left}}
window: hour
training: {{command: {python} train.py, score: {python} score.py, holdout: 3 hours}}
gate: {{metric: accuracy, margin: 0.05, nulls: 0.1}}
{more}
"""
TRAIN = """
import os
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
rows = pa.concat_tables([pq.read_table(path) for path in sorted(Path(os.environ["DRIFTLINE_ROWS"]).glob("*.parquet"))])
assert rows["left"].null_count == 0
Path(os.environ["DRIFTLINE_OUTPUT"], "rows").write_text(str(rows.num_rows))
"""
SCORE = """
import os
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
rows = pq.read_table(os.environ["DRIFTLINE_ROWS"])
assert "left" not in rows.column_names
score = [{score} for x in rows["amount"].to_pylist()]
pq.write_table(pa.table({{"score": score}}), Path(os.environ["DRIFTLINE_OUTPUT"], "answers.parquet"))
"""


@pytest.fixture
def arranged(small: Any, rows_of: Any, tmp_path: Path) -> Callable[..., int]:
    """Gives the monitor programs to train and to be asked, lets a model fail, and has a person agree: the decision."""

    def made(*, score: str = "float(x > 0)", train: str = TRAIN, more: str = "") -> int:
        (tmp_path / "train.py").write_text(train)
        (tmp_path / "score.py").write_text(SCORE.format(score=score))
        yaml = YAML.format(reference=small.reference, python=shlex.quote(sys.executable), more=more)
        small.watched = small.service.watch(yaml, str(tmp_path), wall_clock(), actor="test")
        rows = rows_of(0, 300)
        small.send(rows, "rows")
        small.send([{"id": row["id"], "label": int(row["features"]["amount"] > 0)} for row in rows], "labels", Kind.LABELS)
        small.round()
        newest = small.service.decisions.of(small.watched.id)[0]
        assert newest["action"] == "retrain", newest["reason"]
        small.service.decisions.approve(newest["id"], wall_clock(), actor="ann", note="")
        return int(newest["id"])

    return made


def bring(world: Any) -> None:
    """Let what waits run."""
    Courier(
        world.service.database, Trainer(world.service, wall_clock), wall_clock, "me", topics=(TRAINING,), lease="trainer", at_once=1
    ).round()


def test_a_better_model_is_trained_proved_and_waits_for_a_person(small: Any, arranged: Any, tmp_path: Path) -> None:
    """From the rows that were received, with their labels; asked again it is not trained again."""
    decision = arranged()
    for _ in range(2):
        bring(small)
        training = small.service.trainings.by_decision(decision)
        assert (training["state"], training["challenger"]) == ("proved", "1"), training["sentence"]
    assert training["proof"]["passes"] is True
    assert "a person begins the rollout" in training["sentence"]
    assert len(list((tmp_path / ".driftline/runs/churn").glob("*/run.json"))) == 1
    papers = {path.name for path in (tmp_path / ".driftline").rglob("papers/1/*")}
    assert papers == {"confusion_matrix.json", "drift.md", "gate.json", "gate.md"}
    assert int(next((tmp_path / ".driftline").rglob("attempt-1/*/rows")).read_text()) < 300
    actions = [one["action"] for one in small.service.board.trail(before=None, limit=10)]
    assert {"training.training", "training.proving", "training.proved", "decision.approve"} <= set(actions)


def test_a_training_that_was_interrupted_is_taken_up(small: Any, arranged: Any, tmp_path: Path) -> None:
    """Whoever died after the run or before the gate: the same run, the same version, and nothing is trained twice."""
    decision = arranged()
    bring(small)
    for stage in (Stage.TRAINING, Stage.PROVING):
        small.service.trainings.advance(1, wall_clock(), stage, "the process died here")
        Trainer(small.service, wall_clock)._run(small.service.trainings.by_decision(decision))
        training = small.service.trainings.by_decision(decision)
        assert (training["state"], training["challenger"]) == ("proved", "1"), training["sentence"]
    assert len(list((tmp_path / ".driftline/runs/churn").rglob("exit.json"))) == 1


def test_a_program_that_outlived_the_service_is_waited_for(small: Any, arranged: Any, tmp_path: Path) -> None:
    """While it holds its lock the training is put off, and is no failure; then it goes on."""
    decision = arranged()
    bring(small)
    small.service.trainings.advance(1, wall_clock(), Stage.PROVING, "the service died here")
    trainer, letter = Trainer(small.service, wall_clock), SimpleNamespace(body={"decision": decision})
    with ExitStack() as programs:
        for path in (tmp_path / ".driftline").rglob("*.lock"):
            programs.enter_context(held(path, "asking the model"))
        with pytest.raises(OutsideError, match="is under way"):
            trainer.deliver("", letter)
    assert small.service.trainings.by_decision(decision)["state"] == "proving"
    trainer.deliver("", letter)
    assert small.service.trainings.by_decision(decision)["state"] == "proved"


def test_a_worse_model_is_refused(small: Any, arranged: Any) -> None:
    """The gate's sentence is kept; nothing is released."""
    decision = arranged(score="float(x < 0)")
    bring(small)
    training = small.service.trainings.by_decision(decision)
    assert training["state"] == "refused"
    assert training["proof"]["passes"] is False
    assert training["rollout"] is None


@pytest.mark.parametrize(
    ("train", "said"), [("raise SystemExit('no disk')", "failed"), ("pass", "nothing"), ("import nothing_of_that_name", "missing package")]
)
def test_a_run_that_fails_ends_with_its_reason(small: Any, arranged: Any, train: str, said: str) -> None:
    """Nobody has to look for it in a log."""
    decision = arranged(train=train)
    bring(small)
    training = small.service.trainings.by_decision(decision)
    assert training["state"] == "failed"
    assert said in training["sentence"]


def test_a_training_that_is_asked_to_end_does_not_begin(small: Any, arranged: Any) -> None:
    """Whoever asked before its turn is heard."""
    decision = arranged()
    training = small.service.trainings.by_decision(decision)
    assert small.service.trainings.stop(training["id"], wall_clock(), actor="bob")
    bring(small)
    assert small.service.trainings.by_decision(decision)["state"] == "cancelled"


def test_a_run_that_is_on_is_ended(small: Any, arranged: Any) -> None:
    """Its program is stopped, and the training says so."""
    decision = arranged(train="print('on', flush=True)\nimport time\ntime.sleep(60)")
    running = Thread(target=bring, args=(small,))
    running.start()
    while running.is_alive() and not small.service.trainings.stop(1, wall_clock(), actor="bob"):
        running.join(0.05)
    running.join(50)
    training = small.service.trainings.by_decision(decision)
    assert (training["state"], training["sentence"][:9]) in [("cancelled", "cancelled"), ("cancelled", "somebody ")]


def test_what_came_over_http_is_not_run(small: Any, arranged: Any) -> None:
    """Whoever may send YAML may not run programs here."""
    decision = arranged()
    home = small.service.uploads
    home.mkdir(parents=True, exist_ok=True)
    small.service.watch(small.watched.yaml, str(home), wall_clock(), actor="test", name="churn")
    bring(small)
    training = small.service.trainings.by_decision(decision)
    assert training["state"] == "failed"
    assert "came over HTTP" in training["sentence"]


def test_with_a_gateway_the_rollout_begins_and_goes_on_by_itself(small: Any, arranged: Any, tmp_path: Path) -> None:
    """From the gate over the shadow to promotion, by what the gateway recorded and the labels that came."""
    more = f"rollout: {{records: {tmp_path / 'records'}, canary: [0.5], samples: 10, step: 1 minute, aims: {{accuracy: 0.2}}}}"
    decision = arranged(more=more)
    bring(small)
    training = small.service.trainings.by_decision(decision)
    assert training["state"] == "releasing", training["sentence"]
    assert (training["state"], training["rollout"]["step"]) == ("releasing", 0)
    steward = Steward(small.service, wall_clock, "me")
    assert steward.round() == 0
    from driftline.release.rollout import tell
    from driftline.rollout.rollout import Action

    specification = small.service.library.specification(small.watched.yaml, str(tmp_path))
    tell(specification, Action.PROMOTE, wall_clock(), "ann", "it is good")
    assert steward.round() == 1
    released = small.service.trainings.by_decision(decision)
    assert released["state"] == "released"
    assert released["deployed"] is not None
    tell(specification, Action.ROLL_BACK, wall_clock(), "ann", "it is not")
    assert steward.round() == 1
    assert small.service.trainings.by_decision(decision)["state"] == "taken back"
    assert load(place_of(specification)) is not None


@pytest.mark.browser
def test_a_person_begins_the_rollout_with_one_press(
    browser: Any, face: Any, small: Any, arranged: Any, token: Any, served: Any, opened: Any
) -> None:
    """Of a challenger that passed the gate; the page then shows its first step, and the training is being released."""
    decision = arranged()
    bring(small)
    with served(face) as url, opened(browser, url, token("operator"), "/models/churn/rollout") as page:
        page.get_by_role("button", name="Begin the rollout of version 1").click()
        page.get_by_text("Running: shadow").first.wait_for()
        page.goto(f"{url}/models/churn/rollout")
        assert "Version 1 of churn" in page.get_by_role("heading", level=1).inner_text()
    assert small.service.trainings.by_decision(decision)["state"] == "releasing"
