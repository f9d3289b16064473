"""Traces: spans of requests and of the cycle reach whoever listens where the environment says; without an endpoint there are none."""

from __future__ import annotations

import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from driftline.server.app import create_app
from driftline.server.serving import Settings, running
from driftline.server.traces import tracing
from driftline.server.worker import Worker
from driftline.services.cycle import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """All spans that a receiver of OTLP over HTTP is sent."""
    pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry is not installed")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    spans: list[Any] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    spans.extend((resource.resource, span) for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        yield spans
        server.shutdown()
        thread.join()


async def ask(app: Any, *requests: tuple[str, str, dict[str, str]]) -> list[httpx.Response]:
    """Ask the app in this process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        return [await client.request(method, path, headers=headers, content=b"[]") for method, path, headers in requests]


def test_requests_are_spans(tmp_path: Path, received: list[Any]) -> None:
    """With their route, how they ended, and the caller's trace; those that bring rows too."""
    import asyncio

    with running(Settings(data=tmp_path / "data", interval=None)) as (app, _):
        answers = asyncio.run(
            ask(app, ("GET", "/health/live", {"traceparent": PARENT}), ("POST", "/v1/models/none/predictions", {}), ("GET", "/nothing", {}))
        )
    found = {span.name: span for _, span in received}
    assert set(found) == {"GET /health/live", "POST /models/{model}/predictions", "GET none"}
    assert found["GET /health/live"].trace_id.hex() == PARENT.split("-")[1]
    said = {one.key: one.value for one in found["POST /models/{model}/predictions"].attributes}
    assert said["http.response.status_code"].int_value == answers[1].status_code == 401
    assert said["driftline.request.id"].string_value == answers[1].headers["x-request-id"]
    (service,) = {one.value.string_value for resource, _ in received for one in resource.attributes if one.key == "service.name"}
    assert service == "driftline"


def test_steps_of_the_cycle_are_spans(small: Any, rows_of: Any, received: list[Any]) -> None:
    """Those of one turn lie in its span, which names the monitor."""
    small.send(rows_of(0, 60), "a")
    tracer = tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "set"})
    assert tracer is not None
    assert Worker(small.service, AT_ONCE, lambda: small.watched.created + timedelta(days=1), threads=1, tracer=tracer).round().judged == 1
    tracer.close()
    (turn,) = [span for _, span in received if span.name == "turn of the cycle"]
    assert [one.value.string_value for one in turn.attributes if one.key == "monitor"] == ["churn"]
    steps = {span.name for _, span in received if span.parent_span_id == turn.span_id}
    assert {"ledger gather", "ledger uncounted", "counting count", "ledger add", "ledger record"} <= steps


def test_without_an_endpoint_there_is_nothing(face: Any) -> None:
    """No span, and no layer around requests."""
    assert tracing({}) is None
    assert tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}) is None
    assert {one.cls.__name__ for one in create_app(face).user_middleware} == {"Told"}
