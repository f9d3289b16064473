"""How long the service takes for each page: with 1,000 models, and for one of 500 columns in 365 windows.

    python bench/bench_pages.py

Prints the median and the greatest time of ten requests in milliseconds, and the page's size in kilobytes.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import uvicorn

from driftline.pages.glance import detail, glance, pack
from driftline.server.face import wall_clock
from driftline.server.serving import Settings, running
from driftline.server.session import COOKIE
from driftline.store.glances import Judgement
from driftline.store.pressed import press
from driftline.store.tables import profiles, windows

MODELS, COLUMNS, WINDOWS, TIMES = 1000, 500, 365, 10
START = datetime(2026, 1, 1, tzinfo=UTC)
STATISTICS = ("psi", "shift", "spread", "null", "tail", "unseen")


def score(dice: np.random.Generator, name: str) -> dict[str, Any]:
    """A score as JSON has it."""
    value, low, high, p_value = (float(x) for x in dice.random(4))
    said = {"statistic": name, "value": value, "threshold": 0.1, "p_value": p_value, "effect": value, "interval": [low, high]}
    return {**said, "floor": 0.1, "detectable": 0.2, "verdict": None}


def column(dice: np.random.Generator, at: int) -> dict[str, Any]:
    """A column's report: one in twenty drifted."""
    verdict = "drifted" if not at % 20 else "stable"
    said = {
        "name": f"column_{at:03}",
        "kind": "number",
        "role": "feature",
        "verdict": verdict,
        "since": None,
        "worst": "psi",
        "weight": 1.0,
    }
    said |= {"reason": "moved up by 0.41 sd (0.3 to 0.52), median 1.2 to 1.7", "cause": "changed", "concern": "input drift", "seen": True}
    return {**said, "importance": None, "rows_needed": None, "scores": [score(dice, name) for name in STATISTICS]}


def report(dice: np.random.Generator, label: str) -> dict[str, Any]:
    """A report about one window."""
    metric = {"metric": "roc_auc", "title": "area under the ROC curve", "better": "higher", "decides": True, "verdict": "stable"}
    metric |= {"cause": "no change that matters", "reason": "stable", "since": None, "rows": 900, "coverage": 0.9, "estimate": None}
    value = float(dice.normal(0.8, 0.01))
    metric |= {"value": value, "interval": [value - 0.02, value + 0.02], "reference": 0.8, "worsening": 0.8 - value, "floor": 0.02}
    metric |= {"worsening_interval": [0.0, 0.01], "p_value": 0.5, "threshold": 0.77, "detectable": 0.03, "rows_needed": None}
    part = {"label": label, "start": None, "end": None, "segment": None, "rows": 1000, "verdict": "drifted", "reason": "moved"}
    part |= {"performance": [{**metric, "per_day": None, "change": None}], "operations": [], "labels": None, "diagnosis": []}
    part["columns"] = [column(dice, at) for at in range(COLUMNS)]
    said = {"verdict": "drifted", "reason": "some columns moved", "since": None, "promise": "", "findings": []}
    return {**said, "reference": {"rows": 3000}, "windows": [part]}


def fill(service: Any, home: Path) -> None:
    """A thousand models that stand somehow, and a large one."""
    dice, now = np.random.default_rng(0), wall_clock()
    pq.write_table(pa.table({f"column_{at:03}": dice.normal(size=2000) for at in range(COLUMNS)}), home / "reference.parquet")
    big = service.watch("monitor: big\nreference: reference.parquet\nwindow: day", str(home), now, actor="bench")
    learnt = service.library.learn(big, now, timedelta(0))
    profile = next(iter(learnt.reference.profiles.values()))
    counted = press(profile)
    kept = service.gallery._kept  # noqa: SLF001  the bench writes what the worker would
    for at in range(WINDOWS):
        label = f"{START + timedelta(days=at):%Y-%m-%d}"
        cut = json.dumps({"index": at, "label": label, "start": None, "end": None})
        row = {
            "monitor_id": big.id,
            "label": label,
            "cut": cut,
            "position": at,
            "rows": 1000,
            "revision": 1,
            "stale": False,
            "way": learnt.way,
        }
        row |= {
            "changed": now,
            "counted": now,
            "judged_revision": 1,
            "judged_version": 1,
            "judged": now,
            "verdict": "drifted",
            "reason": "",
        }
        with service.database.writing() as tx:
            ident = tx.execute(windows.insert().values(**row)).inserted_primary_key[0]
            tx.execute(profiles.insert().values(window_id=ident, way=learnt.way, segment="", rows=1000, body=counted))
        told = report(dice, label)
        kept.keep(Judgement(ident, big.id, at, 1, 1, told), pack(glance(told)), detail(told, {None: profile}))
    service.gallery.catch_up(now)
    standing = {**kept_standing(service, big.id), "verdict": "stable"}
    for at in range(MODELS - 1):
        one = service.fleet.put(f"model-{at:04}", f"monitor: model-{at}\nreference: r.parquet", "/", now, actor="bench")
        kept.stand(one.id, standing, now)


def kept_standing(service: Any, ident: int) -> dict[str, Any]:
    """How the large model stands, made as the worker makes it."""
    from driftline.pages.standing import standing  # noqa: PLC0415  only here

    found = service.gallery.history("big", ident, 60)
    told = standing(found)
    service.gallery._kept.stand(ident, told, wall_clock())  # noqa: SLF001  as above
    return dict(told)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place, running(Settings(data=Path(place) / "data", interval=None)) as (app, face):
        fill(face.service, Path(place))
        text = face.service.tokens.make("bench", "admin", wall_clock(), actor="bench")
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={COOKIE: text}, timeout=60)
        last = f"{START + timedelta(days=WINDOWS - 1):%Y-%m-%d}"
        paths = ["/", "/?sort=judged&page=9", "/models/big?windows=365", "/models/big", f"/models/big/window?window={last}"]
        paths += [f"/models/big/column?window={last}&column=column_007&windows={many}" for many in (90, 365)]
        for path in [*paths, "/models/big/data", "/incidents", "/data", "/settings", "/models/big/settings"]:
            took, size = [], 0
            for _ in range(TIMES):
                begin = time.perf_counter()
                answer = client.get(path)
                took.append((time.perf_counter() - begin) * 1000)
                size = len(answer.content)
                answer.raise_for_status()
            print(f"{statistics.median(took):7.0f} ms  {max(took):7.0f} ms  {size / 1000:7.0f} kB  {path}")


if __name__ == "__main__":
    main()
