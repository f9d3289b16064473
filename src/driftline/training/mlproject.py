"""Trains by an MLflow project: `python -m driftline.training.mlproject PROJECT [ENTRY]`.

The entry point's parameters are `rows`, `output`, `champion` and `reason`; it runs in the environment at hand (`env_manager=local`), as
a child of this process, so that limits and cancelling hold for it too.
"""

from __future__ import annotations

import sys
from importlib import import_module

from driftline.training.remote import asked


def main() -> int:
    """Run the entry point, and wait."""
    project, *entry = sys.argv[1:3]
    key, told = asked()
    try:
        projects = import_module("mlflow.projects")  # slow to import, and an extra
    except ModuleNotFoundError as error:
        print(f"ModuleNotFoundError: {error}", file=sys.stderr)  # noqa: T201  the run's log; the supervisor reads it
        return 1
    parameters = {word: value for word, value in told.items() if value}
    run = projects.run(project, entry[0] if entry else "main", parameters=parameters, env_manager="local", run_name=f"driftline-{key}")
    print(f"MLflow run {run.run_id}: {run.get_status()}")  # noqa: T201  the run's log
    return 0


if __name__ == "__main__":
    sys.exit(main())
