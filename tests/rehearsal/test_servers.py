"""Processes that begin, tell where they are, and end with whoever began them."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftline.errors import OutsideError
from driftline.rehearsal import program
from driftline.rehearsal.servers import gateway, model_server


def test_what_does_not_begin_is_told(tmp_path: Path) -> None:
    """A model server without a model, a gateway without an address."""
    with pytest.raises(OutsideError, match="did not begin"), model_server(Path(program.__file__), tmp_path):
        pass
    with pytest.raises(OutsideError, match="is no address"), gateway(["--champion", "nowhere"]):
        pass
