"""Routes that rows come in by. A 202 means that they are on the disk."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

import hashlib
import json
import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from driftline.errors import DriftlineError
from driftline.server.bodies import ARROW, LINES, expand, keep, read, too_large
from driftline.server.face import Face, face_of
from driftline.server.logs import fresh_id
from driftline.server.problems import Refusal, of_error
from driftline.server.schemas import Accepted, problems
from driftline.services.intake import Kind
from driftline.store.columns import table_of
from driftline.store.intake import Delivery, Receipt
from driftline.store.tokens import Role

ROUTES = APIRouter(tags=["intake"])
LITTLE = 1 << 14
"""Bodies of fewer bytes are read at once; larger ones by another thread."""

FEW = 50
"""Fewer rows become columns together with those of other requests."""

LONGEST_KEY = 200
PATH = re.compile(r"/v1/models/([^/]+)/(predictions|labels)")
ROW = {"type": "object", "additionalProperties": True}
BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"oneOf": [ROW, {"type": "array", "items": ROW}]}},
        LINES: {"schema": {"type": "string"}},
        ARROW: {"schema": {"type": "string", "format": "binary"}},
    },
}
PARAMETERS = [
    {
        "name": "model",
        "in": "path",
        "required": True,
        "description": "The monitor that watches the model.",
        "schema": {"type": "string", "minLength": 1},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The batch's id: however often it is sent, it is counted once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    },
]
ANSWERS = {202: {"model": Accepted, "description": "The rows are durable."}, **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)}


# FastAPI describes these two routes; `Shortcut` answers them, since what FastAPI does for each request takes as long as the rest.
@ROUTES.post(
    "/models/{model}/predictions",  # noqa: FAST003  read from the path by `Shortcut`
    status_code=202,
    response_model=None,
    responses=ANSWERS,
    openapi_extra={"requestBody": BODY, "parameters": PARAMETERS},
)
async def predictions(request: Request) -> Response:
    """Take predictions: a row, a list of rows, JSON Lines, or an Arrow stream."""
    return await _take(request, request.path_params["model"], Kind.PREDICTIONS)


@ROUTES.post(
    "/models/{model}/labels",  # noqa: FAST003  read from the path by `Shortcut`
    status_code=202,
    response_model=None,
    responses=ANSWERS,
    openapi_extra={"requestBody": BODY, "parameters": PARAMETERS},
)
async def labels(request: Request) -> Response:
    """Take labels: the id of a prediction and what turned out to be true. The last label of an id counts."""
    return await _take(request, request.path_params["model"], Kind.LABELS)


class Shortcut:
    """Answers the two routes by which rows come in, and leaves all else to the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["driftline_route"] = f"/models/{{model}}/{found[2]}"
        try:
            receipt = await _receive(Request(scope, receive), found[1], Kind(found[2]))
        except DriftlineError as error:
            await of_error(error)(scope, receive, send)
            return
        body = _said(receipt)
        head = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 202, "headers": head})
        await send({"type": "http.response.body", "body": body})


async def _take(request: Request, model: str, kind: Kind) -> Response:
    return Response(_said(await _receive(request, model, kind)), 202, media_type="application/json")


def _said(receipt: Receipt) -> bytes:
    said = {"batch": receipt.batch, "rows": receipt.rows, "refused": receipt.refused, "repeated": receipt.repeated}
    return json.dumps(said).encode()


async def _receive(request: Request, model: str, kind: Kind) -> Receipt:
    face = face_of(request)
    await face.gate.pass_(request, Role.SENDER)
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        fact = f"the Idempotency-Key has no or more than {LONGEST_KEY} signs, or some that cannot be shown"
        raise Refusal(422, fact, hint="use letters, digits and dashes")
    watched, names = await face.monitor(model)
    body = await _body(request, face)
    coding, form = request.headers.get("content-encoding", ""), request.headers.get("content-type", "")

    def make() -> Delivery:
        now = face.clock()
        data = expand(body, coding.strip().lower(), face.limits)
        found = keep(read(data, form, kind, names, now, face.limits), face.service.library.keeping(watched), face.service.hashed)
        digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        batch = key or fresh_id()
        # Where rows are written, all who wait would wait for this; and columns take a tenth of the room.
        rows = table_of(found.rows) if isinstance(found.rows, list) and len(found.rows) >= FEW else found.rows
        return Delivery(watched.id, watched.name, kind, batch, digest, rows, found.refused, now, named=key is not None)

    delivery = make() if len(body) < LITTLE and not coding else await face.aside(make)
    receipt = await face.written(delivery)
    face.meters.took(kind.value, receipt)
    return receipt


async def _body(request: Request, face: Face) -> bytes:
    """The body, as long as it is not too large."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > face.limits.body:
        raise too_large(face.limits.body)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > face.limits.body:
            raise too_large(face.limits.body)
        parts.append(part)
    return b"".join(parts)
