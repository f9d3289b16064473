"""What several tests of this room need."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260105)
