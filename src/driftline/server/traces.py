"""Traces: a span for each request and each step of the cycle, sent by OTLP where an endpoint is set; nothing at all where none is."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from driftline.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of the environment by which OpenTelemetry is told where to send."""

NAME = "driftline"
FAILED = 500


class Tracer:
    """Makes spans and sends them, some at a time, from a thread of its own.

    The exporter reads the environment as OpenTelemetry has it: endpoint, headers, compression, how long to wait.

    Raises:
        PluginError: the packages are not installed.
    """

    def __init__(self) -> None:
        try:
            from opentelemetry import propagate, trace  # noqa: PLC0415  an extra
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  as above
            from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415  as above
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  as above
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  as above
        except ImportError as error:
            raise PluginError(f"the package {error.name!r} is not installed", hint="pip install 'driftline[telemetry]'") from error
        provider = TracerProvider(resource=_resource(Resource, SERVICE_NAME), shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._provider = provider
        self._tracer = provider.get_tracer(NAME)
        self._trace, self._propagate = trace, propagate

    def span(self, name: str, **about: str | int) -> AbstractContextManager[Any]:
        """A span around some work; what the work raises is noted in it."""
        return self._tracer.start_as_current_span(name, attributes=about)

    def answering(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager[Any]:
        """A span around an answer; it goes on with the caller's trace where the headers name one."""
        context = self._propagate.extract(headers)
        return self._tracer.start_as_current_span(name, context=context, kind=self._trace.SpanKind.SERVER)

    def steps(self, worker: Any, name: str) -> Any:
        """The same object, each call of which is a span."""
        return Steps(self, worker, name)

    def close(self) -> None:
        """Send what waits."""
        self._provider.shutdown()


def _resource(resource: Any, key: str) -> Any:
    """What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say; our own name where they say none."""
    found = resource.create()
    unnamed = str(found.attributes.get(key, "unknown_service")).startswith("unknown_service")
    return found.merge(resource({key: NAME})) if unnamed else found


class Steps:
    """Something whose calls are spans."""

    def __init__(self, tracer: Tracer, inner: Any, name: str) -> None:
        self._tracer = tracer
        self._inner = inner
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        @wraps(found)
        def called(*args: Any, **given: Any) -> Any:
            with self._tracer.span(f"{self._name} {name}"):
                return found(*args, **given)

        return called


def tracing(environ: Mapping[str, str]) -> Tracer | None:
    """What makes spans; None where nobody wants any.

    Raises:
        PluginError: somebody does, and the packages are not installed.
    """
    return Tracer() if any(environ.get(name) for name in ENDPOINTS) and environ.get("OTEL_SDK_DISABLED", "").lower() != "true" else None


class Spans:
    """Around every request: a span with its route and how it ended."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with self._tracer.answering(scope["method"], headers) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = str(scope.get("driftline_route") or getattr(scope.get("route"), "path", "none"))
                    span.update_name(f"{scope['method']} {route}")
                    ident = next((value.decode() for name, value in message["headers"] if name == b"x-request-id"), "")
                    said = {"http.request.method": scope["method"], "http.route": route, "http.response.status_code": message["status"]}
                    span.set_attributes({**said, "url.path": scope["path"][:500], "driftline.request.id": ident})
                await send(message)

            await self._app(scope, receive, sending)
