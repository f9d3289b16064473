"""Trains by a run of an Airflow DAG: `python -m driftline.training.airflow URL DAG`.

The run's `conf` has `rows`, `output`, `champion` and `reason`; its id is the request's, so that asking twice makes one run. A token is
taken from DRIFTLINE_AIRFLOW_TOKEN, or asked for with DRIFTLINE_AIRFLOW_USER and DRIFTLINE_AIRFLOW_PASSWORD (Airflow 3, `/api/v2`).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from driftline.errors import DriftlineError, OutsideError
from driftline.training.remote import Told, Wire, asked, follow, sorry

if TYPE_CHECKING:
    from collections.abc import Mapping

OVER = frozenset({"success", "failed"})
TOKEN, USER, PASSWORD = "DRIFTLINE_AIRFLOW_TOKEN", "DRIFTLINE_AIRFLOW_USER", "DRIFTLINE_AIRFLOW_PASSWORD"


class Airflow:
    """The runs of one DAG.

    Args:
        wire: to the API server.
        dag: the DAG's id.
    """

    def __init__(self, wire: Wire, dag: str) -> None:
        self._wire = wire
        self._runs = f"/api/v2/dags/{quote(dag, safe='')}/dagRuns"

    def find(self, name: str) -> Told | None:
        """A run by its id."""
        return _told(self._wire.ask("GET", f"{self._runs}/{name}"))

    def begin(self, name: str, asked: Mapping[str, str]) -> Told:
        """Begin a run with this id; Airflow refuses a second."""
        begun = self._wire.ask("POST", self._runs, {"dag_run_id": name, "logical_date": None, "conf": dict(asked)})
        found = _told(begun) or self.find(name)
        if found is None:
            raise OutsideError(f"there is no DAG at {self._runs}", hint="see that it is there; it is asked again")
        return found

    def cancel(self, name: str) -> None:
        """Mark it as failed, which ends its tasks."""
        self._wire.ask("PATCH", f"{self._runs}/{name}", {"state": "failed"})


def connected(url: str, environ: Mapping[str, str]) -> Wire:
    """A wire with a token; without one where nobody gives what it takes."""
    token = environ.get(TOKEN, "")
    if not token and USER in environ:
        told = {"username": environ[USER], "password": environ.get(PASSWORD, "")}
        token = str((Wire(url, {}).ask("POST", "/auth/token", told) or {}).get("access_token", ""))
    return Wire(url, {"Authorization": f"Bearer {token}"} if token else {})


def _told(found: Any) -> Told | None:
    if not found:
        return None
    state = str(found.get("state"))
    return Told(state in OVER, state == "success", state, str((found.get("conf") or {}).get("output", "")))


def main() -> int:
    """Have the DAG run, and wait."""
    try:
        url, dag = sys.argv[1:3]
        return follow(Airflow(connected(url, os.environ), dag), *asked())
    except (DriftlineError, ValueError) as error:
        return sorry(error)


if __name__ == "__main__":
    sys.exit(main())
