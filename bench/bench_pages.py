"""How long the service takes for each page, with 1,000 models and for one of 500 columns in 365 windows, and Chromium after it.

    python bench/bench_pages.py

An answer's time is the median of ten; beside it stands how much of it the processor worked, which a busy machine does not change.
"""

from __future__ import annotations

import json
import shutil
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
LAST = f"{START + timedelta(days=WINDOWS - 1):%Y-%m-%d}"
LARGE = ("/", "/models/big?windows=365", "/models/big/columns/column_007?windows=365")
PATHS = (
    *LARGE,
    "/?sort=judged&page=9",
    "/models/big",
    "/models/big/columns/column_007",
    f"/models/big/window?window={LAST}",
    f"/models/big/column?window={LAST}&column=column_007&windows=365",
    "/models/big/decisions",
    "/models/big/data",
    "/models/big/settings",
    "/incidents",
    "/data",
    "/settings",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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


def measured(client: httpx.Client, path: str) -> tuple[float, float, float]:
    """Median time of an answer and the processor's share of it, both in milliseconds, and the size in kilobytes."""
    took, busy, size = [], [], 0
    client.get(path).raise_for_status()
    for _ in range(TIMES):
        begin, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        took.append((time.perf_counter() - begin) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        answer.raise_for_status()
        size = len(answer.content)
    return statistics.median(took), statistics.median(busy), size / 1000


def interactive(page: Any, address: str) -> float:
    """Median time until a page in a browser says that it can be worked with, in milliseconds, of three visits."""
    seen = []
    for _ in range(3):
        page.goto(address)
        page.locator("body[data-ready]").wait_for(state="attached")
        seen.append(float(page.evaluate("document.body.dataset.ready")))
    return statistics.median(seen)


def look(url: str, token: str) -> None:
    """Ask for every page over HTTP, and look at the large ones with Chromium where there is one."""
    with httpx.Client(base_url=url, cookies={COOKIE: token}, timeout=60) as client:
        for path in PATHS:
            took, busy, size = measured(client, path)
            tell(f"{path}: answer", took, "ms", 300)
            tell(f"{path}: of which the processor works", busy, "ms", None)
            tell(f"{path}: size", size, "kB", 1000)
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  not everybody has a browser

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found)
        context = browser.new_context()
        context.add_cookies([{"name": COOKIE, "value": token, "url": url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in LARGE:
            tell(f"{path}: until it can be worked with", interactive(page, url + path), "ms", 1500)
        tell("complaints on the console", len(complaints), "", 0)
        browser.close()


def tell(what: str, value: float, unit: str, wanted: float | None) -> None:
    """One measurement, as `run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(value), "unit": unit, "wanted": wanted}), flush=True)


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
        look(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", text)
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
