"""A stored rollout from its start to its end, with records on disk and a registry."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.config.specification import specify
from driftline.errors import OutsideError, StateError
from driftline.registries.aliases import promotion
from driftline.rehearsal.servers import gateway
from driftline.release.filed import Filed, load, place_of
from driftline.release.prove import prove
from driftline.release.records import Reader
from driftline.release.retrain import Request, models, retrain
from driftline.release.rollout import look, start, status, tell
from driftline.rollout.rollout import Aborted, Action, Paused, Promoted, Reason, RolledBack, Running, weights
from driftline.server.steward import INTERVAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from driftline.config.specification import Specification

NOW = datetime(2026, 4, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROMISED = 10.0
"""Seconds from the evidence to the rollback."""

ROLLOUT: dict[str, Any] = {"canary": [0.5], "aims": {"accuracy": 0.05}, "samples": 100}


SETTINGS: dict[str, Any] = {"rollout": ROLLOUT, "gate": {"metric": "roc_auc", "margin": 0.05}}


@pytest.fixture(scope="session")
def challenged(shop_in: Callable[..., Specification], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with a champion and a challenger, made once."""
    place = tmp_path_factory.mktemp("challenged")
    with_challenger(shop_in(place, **SETTINGS))
    return place


@pytest.fixture(scope="session")
def passed(challenged: Path, shop_in: Callable[..., Specification], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same when its challenger has passed the gate."""
    place = tmp_path_factory.mktemp("passed")
    shutil.copytree(challenged, place, dirs_exist_ok=True)
    assert prove(shop_in(place, **SETTINGS), NOW, lambda _: None).passes
    return place


@pytest.fixture
def ready(challenged: Path, shop: Callable[..., Specification], tmp_path: Path) -> Specification:
    """A shop with a champion and a challenger."""
    shutil.copytree(challenged, tmp_path, dirs_exist_ok=True)
    return shop(**SETTINGS)


@pytest.fixture
def proved(passed: Path, shop: Callable[..., Specification], tmp_path: Path) -> Specification:
    """The shop when its challenger was proved."""
    shutil.copytree(passed, tmp_path, dirs_exist_ok=True)
    return shop(**SETTINGS)


def with_challenger(specification: Specification) -> None:
    """Train a champion and a challenger."""
    retrain(specification, Request(reason="first"), NOW, lambda _: None)
    models(specification).change("shop", "1", promotion)
    assert retrain(specification, Request(reason="second"), NOW, lambda _: None).version == "2"


def spooled(specification: Specification, filed: Filed, requests: int, wrong: float, errors: float = 0.0) -> None:
    """Write what a gateway would have written of a step: the champion is right nine times in ten."""
    dice, folder = np.random.default_rng([requests, filed.step]), specification.releasing.directory.parent / "spool"
    folder.mkdir(exist_ok=True)
    table = pq.read_table(specification.releasing.directory.parent / "rows.parquet")
    labels = dict(zip(table["id"].to_pylist(), table["label"].to_pylist(), strict=True))
    shadow = filed.step == 0
    lines = []
    for number in range(requests):
        given = "challenger" if not shadow and number % 2 else "champion"
        for model in ("champion", "challenger") if shadow else (given,):
            bad = dice.random() < (wrong if model == "challenger" else 0.1)
            failed = model == "challenger" and dice.random() < errors
            said = {"prediction": int(bad ^ labels[str(number)])}
            told = {"id": str(number), "entity": str(number), "rollout": filed.rollout, "step": filed.step, "model": model, "dealt": given}
            lines.append({**told, "error": failed, "null": False, "slow": False, **({} if failed else said)})
    written(folder / f"{filed.step}-{requests}.jsonl", lines)


def written(path: Path, lines: list[dict[str, Any]]) -> None:
    """Write a file of records in the time of the tests, not in that of the machine."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    at = (NOW + timedelta(days=1)).timestamp()
    os.utime(path, (at, at))


def begun(specification: Specification) -> Filed:
    """Start."""
    return start(specification, NOW, spool=str(specification.releasing.directory.parent / "spool"))


def test_a_good_challenger_is_promoted_step_by_step(proved: Specification) -> None:
    """Shadow, canary, promoted: weights and registry follow, the history says why, and a new one may be trained only then."""
    filed = begun(proved)
    assert (filed.step, weights(filed.state, filed.plan).mirrored) == (0, True)
    with pytest.raises(StateError, match="is being released"):
        retrain(proved, Request(reason="third"), NOW, lambda _: None)
    with pytest.raises(StateError, match="is being released"):
        begun(proved)
    spooled(proved, filed, 3000, 0.1)
    assert look(proved, NOW + HOUR / 2).reason is Reason.GATHERING
    filed = look(proved, NOW + HOUR)
    assert (filed.step, filed.reason) == (1, Reason.PASSED)
    spooled(proved, filed, 8000, 0.1)
    filed = look(proved, NOW + 2 * HOUR)
    assert isinstance(filed.state, Promoted), filed.reason
    assert models(proved).aliases("shop") == {"champion": "2", "previous": "1"}
    assert load(place_of(proved)) == filed == status(proved)
    assert [event["reason"] for event in filed.history] == ["STARTED", "PASSED", "PROMOTED"]


@pytest.mark.parametrize(("wrong", "errors", "reason"), [(0.3, 0.0, Reason.HARM), (0.1, 0.1, Reason.ERRORS)])
def test_a_bad_challenger_is_taken_back(proved: Specification, wrong: float, errors: float, reason: Reason) -> None:
    """Worse answers or failures roll it back in the middle of the step, and the registry forgets it as challenger."""
    filed = begun(proved)
    spooled(proved, filed, 2000, wrong, errors)
    filed = look(proved, NOW + HOUR / 4)
    assert (type(filed.state), filed.reason) == (RolledBack, reason)
    assert weights(filed.state, filed.plan).champion == 1
    assert models(proved).aliases("shop") == {"champion": "1"}
    assert look(proved, NOW + HOUR) == filed
    with pytest.raises(StateError, match="cannot promote now"):
        tell(proved, Action.PROMOTE, NOW, "ann")


def test_nothing_shown_is_never_promoted(proved: Specification) -> None:
    """Without evidence a step is made longer, then waits for a person."""
    begun(proved)
    found = [look(proved, NOW + hours * HOUR) for hours in (1, 2, 3, 4)]
    assert [filed.reason for filed in found] == [Reason.EXTENDED, Reason.EXTENDED, Reason.UNDECIDED, Reason.WAITS]
    assert isinstance(found[-1].state, Paused)
    filed = tell(proved, Action.PROMOTE, NOW + 5 * HOUR, "ann", "I looked at it")
    assert isinstance(filed.state, Promoted)
    assert filed.history[-1]["by"] == "ann"
    back = tell(proved, Action.ROLL_BACK, NOW + 6 * HOUR, "ann")
    assert isinstance(back.state, RolledBack)
    assert models(proved).aliases("shop") == {"champion": "1"}


def test_after_promotion_it_is_still_watched(proved: Specification) -> None:
    """A challenger that breaks when it has all of the traffic is taken back, and the one before answers again."""
    begun(proved)
    filed = tell(proved, Action.PROMOTE, NOW, "ann")
    assert models(proved).aliases("shop")["champion"] == "2"
    told = {
        "entity": "a",
        "rollout": filed.rollout,
        "step": filed.step,
        "model": "challenger",
        "dealt": "challenger",
        "null": False,
        "slow": False,
    }
    lines = [{**told, "id": str(n), "error": n % 5 == 0} for n in range(2000)]
    folder = proved.releasing.directory.parent / "spool"
    folder.mkdir()
    written(folder / "a.jsonl", lines)
    filed = look(proved, NOW + HOUR)
    assert (type(filed.state), filed.reason) == (RolledBack, Reason.ERRORS)
    assert models(proved).aliases("shop") == {"champion": "1"}


def test_what_was_not_proved_is_not_released(ready: Specification) -> None:
    """The gate comes first."""
    with pytest.raises(StateError, match="was not held against the gate"):
        begun(ready)
    with pytest.raises(StateError, match="was never rolled out"):
        status(ready)


KILLED = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from driftline.errors import OutsideError, StateError
from driftline.release.rollout import start, tell
from driftline.rollout.rollout import Action
specification = specify(json.loads(sys.argv[1]), {}, directory=Path(sys.argv[2]))
now = datetime(2026, 4, 1, tzinfo=UTC)
print("on", flush=True)
while True:
    for does in (lambda: start(specification, now, version="2"), *(
        (lambda action=action: tell(specification, action, now, "ann"))
        for action in (Action.PAUSE, Action.RESUME, Action.PROMOTE, Action.ROLL_BACK)
    )):
        try:
            does()
        except StateError:
            pass
        print(".", flush=True)
"""


def killed_at_random(specification: Specification, often: int, settings: dict[str, Any]) -> None:
    """Kill -9 while it is started, paused, promoted and taken back; after each, one champion, and weights that are the state's."""
    dice = np.random.default_rng(3)
    place = specification.releasing.directory.parent
    for _ in range(often):
        command = [sys.executable, "-c", KILLED, json.dumps(settings), str(place)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(1 + int(dice.integers(0, 12))):
                process.stdout.read(1)
            process.kill()
        filed = load(place_of(specification))
        stored = json.loads(place_of(specification).read_text()) if filed else None
        aliases = models(specification).aliases("shop")
        assert aliases["champion"] in {"1", "2"}
        if filed is None or stored is None:
            continue
        parts = weights(filed.state, filed.plan)
        assert stored["weights"] == {"champion": parts.champion, "challenger": parts.challenger, "mirrored": parts.mirrored}
        settled = look(specification, NOW)
        assert settled.pending == ""
        assert weights(settled.state, settled.plan) == parts
        after = models(specification).aliases("shop")["champion"]
        assert after == ("2" if isinstance(settled.state, Promoted) else "1")
        assert isinstance(settled.state, Running | Paused | Promoted | RolledBack | Aborted)


@pytest.mark.slow
def test_a_kill_at_any_moment(proved: Specification, shop_settings: dict[str, Any]) -> None:
    """Four kills."""
    killed_at_random(proved, 4, {**shop_settings, "rollout": ROLLOUT})


@pytest.mark.soak
def test_two_hundred_kills(proved: Specification, shop_settings: dict[str, Any]) -> None:
    """The same, two hundred times."""
    killed_at_random(proved, 200, {**shop_settings, "rollout": ROLLOUT})


def test_labels_decide_what_is_right(proved: Specification) -> None:
    """Where labels are not in the data, nothing is shown, and that is said."""
    filed = begun(proved)
    spooled(proved, filed, 3000, 0.1)
    table = pq.read_table(proved.releasing.directory.parent / "rows.parquet")
    pq.write_table(table.set_column(4, "label", pa.nulls(len(table), pa.int64())), proved.releasing.directory.parent / "rows.parquet")
    found = look(proved, NOW + HOUR)
    assert found.reason is Reason.EXTENDED
    assert re.fullmatch(r"the challenger was asked [1-9][\d,]* times, \w+ not known: 0 rows with labels.*", found.seen)


def test_a_traffic_layer_of_ones_own_does_what_is_stored(
    passed: Path, shop: Callable[..., Specification], haproxy: Any, tmp_path: Path
) -> None:
    """A real HAProxy splits as the rollout says; what it forgot, or did not hear because it was away, it is told at the next look."""
    layer = {"haproxy": str(haproxy.socket), "backend": "models"}
    shutil.copytree(passed, tmp_path, dirs_exist_ok=True)
    specification = shop(**{**SETTINGS, "rollout": {**ROLLOUT, "shadow": False, "traffic": layer}})
    assert begun(specification).unrouted == ""
    assert 45 <= haproxy.answers(100)["challenger"] <= 55
    haproxy.stop()
    haproxy.start()
    assert look(specification, NOW + HOUR / 4).unrouted == ""
    assert 45 <= haproxy.answers(100)["challenger"] <= 55
    haproxy.stop()
    filed = tell(specification, Action.ROLL_BACK, NOW + HOUR / 2, "ann")
    assert isinstance(filed.state, RolledBack)
    assert "does not answer" in filed.unrouted
    assert load(place_of(specification)) == filed
    haproxy.start()
    assert look(specification, NOW + HOUR).unrouted == ""
    assert haproxy.answers(20) == {"champion": 20, "challenger": 0}


def test_a_registry_that_is_away_holds_nothing_up(proved: Specification) -> None:
    """Weights hold at once, and hard limits go on; the registry is told when it is there again."""
    begun(proved)
    place = proved.releasing.directory / "models"
    away = place.rename(place.with_name("elsewhere"))
    place.write_text("a disk that is not there")
    filed = tell(proved, Action.PROMOTE, NOW, "ann")
    assert (type(filed.state), filed.pending, "does not answer" in filed.trouble) == (Promoted, "promote", True)
    filed = look(proved, NOW + HOUR)
    assert (filed.reason, filed.pending) == (Reason.WATCHED, "promote")
    with pytest.raises(OutsideError):
        begun(proved)
    place.unlink()
    away.rename(place)
    filed = look(proved, NOW + HOUR)
    assert (filed.pending, filed.trouble) == ("", "")
    assert models(proved).aliases("shop") == {"champion": "2", "previous": "1"}


def test_a_look_leaves_room_for_the_next(proved: Specification) -> None:
    """What a step recorded in a busy while is looked at in less than the ten seconds that a rollback may take leave beside the pause."""
    filed = begun(proved)
    spooled(proved, filed, 10_000, 0.3)
    began = time.monotonic()
    assert isinstance(look(proved, NOW + HOUR / 4).state, RolledBack)
    assert time.monotonic() - began < PROMISED - INTERVAL


@pytest.mark.soak
def test_it_is_rolled_back_within_ten_seconds_of_the_evidence(
    proved: Specification, shop_settings: dict[str, Any], tmp_path: Path, serving: Callable[..., AbstractContextManager[str]]
) -> None:
    """With a real gateway, looked at as often as the service looks: a challenger breaks, and soon nobody gets it any more."""
    settings = {**shop_settings, "rollout": {**ROLLOUT, "shadow": False}, "gate": {"metric": "roc_auc", "margin": 0.05}}
    specification = specify(settings, {}, directory=tmp_path)
    broken, state = Event(), place_of(proved)
    with serving(answering(Event())) as champion, serving(answering(broken)) as challenger:
        filed = start(specification, datetime.now(UTC), spool=str(tmp_path / "records"))
        options = ["--champion", champion, "--challenger", challenger, "--state", str(state), "--spool", str(tmp_path / "records")]
        with gateway(options) as url:
            assert given(url) == weights(filed.state, filed.plan).challenger == 0.5
            steward = Thread(target=looked_after, args=(specification,))
            steward.start()
            for number in range(100):
                asked(url, number)
            broken.set()
            for number in range(100, 200):
                asked(url, number)
            # Every second answer of the challenger is an error by now: that is on record, and nothing more comes.
            evidence = time.monotonic()
            while given(url) > 0 and time.monotonic() - evidence < 60:
                time.sleep(0.05)
            took = time.monotonic() - evidence
            steward.join(60)
    ended = load(state)
    assert ended is not None
    assert isinstance(ended.state, RolledBack)
    assert took < PROMISED


def looked_after(specification: Specification) -> None:
    """Look at a rollout as the service does, until it is over."""
    reader = Reader(Path(status(specification).spool))
    while look(specification, datetime.now(UTC), reader).running:
        time.sleep(INTERVAL)


def answering(broken: Event) -> type[BaseHTTPRequestHandler]:
    """A model server that answers, until it is broken."""

    class Model(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"score": 0.5, "prediction": 1}'
            self.send_response(500 if broken.is_set() else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            return

    return Model


def asked(url: str, number: int) -> None:
    """One request; whatever becomes of the challenger, it is answered."""
    headers = {"Content-Type": "application/json", "X-Request-Id": str(number)}
    with urlopen(urllib.request.Request(f"{url}/score", b'{"x": 1.0}', headers), timeout=10) as said:
        assert json.loads(said.read())["score"] == 0.5


def given(url: str) -> float:
    """The challenger's part of the traffic, as the gateway deals it now."""
    with urlopen(f"{url}/driftline/weights", timeout=10) as said:
        return float(json.loads(said.read())["challenger"])
