"""A day's payments through a real gateway, and the wait until they are written down."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from driftline import paper
from driftline.rehearsal.servers import gateway
from driftline.rehearsal.traffic import day_rows, follow, send, weights, written

if TYPE_CHECKING:
    from pathlib import Path


class Echo(BaseHTTPRequestHandler):
    """A model that says what x is."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def do_POST(self) -> None:
        """Answer."""
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))["dataframe_records"]
        body = json.dumps({"predictions": [row["x"] for row in rows]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_every_payment_is_answered_and_written_once(tmp_path: Path) -> None:
    """Without what the feed said of the model, with its own time; in a shadow twice, the second time where no monitor looks."""
    times = [datetime(2026, 3, 1, hour=hour, tzinfo=UTC) for hour in range(20)]
    names = [str(place) for place in range(20)]
    day = pa.table({"ts": times, "id": names, "x": [float(place) for place in range(20)], "model_score": [0.5] * 20})
    pq.write_table(day, tmp_path / "day.parquet")
    rows = day_rows(tmp_path / "day.parquet")
    assert rows[0] == {"paid_at": times[0], "id": "0", "x": 0.0}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()
    model, state = f"http://127.0.0.1:{server.server_address[1]}", tmp_path / "state.json"
    options = ["--champion", model, "--challenger", model, "--state", str(state), "--spool", str(tmp_path / "records"), "--id", "id"]
    try:
        with gateway(options) as url:
            assert send(url, rows, 3) == 20
            assert (weights(url)["challenger"], written(url)) == (0.0, 20)
            paper.write(state, {"rollout": "r", "step": 2, "weights": {"challenger": 0.0, "mirrored": True}})
            follow(url, "r", 2)
            assert send(url, rows, 5) == 20
            assert written(url) == 60
    finally:
        server.shutdown()
        server.server_close()
    answered, aside = (lines(tmp_path, where) for where in ("records/*.jsonl", "records/aside/*.jsonl"))
    assert [len(answered), len(aside)] == [40, 20]
    assert all(float(one["id"]) == one["score"] for one in (*answered, *aside))
    assert {one["model"] for one in aside} == {"challenger"}


def lines(place: Path, where: str) -> list[dict[str, Any]]:
    """Records."""
    return [json.loads(line) for file in place.glob(where) for line in file.read_text().splitlines()]
