"""`kill -9` at any moment from the decision to the promotion: one champion, one training, the weights that are stored."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.gateway.settings import Stored
from driftline.release.filed import load, place_of
from driftline.release.retrain import models
from driftline.rollout.rollout import Promoted, weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.config.specification import Specification

HERE = Path(__file__).parent
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "OPENBLAS_NUM_THREADS": "1"}
LONGEST = 600.0
"""Seconds that one whole way may take on a busy machine."""


class Lives:
    """Processes that go from the decision to the promotion, one after the other, most of them killed."""

    def __init__(self, forks: subprocess.Popen[str], specification: Specification, settings: dict[str, Any], place: Path) -> None:
        self._forks, self._settings, self.place = forks, settings, place
        self.specification = specification
        self.round = 0

    def live(self, seconds: float | None) -> bool:
        """One life, ended after so long, or by itself; whether it came to its end."""
        done = self.place / "done"
        done.unlink(missing_ok=True)
        reason = f"round {self.round}"
        pid, until = self._begin(reason), time.monotonic() + (LONGEST if seconds is None else seconds)
        while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            time.sleep(0.002)
        killed = Path(f"/proc/{pid}").exists()
        if killed:
            os.kill(pid, signal.SIGKILL)
            while Path(f"/proc/{pid}").exists():
                time.sleep(0.002)
        over = done.exists() and done.read_text() == reason
        assert over or killed, "a life ended by itself before its end"
        self.round += over
        return over

    def _begin(self, reason: str) -> int:
        assert self._forks.stdin is not None
        assert self._forks.stdout is not None
        self._forks.stdin.write(json.dumps({"settings": self._settings, "place": str(self.place), "reason": reason}) + "\n")
        self._forks.stdin.flush()
        return int(self._forks.stdout.readline())

    def aliases(self) -> dict[str, str]:
        """Versions by alias. MLflow's are read where it keeps them, for it complains too much to be loaded among tests."""
        database = self.place / "mlflow.db"
        if not database.exists():
            return models(self.specification).aliases("shop")
        with closing(sqlite3.connect(database)) as line:
            return {alias: str(version) for alias, version in line.execute("select alias, version from registered_model_aliases")}

    def check(self) -> None:
        """What holds at every moment."""
        aliases = self.aliases()
        filed = load(place_of(self.specification))
        gateway = Stored(str(place_of(self.specification)))
        gateway.look()
        if filed is None:
            assert aliases["champion"] == "1"
            assert (gateway.share.challenger, gateway.share.mirrored) == (0.0, False)
            return
        parts = weights(filed.state, filed.plan)
        assert (gateway.share.challenger, gateway.share.mirrored) == (parts.challenger, parts.mirrored)
        # Promoted in the file and not yet in the registry is the one thing that may stand, and is noted there.
        settled = isinstance(filed.state, Promoted) and not filed.pending
        assert aliases["champion"] == filed.challenger if settled else int(aliases["champion"]) <= int(filed.challenger)

    def trainings(self) -> list[str]:
        """What was trained, one entry each time that a training came to its end."""
        return (self.place / "trained.log").read_text().splitlines()


def killed(lives: Lives, kills: int) -> None:
    """Kill, look, go on; then let the last one come to its end."""
    dice = np.random.default_rng(kills)
    assert lives.live(None)
    assert lives.aliases() == {"champion": "1"}
    began = time.monotonic()
    assert lives.live(None)
    whole, dead, lived = time.monotonic() - began, 0, 0
    while dead < kills:
        # Every tenth is let live: on a machine that grew slow no other would come to its end.
        lived += 1
        dead += not lives.live(None if lived % 10 == 0 else float(dice.uniform(0, whole)))
        lives.check()
    assert lives.live(None)
    lives.check()
    # Every round made one model, and the last one is the champion.
    assert lives.aliases() == {"champion": str(lives.round), "previous": str(lives.round - 1)}
    trained = lives.trainings()
    assert len(trained) == len(set(trained)) == lives.round


@pytest.mark.slow
@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.soak)])
@pytest.mark.parametrize("registry", ["folder", "mlflow"])
def test_a_kill_at_any_moment(
    shop: Callable[..., Specification], shop_settings: dict[str, Any], tmp_path: Path, kills: int, registry: str
) -> None:
    """Models in a folder, and in MLflow: never two champions, never none, no training twice, traffic as it is stored."""
    settings = {"rollout": {"canary": [0.5], "aims": {"accuracy": 0.05}}, "gate": {"metric": "roc_auc", "margin": 0.05}}
    if registry == "mlflow":
        if find_spec("mlflow") is None:
            pytest.skip("mlflow is not installed")
        settings["training"] = {**shop_settings["training"], "registry": {"mlflow": f"sqlite:///{tmp_path}/mlflow.db"}}
    specification = shop(**settings)
    with (tmp_path / "train.py").open("a") as file:
        file.write('\nwith open("trained.log", "a") as log:\n    log.write(os.environ["DRIFTLINE_RUN"] + "\\n")\n')
    command, environ = (
        [sys.executable, str(HERE / "victim.py"), registry],
        {**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src"), **QUIET},
    )
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ, cwd=tmp_path) as forks:
        killed(Lives(forks, specification, {**shop_settings, **settings}, tmp_path), kills)
        assert forks.stdin is not None
        forks.stdin.close()
