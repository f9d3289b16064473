"""What goes wrong becomes a problem as RFC 9457 has it: a status, a title, what happened, and the next step."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from driftline.errors import ConfigError, DataError, DriftlineError, OutsideError, PluginError, StateError
from driftline.server.logs import LOG, REQUEST

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA = "application/problem+json"
STATUSES: dict[type[DriftlineError], int] = {ConfigError: 422, DataError: 422, StateError: 409, PluginError: 500, OutsideError: 503}
"""Who must act decides the status: the sender, nobody just now, or we."""

RETRY_AFTER = "1"


class Refusal(DataError):
    """A request that cannot be done, with the HTTP status that says so."""

    def __init__(self, status: int, fact: str, *, hint: str = "") -> None:
        super().__init__(fact, hint=hint)
        self.status = status


def problem(status: int, fact: str, *, hint: str = "", headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """A response that says what is wrong."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": fact}
    if hint:
        body["hint"] = hint
    if REQUEST.get():
        body["instance"] = f"urn:request:{REQUEST.get()}"
    return JSONResponse({**body, **more}, status, headers=headers, media_type=MEDIA)


def status_of(error: DriftlineError) -> int:
    """The HTTP status of one of our errors."""
    return error.status if isinstance(error, Refusal) else next(code for kind, code in STATUSES.items() if isinstance(error, kind))


def of_error(error: DriftlineError) -> JSONResponse:
    """The problem that one of our errors is."""
    status = status_of(error)
    headers = {}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = RETRY_AFTER
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.error("request failed", extra={"why": str(error)})
    return problem(status, error.fact, hint=error.hint, headers=headers)


async def _ours(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  as Starlette calls it
    return of_error(error) if isinstance(error, DriftlineError) else problem(500, "something went wrong")


async def _http(request: Request, error: Exception) -> JSONResponse:
    status, detail, headers = 500, "", None
    if isinstance(error, HTTPException):
        status, detail, headers = error.status_code, str(error.detail), dict(error.headers or {})
    if status == HTTPStatus.NOT_FOUND:
        detail = f"there is nothing at {request.url.path[:200]!r}"
    return problem(status, detail, headers=headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  as Starlette calls it
    errors = error.errors() if isinstance(error, RequestValidationError) else []
    said = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in errors]
    return problem(422, "; ".join(f"{one['where']}: {one['what']}" for one in said), errors=said)


def install(app: FastAPI) -> None:
    """Answer every error of an app as a problem."""
    app.add_exception_handler(DriftlineError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
