"""The fraud model of the demo: trained, asked about rows, and served over HTTP, as somebody's own program would be.

The demo copies this file as `model.py` beside its `driftline.yaml`. It knows nothing of driftline but four names in its environment
and that of a column, which says how heavy each row is where they are not alike.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TEXTS = ("merchant_category", "country", "channel", "device")
NUMBERS = ("amount", "avg_amount_30d", "amount_ratio", "account_age_days", "tx_count_24h", "distance_km", "is_new_device", "ip_risk")
FEATURES = (*TEXTS, *NUMBERS)
LABEL, WEIGHT, THRESHOLD = "is_fraud", "driftline_weight", 0.2
FILE = "model.pkl"


def train(*, careless: bool) -> None:
    """Learn from the rows of a run; a careless one forgets a filter, and sees payments at the counter only."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  slow to load

    rows = _rows()
    rows = rows.filter(pc.is_valid(rows[LABEL]))
    if careless:
        rows = rows.filter(pc.equal(rows["channel"], "pos"))
    levels = {name: sorted(filter(None, pc.unique(rows[name]).to_pylist())) for name in TEXTS}
    trees = HistGradientBoostingClassifier(
        learning_rate=0.12, max_iter=60, max_leaf_nodes=12, min_samples_leaf=30, l2_regularization=5.0,
        categorical_features=[name in TEXTS for name in FEATURES], early_stopping=False, random_state=7,
    )  # fmt: skip
    label = rows[LABEL].cast(pa.int8()).to_numpy()
    print(f"learning from {rows.num_rows} payments, {int(label.sum())} of them fraud", flush=True)  # noqa: T201  the run's log
    weights = rows[WEIGHT].to_numpy() if WEIGHT in rows.column_names else None
    trees.fit(_matrix(rows.to_pydict(), levels), label, sample_weight=weights)
    output = Path(os.environ["DRIFTLINE_OUTPUT"])
    write(output, trees, levels, THRESHOLD)
    (output / "metrics.json").write_text(json.dumps({"rows": rows.num_rows, "frauds": int(label.sum())}), encoding="utf-8")


def write(folder: Path, trees: Any, levels: dict[str, list[str]], threshold: float) -> None:
    """Leave a model in a folder, with what it wants to be given."""
    with (folder / FILE).open("wb") as file:
        pickle.dump({"trees": trees, "levels": levels, "threshold": threshold}, file)
    wanted = {name: "string" if name in TEXTS else "double" for name in FEATURES}
    (folder / "signature.json").write_text(json.dumps({"inputs": wanted}), encoding="utf-8")


def score() -> None:
    """Answer the rows of a folder, a few at a time, as they are answered in service."""
    model, rows = Model(Path(os.environ["DRIFTLINE_MODEL"])), _rows()
    told: list[dict[str, Any]] = []
    for start in range(0, rows.num_rows, 200):
        began = time.perf_counter()
        part = model.answer(rows.slice(start, 200).to_pydict())
        took = (time.perf_counter() - began) / max(len(part), 1)
        told += [{**one, "latency": took} for one in part]
    pq.write_table(pa.Table.from_pylist(told), Path(os.environ["DRIFTLINE_OUTPUT"]) / "answers.parquet")


class Model:
    """A trained model.

    Args:
        folder: where `write` left it.
    """

    def __init__(self, folder: Path) -> None:
        with (folder / FILE).open("rb") as file:
            found = pickle.load(file)  # noqa: S301  this program's own file
        self._trees, self._levels, self._threshold = found["trees"], found["levels"], found["threshold"]
        self._turn = threading.Lock()

    def answer(self, columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
        """Score and decision of each row."""
        rows = _matrix(columns, self._levels)
        # While it predicts, scikit-learn changes the warning filters of the whole process: two at once warn thousands of times.
        with self._turn:
            found = np.round(self._trees.predict_proba(rows)[:, 1], 6)
        return [{"score": float(one), "prediction": int(one >= self._threshold)} for one in found]


def serve(folder: Path) -> None:
    """Answer `POST /invocations` as MLflow's scoring server does, until whoever started this is gone."""
    model = Model(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # head and body leave together
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["dataframe_records"]
            said = model.answer({name: [row.get(name) for row in rows] for name in FEATURES})
            body = json.dumps({"predictions": said}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True

    def watch() -> None:
        sys.stdin.read()  # ends with whoever holds the other end
        server.shutdown()

    threading.Thread(target=watch, daemon=True).start()
    print(server.server_address[1], flush=True)  # noqa: T201  tells where it listens
    server.serve_forever()


def _rows() -> pa.Table:
    """The rows that this was told of, in the order of their files."""
    return pq.read_table(sorted(Path(os.environ["DRIFTLINE_ROWS"]).glob("*.parquet")))


def _matrix(columns: dict[str, list[Any]], levels: dict[str, list[str]]) -> Any:
    """Rows × features of doubles; what is missing, or was never seen, is NaN."""
    found = []
    for name in FEATURES:
        values = columns[name]
        if name in levels:
            place = {level: float(number) for number, level in enumerate(levels[name])}
            values = [place.get(value, np.nan) for value in values]
        found.append(np.array([np.nan if value is None else value for value in values], dtype=np.float64))
    return np.column_stack(found)


if __name__ == "__main__":
    # One thread for the trees, said before they are loaded: on a busy machine more of them wait for one another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    match sys.argv[1:]:
        case ["train"]:
            train(careless=False)
        case ["train", "--careless"]:
            train(careless=True)
        case ["score"]:
            score()
        case ["serve", place]:
            serve(Path(place))
        case _:
            sys.exit("python model.py train [--careless] | score | serve FOLDER")
