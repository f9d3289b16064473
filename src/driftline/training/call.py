"""Calls a Python function as a run: `python -m driftline.training.call module:function`.

The function is called by name with what it asks for: `rows` and `output` (paths), `reason`, and `champion` or `model` (paths; None
for none).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path

ROWS, OUTPUT, CHAMPION, MODEL = "DRIFTLINE_ROWS", "DRIFTLINE_OUTPUT", "DRIFTLINE_CHAMPION", "DRIFTLINE_MODEL"
REASON, RUN = "DRIFTLINE_REASON", "DRIFTLINE_RUN"
"""What a run is told, through its environment."""

PATHS = {"rows": ROWS, "output": OUTPUT, "champion": CHAMPION, "model": MODEL}


def main() -> int:
    """Import, call."""
    module, _, name = sys.argv[1].partition(":")
    sys.path.insert(0, str(Path.cwd()))
    function = import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    told: dict[str, object] = {word: Path(path) if (path := os.environ.get(key)) else None for word, key in PATHS.items()}
    told["reason"] = os.environ.get(REASON, "")
    function(**{word: value for word, value in told.items() if word in signature(function).parameters})  # type: ignore[arg-type,operator]  # the operator's own
    return 0


if __name__ == "__main__":
    sys.exit(main())
