"""Routes for people: signing in, the fleet, and what all pages share: their frame, their policy, and troubles told as a page."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from driftline.errors import DriftlineError
from driftline.pages.fleet import Asked, acts, fleet
from driftline.pages.look import POLICY, asset, render
from driftline.pages.rollout import standing
from driftline.reports.wording import clean
from driftline.server.face import Face, Provider, face_of
from driftline.server.problems import Refusal, status_of
from driftline.server.releasing import rollouts
from driftline.server.session import Seat, SignIn, form_of, next_place, seated, sign_in, sign_out
from driftline.store.tokens import Role

OIDC = "driftline-oidc"
"""The cookie of somebody who is at the provider."""

ROOMS = (("/", "Fleet"), ("/incidents", "Incidents"), ("/data", "Data"), ("/settings", "Settings"))
"""The places that the head of every page names."""

KEPT = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
GUARD = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Viewer = Annotated[Seat, Depends(seated(Role.VIEWER))]
Operator = Annotated[Seat, Depends(seated(Role.OPERATOR))]
Admin = Annotated[Seat, Depends(seated(Role.ADMIN))]
LISTED = 300
"""So many models are named on pages that are not about models."""


class Door(APIRoute):
    """A route whose troubles are pages: somebody who has not signed in is asked to, and everything else is said in words."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI asks."""
        inner = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await inner(request)
            except SignIn:
                wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                place = str(request.url_for("sign_in_page").include_query_params(next=wanted)) if request.method == "GET" else "/signin"
                return RedirectResponse(place, 303, headers=GUARD)
            except DriftlineError as error:
                return trouble(request, status_of(error), error.fact, error.hint)
            except RequestValidationError as error:
                return trouble(request, 422, "; ".join(one["msg"] for one in error.errors()), "go back")

        return answer


ROUTES = APIRouter(include_in_schema=False, route_class=Door)


def shown(request: Request, seat: Seat | None, template: str, values: dict[str, Any], status: int = 200) -> Response:
    """A page in its frame."""
    theme = request.cookies.get("theme", "")
    frame = {
        "seat": seat,
        "rooms": ROOMS,
        "here": request.url.path,
        "theme": theme if theme in {"light", "dark"} else "",
        "notice": request.query_params.get("notice", "")[:300],
    }
    return HTMLResponse(render(template, {**frame, **values}), status, headers=GUARD)


def models_by_name(face: Face) -> dict[str, Any]:
    """The first models by name, each with its address, and how many more there are."""
    listed = face.service.gallery.fleet()
    named = [(f"/models/{quote(one.name, safe='')}", clean(one.name)) for one in listed[:LISTED]]
    return {"models": named, "rest": max(len(listed) - LISTED, 0)}


def trouble(request: Request, status: int, fact: str, hint: str = "") -> Response:
    """What went wrong, as a page."""
    titles = {403: "That may not be", 404: "There is nothing here", 429: "Too often", 503: "The database is away"}
    said = {"title": titles.get(status, "That did not work"), "fact": fact[:1].upper() + fact[1:], "hint": hint}
    return shown(request, None, "trouble.html", said, status)


@ROUTES.get("/assets/{name}")
def assets(request: Request, name: str) -> Response:
    """Style sheet, scripts and the plotting library: named by what is in them, and kept by the browser for ever."""
    found = asset(name)
    if found is None:
        raise Refusal(404, f"there is no asset {name[:100]!r}", hint="load the page again")
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.media, headers={**KEPT, "Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.media, headers=KEPT)


@ROUTES.get("/signin")
def sign_in_page(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:  # noqa: A002  the parameter's name in the URL
    """Where a token is asked for."""
    return _sign_in_page(request, next_place(next))


@ROUTES.get("/signin/oidc")
def to_provider(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:  # noqa: A002  as above
    """Send somebody to the provider who knows them."""
    begun = _door(request).begin(str(request.url_for("from_provider")), next_place(next))
    response = RedirectResponse(begun.address, 303, headers=GUARD)
    secure = request.url.scheme == "https"
    response.set_cookie(OIDC, begun.cookie, max_age=600, httponly=True, samesite="lax", secure=secure, path="/signin/oidc")
    return response


@ROUTES.get("/signin/oidc/back")
async def from_provider(request: Request) -> Response:
    """Take somebody whom the provider sends back."""
    door, cookie = _door(request), request.cookies.get(OIDC, "")
    back, answer = str(request.url_for("from_provider")), dict(request.query_params)
    try:
        text, wanted = await run_in_threadpool(door.finish, back, cookie, answer)
    except DriftlineError as error:
        page = _sign_in_page(request, "/", f"{error.fact[:1].upper()}{error.fact[1:]}.", status_of(error))
        page.delete_cookie(OIDC, path="/signin/oidc")
        return page
    token = await face_of(request).gate.holder(text, Role.VIEWER)
    response = RedirectResponse(wanted, 303, headers=GUARD)
    response.delete_cookie(OIDC, path="/signin/oidc")
    await run_in_threadpool(sign_in, response, request, text, token)
    return response


def _door(request: Request) -> Provider:
    door = face_of(request).door
    if door is None:
        raise Refusal(404, "nobody named a provider to sign in with", hint="start driftline serve with --oidc")
    return door


def _sign_in_page(request: Request, wanted: str, wrong: str = "", status: int = 200) -> Response:
    said = {"title": "Sign in", "next": wanted, "wrong": wrong, "oidc": face_of(request).door is not None}
    return shown(request, None, "signin.html", said, status)


@ROUTES.post("/signin")
async def let_in(request: Request) -> Response:
    """Take a token, and go where somebody wanted to."""
    fields = await form_of(request)
    text, wanted = fields.get("token", [""])[0].strip(), next_place(fields.get("next", ["/"])[0])
    try:
        token = await face_of(request).gate.holder(text, Role.VIEWER)
    except Refusal as refused:
        told = refused.fact[:1].upper() + refused.fact[1:] + "."
        return _sign_in_page(request, wanted, told, refused.status)
    response = RedirectResponse(wanted, 303, headers=GUARD)
    await run_in_threadpool(sign_in, response, request, text, token)
    return response


@ROUTES.post("/signout")
async def let_out(request: Request, seat: Viewer) -> Response:
    """Sign out."""
    await form_of(request, seat)
    response = RedirectResponse("/signin", 303, headers=GUARD)
    await run_in_threadpool(sign_out, response, request, seat)
    return response


@ROUTES.get("/")
def fleet_page(
    request: Request,
    seat: Viewer,
    search: Annotated[str, Query(max_length=200)] = "",
    verdict: Annotated[str, Query(max_length=20)] = "",
    sort: Annotated[str, Query(max_length=20)] = "urgency",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """Every model; what to do next, where there is none."""
    face = face_of(request)
    listed = face.service.gallery.fleet()
    if not listed:
        said = {"title": "Begin", "url": str(request.base_url).rstrip("/"), "demo": face.demonstration.state}
        return shown(request, seat, "first.html", {**said, "may_change": seat.may(Role.OPERATOR)})
    asked = Asked(search, verdict, sort, page)
    came = face.service.gallery.came([one.id for one in listed if one.standing is None])
    told = fleet(listed, face.service.gallery.firing(), asked, done(face), released(face), came)
    return shown(request, seat, "fleet.html", {"title": "Fleet", "demo": face.demonstration.state, **told})


def done(face: Face) -> dict[int, dict[str, Any]]:
    """What was decided last about each model, and how far its last training is."""
    trainings = face.service.trainings.latest()
    return {ident: acts(made, trainings.get(ident)) for ident, made in face.service.decisions.newest().items()}


def released(face: Face) -> dict[int, str]:
    """Where the rollout of each model stands: one that is on, or one that no training of the service led to."""
    trained = face.service.trainings.latest()
    return {ident: standing(one) for ident, one in rollouts(face.service).items() if one.running or ident not in trained}


@ROUTES.post("/demo")
async def demo(request: Request, seat: Operator) -> Response:
    """Simulate a model and watch it."""
    await form_of(request, seat)
    await run_in_threadpool(face_of(request).demonstration.start, seat.actor)
    return RedirectResponse("/", 303, headers=GUARD)
