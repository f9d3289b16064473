"""The API as a whole: who may do what, what a problem looks like, and that no request makes it stumble."""

from __future__ import annotations

import json
import random
import string
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from driftline.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

ROLES = ("sender", "viewer", "operator", "admin")


def operations(api: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation that OpenAPI tells of."""
    described = api.get("/v1/openapi.json").json()
    return [(method.upper(), path, said) for path, methods in described["paths"].items() for method, said in methods.items()]


def filled(path: str, value: str = "churn") -> str:
    """A path with its blanks filled in."""
    parts = [value if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


def test_openapi_tells_of_everything(api: Any) -> None:
    """The description names each route, how to authenticate, and what a problem looks like."""
    described = api.get("/v1/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert {"/v1/models/{model}/predictions", "/v1/monitors/{name}/windows", "/metrics", "/health/ready"} <= set(described["paths"])
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "detail" in described["components"]["schemas"]["Problem"]["properties"]
    assert all(said.get("summary") for _, _, said in operations(api))


def test_nothing_but_health_is_open(api: Any) -> None:
    """Without a token every route under /v1, and the metrics, answer 401 and say how to send one."""
    for method, path, _ in operations(api):
        if path.startswith("/health"):
            continue
        answer = api.request(method, filled(path))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        assert answer.json()["hint"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/models/churn/predictions", {"sender", "operator", "admin"}),
        ("GET", "/v1/monitors", {"viewer", "operator", "admin"}),
        ("GET", "/metrics", {"viewer", "operator", "admin"}),
        ("GET", "/v1/monitors/churn/dead-letters", {"operator", "admin"}),
        ("DELETE", "/v1/monitors/churn", {"operator", "admin"}),
        ("GET", "/v1/tokens", {"admin"}),
        ("GET", "/v1/audit", {"admin"}),
    ],
)
def test_roles(api: Any, token_of: Callable[[str], dict[str, str]], method: str, path: str, allowed: set[str]) -> None:
    """Each role may do its own work and no other."""
    answers = {role: api.request(method, path, headers=token_of(role)).status_code for role in ROLES}
    assert {role for role, status in answers.items() if status != 403} == allowed


def test_a_problem_is_one_as_rfc_9457_has_it(api: Any, admin: dict[str, str]) -> None:
    """It has its own media type, status, title, detail, a hint, and the request's id."""
    answer = api.get("/v1/monitors/chrun", headers={**admin, "X-Request-Id": "abc-1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no monitor 'chrun'",
        "hint": "did you mean 'churn'?",
        "instance": "urn:request:abc-1",
    }


def test_what_is_not_there_is_a_problem_too(api: Any, admin: dict[str, str]) -> None:
    """An unknown path, a wrong method, and a wrong parameter are told in the same form."""
    for answer, status in (
        (api.get("/v1/nothing"), 404),
        (api.put("/v1/audit", headers=admin), 405),
        (api.get("/v1/monitors?limit=0", headers=admin), 422),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status


def test_a_mistake_of_ours_is_told_without_its_insides(api: Any, admin: dict[str, str], face: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw becomes a 500 that shows no code."""

    def stumble(*args: object, **given: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(type(face.service.board), "trail", stumble)
    answer = api.get("/v1/audit", headers=admin)
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal Server Error")
    assert "secret" not in answer.text


def odd_text(dice: random.Random) -> str:
    """A text that somebody might send who means no good."""
    chosen = ["' or 1=1; --", "../../etc/passwd", "%00", "\x00", "🂡", "a" * 3000, "${HOME}", "{{7*7}}", "-1", "1e400", "null", "\ud800", ""]
    return dice.choice([*chosen, "".join(dice.choices(string.printable, k=dice.randint(1, 30)))])


def odd_body(dice: random.Random) -> bytes:
    """Likewise a body."""
    nested = "[" * 20_000
    made: Any = {dice.choice(["name", "role", "ids", "since", "yaml", "features", "id", "value"]): odd_value(dice) for _ in range(3)}
    choices = [json.dumps(made), json.dumps([made, odd_value(dice)]), nested, "{", "", "\x80", '{"a": 1e999}', '{"a": NaN}', "9" * 5000]
    return dice.choice(choices).encode(errors="surrogatepass")


def odd_value(dice: random.Random) -> Any:
    """Any JSON value."""
    return dice.choice([None, True, -1, 2**70, 1.5, odd_text(dice), [1, [2]], {"a": {}}, ["2026-01-01"], "2026-01-01T00:00:00Z", [10**25]])


@pytest.mark.parametrize("face", ["world"], indirect=True)
def test_no_request_makes_the_service_stumble(api: Any, admin: dict[str, str], url: str | None) -> None:
    """Whatever is sent to whichever route, in path, query, headers or body, the answer is never a 500."""
    dice = random.Random(11)
    every = [one for one in operations(api) if not (one[0] == "DELETE" and "token" in one[1])]
    for _ in range(600):
        method, path, said = dice.choice(every)
        value = "churn" if dice.random() < 0.5 else quote(odd_text(dice).encode(errors="surrogatepass"), safe="")
        wanted = {one["name"]: odd_text(dice) for one in said.get("parameters", []) if one["in"] == "query" and dice.random() < 0.7}
        kind = dice.choice(
            ["application/json", "application/x-ndjson", "application/vnd.apache.arrow.stream", "application/yaml", "text/odd"]
        )
        headers = {**admin, "Content-Type": kind}
        if dice.random() < 0.2:
            headers["Content-Encoding"] = dice.choice(["gzip", "zstd", "br"])
        if dice.random() < 0.3:
            headers["Idempotency-Key"] = dice.choice(["k", "k" * 500, "ü".encode("latin-1").decode("latin-1")])
        request = api.build_request(method, filled(path, value), params=clean(wanted), headers=encoded(headers), content=odd_body(dice))
        answer = api.send(request)
        assert answer.status_code < 500, (method, path, value, wanted, request.content, answer.text)


def clean(wanted: dict[str, str]) -> dict[str, str]:
    """Without what a URL cannot hold at all."""
    return {name: value.encode(errors="replace").decode() for name, value in wanted.items()}


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes."""
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


@pytest.mark.parametrize("face", ["world"], indirect=True)
def test_no_request_that_the_description_allows_makes_the_service_stumble(face: Any, admin: dict[str, str], url: str | None) -> None:
    """Nor one that it forbids: Schemathesis makes requests from the OpenAPI, and whatever it makes, the answer is never a 500."""
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_app(face))
    answers: Counter[int] = Counter()
    few = settings(
        max_examples=4, database=None, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    for found in schema.get_all_operations():
        operation = found.ok()

        @few
        @given(case=operation.as_strategy(), known=st.booleans())
        def ask(case: Any, known: bool) -> None:  # noqa: FBT001  as Hypothesis calls it
            if known and case.method != "DELETE":
                # A monitor that there is: behind it lies more than behind a 404.
                case.path_parameters |= {key: "churn" for key in case.path_parameters if key in {"name", "model"}}
            answer = case.call(headers=admin)
            answers[answer.status_code] += 1
            assert answer.status_code < 500, (case.method, case.path, case.path_parameters, case.query, case.body, answer.text)

        ask()
    assert {200, 202, 404, 422} <= answers.keys()


def test_the_log_has_a_line_for_each_request(api: Any, admin: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """With the request's id, its path and how it ended; intake that went well is only counted."""
    with caplog.at_level("INFO", "driftline"):
        api.get("/v1/monitors", headers={**admin, "X-Request-Id": "r-7"})
        api.post("/v1/models/churn/predictions", json={"features": {"amount": 1}}, headers=admin)
    assert [(line.path, line.status) for line in caplog.records if hasattr(line, "path")] == [("/v1/monitors", 200)]


def test_a_strange_request_id_is_not_taken_over(api: Any) -> None:
    """An id that could break a log is replaced by our own."""
    answer: httpx.Response = api.get("/health/live", headers={"X-Request-Id": "a" * 1000})
    assert len(answer.headers["x-request-id"]) < 100
