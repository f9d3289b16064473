"""Turns what libraries raise while a file is read into errors that name the file and say what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.errors import DriftlineError, SourceError, UnreadableData

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOUD = ("AWS Error", "When reading", "When getting", "GetObject", "google::cloud", "Azure", "Http", "curl")
"""Words by which an error without an error number is known to come from a remote store, not from the bytes."""


@contextmanager
def reading(name: str, *, hint: str = "write the file again, or leave it out") -> Iterator[None]:
    """Name the file in whatever goes wrong inside.

    Raises:
        SourceError: the place did not answer, or not to us.
        UnreadableData: the bytes are not what the file's name promises.
    """
    try:
        yield
    except DriftlineError:
        raise
    except PermissionError as error:
        raise SourceError(
            f"{name!r} may not be read: permission denied", hint="ask for the right to read it, or run as its owner"
        ) from error
    except FileNotFoundError as error:
        raise SourceError(f"{name!r} is gone", hint="it was there a moment ago; try again when nobody moves it") from error
    except OSError as error:
        if error.errno is not None or any(word in str(error) for word in CLOUD):
            raise SourceError(
                f"{name!r} could not be read: {_first_line(error)}", hint="try again; check the connection and the credentials"
            ) from error
        raise UnreadableData(f"{name!r} cannot be read to its end: {_first_line(error)}", hint=hint) from error
    except (pa.ArrowException, EOFError, UnicodeDecodeError) as error:
        raise UnreadableData(f"{name!r} cannot be read to its end: {_first_line(error)}", hint=hint) from error


def _first_line(error: BaseException) -> str:
    """What the library said, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
