"""Problems: each of our errors has a status, and says who must act."""

from __future__ import annotations

import inspect
import json

from driftline import errors
from driftline.server.problems import Refusal, of_error, problem


def test_every_error_has_a_status() -> None:
    """Also those that are still to come: whatever descends from ours."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.DriftlineError)]
    statuses = {kind.__name__: of_error(kind("a fact", hint="a hint")).status_code for kind in kinds if kind is not errors.DriftlineError}
    assert statuses["ConfigError"] == statuses["SchemaMismatch"] == 422
    assert (statuses["StateError"], statuses["OutsideError"], statuses["PluginError"]) == (409, 503, 500)


def test_who_should_come_again_is_told_when() -> None:
    """Where the world failed, or somebody asks too often."""
    assert of_error(errors.OutsideError("gone")).headers["retry-after"] == "1"
    assert of_error(Refusal(429, "too often")).headers["retry-after"] == "1"
    assert "retry-after" not in of_error(errors.ConfigError("wrong")).headers
    assert of_error(Refusal(401, "who?")).headers["www-authenticate"] == "Bearer"


def test_a_problem_says_what_is_needed_and_no_more() -> None:
    """A hint only where there is one; further members where they are given."""
    assert json.loads(bytes(problem(404, "gone", errors=[1]).body)) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "gone",
        "errors": [1],
    }
