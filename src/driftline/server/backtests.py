"""Routes for backtests: what retraining policies would have cost a model, as `driftline backtest --json` printed it."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.face import face_of, found, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.store.backtests import Backtests
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(prefix="/monitors/{name}/backtest", tags=["decisions"], responses=problems(401, 403, 404, 429, 503))
LARGEST = 4 << 20
"""Bytes of a backtest; one of a thousand windows has a tenth of it."""

BODY = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Backtest"}}}}
"""How the body is described; it is read by our own hands, so that no more of it is read than is allowed."""

Name = Annotated[str, Path(description="The monitor's name.", min_length=1, max_length=200)]
Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Operator = Annotated[Token, Depends(may(Role.OPERATOR))]


@ROUTES.get("")
def backtest(request: Request, name: Name, token: Viewer) -> schemas.KeptBacktest:  # noqa: ARG001  asked for its effect
    """The newest backtest, and who sent it."""
    face = face_of(request)
    kept = Backtests(face.service.database).of(found(face.service, name).id)
    if kept is None:
        raise Refusal(404, f"there is no backtest of {name!r}", hint="make one with driftline backtest --json, and POST it here")
    return schemas.KeptBacktest(backtest=schemas.Backtest.model_validate(kept.said), actor=kept.actor, came=kept.came)


@ROUTES.post("", status_code=204, responses=problems(413, 422), openapi_extra={"requestBody": BODY})
async def keep(request: Request, name: Name, token: Operator) -> None:
    """Show a backtest on the page of decisions, in the place of the one before: send what `driftline backtest --json` prints."""
    face = face_of(request)
    watched = await run_in_threadpool(found, face.service, name)
    said = await _read(request)
    kept = Backtests(face.service.database)
    await run_in_threadpool(kept.keep, watched.id, name, said.model_dump(by_alias=True), face.clock(), actor=actor(token))


async def _read(request: Request) -> schemas.Backtest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Refusal(413, f"the backtest is larger than {LARGEST >> 20} MB", hint="replay fewer windows, or longer ones")
    try:
        return await run_in_threadpool(schemas.Backtest.model_validate_json, bytes(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        fact = f"{place[:200].encode(errors='replace').decode() or 'the body'}: {first['msg']}"
        raise Refusal(422, fact, hint="send what driftline backtest --json prints") from error
