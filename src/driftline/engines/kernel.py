"""The counting kernel in use: the compiled one where it was built, else the one in NumPy. Both give the same bytes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol, cast

from driftline.engines import numpy_kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Buffer = Any
"""Anything that lends its memory: an Arrow buffer, a NumPy array, bytes."""

Tables = tuple[Any, ...]
"""What a `Tally` hands to the kernel: pieces, its arrays, each row's hash, how many columns and bins they hold, and
how many rows there are."""

Place = tuple[int, int, int, int]
"""A column's place in the tables, its first bin and how many it has, and by what its hashes are multiplied for the row's."""

Scores = tuple[Buffer, str, int, Buffer | None, int, Any]
"""A column of scores or classes: values of a struct code from a first one on, validity bits from an offset on, and of classes
float64[n, 2], the numbers that name one and its place."""

Numbers = tuple[Buffer, str, int, Buffer | None, int, Any, Place]
"""A column of numbers: values of a struct code from a first one on, validity bits from an offset on, a binner, its place.

Of instants, which are 64-bit ticks, the code is the first letter of their unit: s, m, u or n.
Without a binner each value falls in the column's one bin.
"""


class Kernel(Protocol):
    """What both kernels can do. Every function adds to the tables it is given."""

    def binner(self, edges: NDArray[np.float64], center: float, step: float, /) -> Any:
        """Prepare edges for `count_numbers`; `step` is what the fixed-point grid has to 1.0."""
        ...

    def count_numbers(self, columns: list[Numbers], tables: Tables, /) -> None:
        """Count columns of numbers."""
        ...

    def take_numbers(self, columns: list[Numbers], rows: NDArray[np.int64], table: NDArray[np.float64], /) -> None:
        """Write what stands in some rows into the columns' places in a table (rows × columns of the plan), NaN where null."""
        ...

    def count_bins(self, values: NDArray[np.float64], binner: Any, counts: NDArray[np.int64], /) -> None:
        """Add to `counts` how many values fall in each bin; NaN falls in none."""
        ...

    def find_bins(self, values: NDArray[np.float64], edges: NDArray[np.float64], bins: NDArray[np.int64], /) -> None:
        """How many of some increasing edges lie at or below each value; any of them for NaN."""
        ...

    def count_codes(
        self,
        codes: Buffer,
        validity: Buffer | None,
        offset: int,
        hashes: NDArray[np.uint64],
        places: NDArray[np.int32],
        unseen: NDArray[np.int32],
        place: Place,
        tables: Tables,
        /,
    ) -> list[tuple[int, int, int]]:
        """Count int32 codes whose hash and bin (or -1 for null, -2 for wrong type) are known.

        Returns (piece, code, rows) for the first 64 of `unseen` that occur in each piece.
        """
        ...

    def count_hashes(self, hashes: NDArray[np.uint64], places: NDArray[np.int8], place: Place, tables: Tables, /) -> None:
        """Count rows of a column with one bin: place 0 is a value, -1 null, -2 of the wrong type."""
        ...

    def score_binner(self, edges: NDArray[np.float64], threshold: float, /) -> Any:
        """Prepare a score's edges, increasing in (0, 1], for `count_scores`; from the threshold on a score alone says yes."""
        ...

    def count_scores(
        self,
        score: Scores,
        said: Scores | None,
        came: Scores,
        binner: Any,
        start: int,
        length: int,
        tables: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
        doubtful: NDArray[np.float64],
        /,
    ) -> int:
        """Count a stretch of rows of a binary model into an outcome's scores, sums and measures.

        Log losses that another logarithm might round otherwise are left out of the sums; returns how many, and what
        probability each of these rows gave to what came true stands in `doubtful`.
        """
        ...

    def hash_texts(self, offsets: Buffer, size: int, data: Buffer | None, offset: int, hashes: NDArray[np.uint64], /) -> None:
        """Hash Arrow texts, from the row `offset` on, into `hashes`."""
        ...

    def hash_integers(self, values: NDArray[np.integer[Any]], signed: bool, hashes: NDArray[np.uint64], /) -> None:  # noqa: FBT001  C takes no keywords
        """Hash the decimal texts of integers into `hashes`."""
        ...

    def row_keys(
        self,
        rows: NDArray[np.uint64],
        seed: int,
        pieces: NDArray[np.int64],
        cuts: NDArray[np.uint64],
        places: NDArray[np.int64],
        found: NDArray[np.int64],
        /,
    ) -> None:
        """Turn the hashes of pieces' rows into sampling keys, in place, and find those that are at most the piece's cut.

        How many a piece has is written to `found`, and which of its rows they are to `places`, from the piece's first row on.
        """
        ...


FUNCTIONS = tuple(name for name in vars(Kernel) if not name.startswith("_"))


def pick() -> Kernel:
    """The compiled kernel, or the one in NumPy."""
    try:
        from driftline.engines import _kernel  # type: ignore[attr-defined]  # noqa: PLC0415  may not have been built
    except ImportError:
        return cast("Kernel", numpy_kernel)
    if all(hasattr(_kernel, name) for name in FUNCTIONS):
        return cast("Kernel", _kernel)
    # One that was built from older sources: what it lacks is NumPy's.
    return cast("Kernel", SimpleNamespace(**{**vars(numpy_kernel), **vars(_kernel)}))


KERNEL: Kernel = pick()
"""Picked once: which one it is changes the time, not the result."""
