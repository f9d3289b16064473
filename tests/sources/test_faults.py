from __future__ import annotations

import errno

import pyarrow as pa
import pytest

from driftline.errors import ConfigError, DriftlineError, SourceError, UnreadableData
from driftline.sources.faults import reading


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (PermissionError(errno.EACCES, "no"), SourceError, "permission denied"),
        (FileNotFoundError(errno.ENOENT, "no"), SourceError, "is gone"),
        (OSError(errno.EIO, "disk"), SourceError, "could not be read"),
        (OSError("AWS Error ACCESS_DENIED during GetObject"), SourceError, "could not be read"),
        (OSError("Truncated compressed stream"), UnreadableData, "cannot be read to its end: Truncated"),
        (pa.ArrowInvalid("bad magic\nsecond line"), UnreadableData, "bad magic"),
        (EOFError(), UnreadableData, "EOFError"),
        (ConfigError("our own"), ConfigError, "our own"),
    ],
)
def test_what_a_library_raises_names_the_file(fault: Exception, error: type[DriftlineError], words: str) -> None:
    """Faults of the world and faults of the bytes are told apart, and each says which file and what to do."""
    with pytest.raises(error, match=words) as raised, reading("day.csv"):
        raise fault
    if not isinstance(fault, DriftlineError):
        assert "'day.csv'" in raised.value.fact
        assert "\n" not in raised.value.fact
        assert raised.value.hint
        assert raised.value.__cause__ is fault


def test_our_own_mistakes_are_not_hidden() -> None:
    """A programming error stays what it is."""
    with pytest.raises(KeyError), reading("day.csv"):
        raise KeyError("oops")
