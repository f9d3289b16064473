"""Trains by a flow run of a Prefect deployment: `python -m driftline.training.prefect URL FLOW/DEPLOYMENT`.

URL is that of the API, such as `http://127.0.0.1:4200/api`. The flow's parameters are `rows`, `output`, `champion` and `reason`; the
request's name is Prefect's idempotency key. DRIFTLINE_PREFECT_KEY holds an API key, where one is asked for.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from driftline.errors import ConfigError, DriftlineError
from driftline.training.remote import Told, Wire, asked, follow, sorry

if TYPE_CHECKING:
    from collections.abc import Mapping

OVER = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
KEY = "DRIFTLINE_PREFECT_KEY"


class Prefect:
    """The runs of one deployment.

    Args:
        wire: to the API.
        deployment: `flow/deployment`.
    """

    def __init__(self, wire: Wire, deployment: str) -> None:
        self._wire, self._deployment = wire, deployment

    def find(self, name: str) -> Told | None:
        """A run by its idempotency key."""
        found = self._found(name)
        return _told(found) if found else None

    def begin(self, name: str, asked: Mapping[str, str]) -> Told:
        """Begin a run; Prefect gives back the one there is for the same key."""
        flow, _, deployment = self._deployment.partition("/")
        known = self._wire.ask("GET", f"/deployments/name/{quote(flow, safe='')}/{quote(deployment, safe='')}")
        if known is None:
            raise ConfigError(f"there is no deployment {self._deployment!r}", hint="write FLOW/DEPLOYMENT as prefect deployment ls has it")
        body = {"name": name, "idempotency_key": name, "parameters": dict(asked)}
        return _told(self._wire.ask("POST", f"/deployments/{known['id']}/create_flow_run", body))

    def cancel(self, name: str) -> None:
        """Ask it to be cancelled."""
        found = self._found(name)
        if found:
            self._wire.ask("POST", f"/flow_runs/{found['id']}/set_state", {"state": {"type": "CANCELLING"}})

    def _found(self, name: str) -> Any:
        asked = {"flow_runs": {"idempotency_key": {"any_": [name]}}, "limit": 1}
        return next(iter(self._wire.ask("POST", "/flow_runs/filter", asked) or ()), None)


def _told(found: Any) -> Told:
    state = found.get("state") or {}
    kind = str(state.get("type", "SCHEDULED"))
    why = f"{kind.lower()}: {state['message']}" if state.get("message") else kind.lower()
    return Told(kind in OVER, kind == "COMPLETED", why, str((found.get("parameters") or {}).get("output", "")))


def main() -> int:
    """Have the deployment run, and wait."""
    try:
        url, deployment = sys.argv[1:3]
        key = os.environ.get(KEY, "")
        return follow(Prefect(Wire(url, {"Authorization": f"Bearer {key}"} if key else {}), deployment), *asked())
    except (DriftlineError, ValueError) as error:
        return sorry(error)


if __name__ == "__main__":
    sys.exit(main())
